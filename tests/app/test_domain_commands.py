"""Do `pillarbox domain dns` and `domain check` say what they should, from a folder and with its name servers?"""

import json
from pathlib import Path

from pillarbox.app.trouble import Exit

from .conftest import Command


def test_the_zone_lines_of_a_new_server(folder: Path, command: Command) -> None:
    with (folder / "pillarbox.toml").open("a") as file:
        file.write('\n[[listener]]\nkind = "web"\naddress = "192.0.2.7:443"\ntls = "implicit"\n')
        file.write('[[listener]]\nkind = "imap"\naddress = "192.0.2.7:993"\ntls = "implicit"\n')
    done = command("domain", "dns", "example.test", "--data", str(folder))
    assert done.code == 0, done.err
    assert "example.test. IN MX 10 mx.example.test." in done.out
    assert "mx.example.test. IN A 192.0.2.7" in done.out
    assert done.out.count('._domainkey.example.test. IN TXT "v=DKIM1') == 2
    assert "_mta-sts.example.test. IN TXT" in done.out
    assert "_imaps._tcp.example.test. IN SRV 0 1 993 mx.example.test." in done.out
    again = command("domain", "dns", "example.test", "--data", str(folder), "--json")
    rows = [json.loads(line) for line in again.out.splitlines()]
    assert {f"{row['name']}. IN {row['kind']} {row['value']}" for row in rows} <= set(done.out.splitlines())


def test_a_domain_that_is_not_ours(folder: Path, command: Command) -> None:
    done = command("domain", "dns", "other.test", "--data", str(folder))
    assert (done.code, "pillarbox domain add other.test" in done.err) == (Exit.DATA, True)
    assert command("domain", "check", "a b", "--data", str(folder)).code == Exit.USAGE


def test_a_check_without_name_servers_ends_and_says_so(folder: Path, command: Command) -> None:
    text = '\n[dns]\nservers = ["127.0.0.1:1"]\ntimeout = "0.2s"\nattempts = 1\n'
    (folder / "pillarbox.toml").write_text('hostname = "mx.example.test"\n' + text)
    done = command("domain", "check", "example.test", "--data", str(folder), "--json")
    rows = {row["check"]: row for row in map(json.loads, done.out.splitlines())}
    assert rows["mx"]["ok"] is None, rows
    assert "nobody could say" in rows["mx"]["found"]
    assert done.code == Exit.FINDINGS
    told = command("domain", "check", "example.test", "--data", str(folder)).out
    assert told.endswith("Nothing could be looked at: do the name servers answer?\n")
