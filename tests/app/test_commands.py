"""Commands on users, domains, aliases, routes, settings and copies do what they say, and say what they did."""

import json
from pathlib import Path

import pytest

from pillarbox.app.trouble import Exit

from .conftest import Command

REFUSALS = [
    (("user", "add", "eve@other.test"), Exit.DATA, "not one of our domains"),
    (("user", "add", "ann@example.test"), Exit.DATA, "is there already"),
    (("user", "add", "a b@example.test"), Exit.DATA, "no address"),
    (("user", "add", "eve@example.test", "--quota", "huge"), Exit.USAGE, "no size"),
    (("user", "add"), Exit.USAGE, "Missing argument"),
    (("user", "passwd", "eve@example.test"), Exit.NO_USER, "no user"),
    (("user", "set", "ann@example.test"), Exit.USAGE, "nothing to change"),
    (("user", "rm", "eve@example.test"), Exit.NO_USER, "no user"),
    (("user", "nonsense"), Exit.USAGE, "nonsense"),
    (("domain", "add", "a b"), Exit.DATA, "no domain"),
    (("domain", "rm", "example.test"), Exit.DATA, "still in use"),
    (("domain", "set", "example.test"), Exit.USAGE, "nothing to change"),
    (("domain", "set", "example.test", "--catch-all", "eve@example.test"), Exit.DATA, "cannot take"),
    (("alias", "add", "x@other.test", "ann@example.test"), Exit.DATA, "not one of our domains"),
    (("alias", "add", "x@example.test", "eve@example.test"), Exit.DATA, "nobody"),
    (("alias", "rm", "x@example.test"), Exit.NO_USER, "no alias"),
    (("route", "add", "host:99999"), Exit.DATA, "cannot be a route"),
    (("route", "add", "host:25", "--username", "u"), Exit.DATA, "needs a password"),
    (("route", "rm", "77"), Exit.DATA, "no route 77"),
    (("route", "test", "nonsense"), Exit.DATA, "no address"),
    (("why", "nonsense"), Exit.USAGE, "no message id"),
    (("why", "000000000000"), Exit.DATA, "nothing is known"),
    (("nonsense",), Exit.USAGE, "nonsense"),
    (("queue", "ls", "--nonsense"), Exit.USAGE, "nonsense"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "said"), REFUSALS)
def test_refusals_have_three_parts_and_a_code(
    folder: Path, command: Command, words: tuple[str, ...], code: Exit, said: str
) -> None:
    done = command(*words, *(() if words == ("nonsense",) else ("--data", str(folder))))
    assert (done.code, said in done.err) == (code, True), done.err
    assert "\n  Why: " in done.err
    assert "\n  What to do: " in done.err


def listed(command: Command, folder: Path, *words: str) -> list[dict[str, object]]:
    done = command(*words, "--json", "--data", str(folder))
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_users(folder: Path, command: Command) -> None:
    data = ("--data", str(folder))
    (made,) = listed(command, folder, "user", "add", "bob@example.test", "--name", "Bob", "--quota", "2GiB")
    assert len(str(made["password"]).split("-")) >= 4
    assert made["quota"] == 2 * 1024**3
    assert "Password, shown only now:" in command("user", "passwd", "bob@example.test", *data).out
    assert "may not sign in" in command("user", "set", "bob@example.test", "--disable", "--quota", "none", *data).out
    ann, bob = listed(command, folder, "user", "ls")
    assert (ann["address"], bob["address"], bob["enabled"], bob["quota"]) == (
        "ann@example.test", "bob@example.test", False, None,
    )  # fmt: skip
    assert command("user", "rm", "bob@example.test", "--yes", *data).code == 0
    assert len(listed(command, folder, "user", "ls", "--domain", "example.test")) == 1
    assert command("user", "add", "x@example.test", "--password-stdin", *data, stdin=b"").code == Exit.NO_INPUT
    table = command("user", "ls", *data).out.splitlines()
    assert table[0].split()[:2] == ["user", "name"]
    assert table[1].startswith("ann@example.test  -     yes")


def test_domains_and_aliases(folder: Path, command: Command) -> None:
    data = ("--data", str(folder))
    assert "Next: pillarbox user add" in command("domain", "add", "grün.test", *data).out
    assert [row["domain"] for row in listed(command, folder, "domain", "ls")] == ["example.test", "xn--grn-ioa.test"]
    assert "leads to ann@example.test, eve@far.test" in command(
        "alias", "add", "sales@example.test", "ann@example.test", "eve@far.test", *data
    ).out  # fmt: skip
    assert listed(command, folder, "alias", "ls")[0]["targets"] == ["ann@example.test", "eve@far.test"]
    changed = command("domain", "set", "example.test", "--catch-all", "ann@example.test", "--delimiter", "-", *data)
    assert changed.out == "example.test: catch-all ann@example.test, sub-addresses after '-'.\n"
    assert "catch-all none" in command("domain", "set", "example.test", "--catch-all", "none", *data).out
    assert command("alias", "rm", "sales@example.test", *data).code == 0
    assert command("domain", "rm", "grün.test", *data).code == 0


def test_routes(folder: Path, command: Command) -> None:
    with (folder / "pillarbox.toml").open("a", encoding="utf-8") as file:
        file.write('[[route]]\nrecipient_domain = "*.partner.test"\nsmart_host = "mx"\n')
    data = ("--data", str(folder))
    added = command("route", "add", "smtp.isp.test", "--sender", "@example.test", *data)
    assert added.out == "Route 1: mail from @example.test to * goes to smtp.isp.test:587.\n"
    written, stored = listed(command, folder, "route", "ls")
    assert (written["id"], written["recipient_domain"]) == (None, "*.partner.test")
    assert (stored["id"], stored["smart_host"]) == (1, "smtp.isp.test:587")
    ways = [
        listed(command, folder, "route", "test", recipient, "--from", "ann@example.test")[0]["to"]
        for recipient in ("x@far.test", "x@a.partner.test", "bob@example.test")
    ]
    assert ways == ["smtp.isp.test:587", "mail hosts of a.partner.test", "a mailbox here"]
    assert "mail hosts of far.test" in command("route", "test", "x@far.test", *data).out
    assert command("route", "rm", "1", *data).code == 0
    assert len(listed(command, folder, "route", "ls")) == 1


def test_init_makes_no_server_twice(folder: Path, tmp_path: Path, command: Command) -> None:
    done = command("init", str(folder), "--hostname", "mx.example.test")
    assert done.code == Exit.CANNOT_CREATE
    assert command("init", str(tmp_path / "x"), "--hostname", "not a name").code == Exit.USAGE
    assert not (tmp_path / "x").exists()
    (made,) = [json.loads(command("init", str(tmp_path / "y"), "--hostname", "mx.y.test", "--json").out)]
    assert made["hostname"] == "mx.y.test"
    (tmp_path / "file").write_text("")
    assert command("init", str(tmp_path / "file" / "x"), "--hostname", "mx.y.test").code == Exit.CANNOT_CREATE


def test_settings(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("config", "check", "--data", str(folder)).out.endswith("pillarbox.toml is right.\n")
    monkeypatch.setenv("PILLARBOX_LIMITS__MESSAGE_SIZE", "3MiB")
    rows = {row["setting"]: row for row in listed(command, folder, "config", "show")}
    assert rows["limits.message_size"] == {
        "setting": "limits.message_size", "value": '"3MiB"', "origin": "PILLARBOX_LIMITS__MESSAGE_SIZE",
    }  # fmt: skip
    assert rows["hostname"]["origin"] == "file"
    assert rows["listener[1].address"]["origin"] == "default"
    with (folder / "pillarbox.toml").open("a", encoding="utf-8") as file:
        file.write("[limits]\nmesage_size = 1\n")
    done = command("config", "check", "--data", str(folder))
    assert done.code == Exit.CONFIG
    assert "did you mean 'message_size'?" in done.err


def test_backup_and_restore(folder: Path, tmp_path: Path, command: Command) -> None:
    data, copy = ("--data", str(folder)), tmp_path / "copy"
    assert command("backup", str(copy), *data).code == 0
    assert command("backup", str(copy), *data).code == Exit.CANNOT_CREATE
    command("user", "add", "late@example.test", *data)
    done = command("restore", str(copy), *data)
    assert done.code == 0, done.err
    assert "held" in done.out
    assert [row["address"] for row in listed(command, folder, "user", "ls")] == ["ann@example.test"]
    assert command("restore", str(tmp_path / "nothing"), *data).code == Exit.NO_INPUT
    (copy / "pillarbox.db").write_bytes(b"this is no database" * 100)
    assert command("restore", str(copy), *data).code == Exit.DATA


def test_archives(folder: Path, tmp_path: Path, command: Command) -> None:
    box, data = tmp_path / "old.mbox", ("--data", str(folder))
    box.write_bytes(
        b"From a Mon Nov 23 14:02:11 2026\nSubject: one\n\nhi\n\nFrom b Mon Nov 23 14:03:11 2026\nA: b\n\nho\n"
    )
    (report,) = listed(command, folder, "import", "mbox", str(box), "ann@example.test")
    assert (report["folder"], report["imported"]) == ("INBOX", 2)
    assert "0 messages came in" in command("import", "mbox", str(box), "ann@example.test", *data).out
    assert "2 messages are written" in command("export", "mbox", "ann@example.test", str(tmp_path / "new"), *data).out
    assert command("export", "mbox", "ann@example.test", str(tmp_path / "new"), *data).code == Exit.DATA
    (written,) = listed(command, folder, "export", "maildir", "ann@example.test", str(tmp_path / "dir"))
    assert written["exported"] == 2
    (again,) = listed(
        command, folder, "import", "maildir", str(tmp_path / "dir"), "ann@example.test", "--folder", "Archive"
    )
    assert again["imported"] == 2
    assert command("import", "mbox", str(tmp_path / "no"), "ann@example.test", *data).code == Exit.NO_INPUT
    assert command("export", "mbox", "eve@example.test", str(tmp_path / "x"), *data).code == Exit.NO_USER


def test_a_maildir_comes_in_with_all_its_folders(folder: Path, tmp_path: Path, command: Command) -> None:
    root = tmp_path / "Maildir"
    for name in ("", ".Work.2024", ".Spam", ".what*"):
        (root / name / "cur").mkdir(parents=True)
        (root / name / "cur" / "1.x:2,S").write_bytes(b"Subject: here\n\nhi\n")
    arguments = ("import", "maildir", str(root), "ann@example.test", "--all", "--data", str(folder))
    done = command(*arguments, "--json")
    assert done.code == 0, done.err
    reports = {report["folder"]: report["imported"] for report in map(json.loads, done.out.splitlines())}
    assert reports == {"INBOX": 1, "Spam": 1, "Work/2024": 1}
    assert ".what*: * and % stand for many folders" in done.err
    for kept in ("Work/2024", "Junk"):
        out = tmp_path / kept.replace("/", "-")
        (written,) = listed(command, folder, "export", "mbox", "ann@example.test", str(out), "--folder", kept)
        assert written["exported"] == 1
    assert command(*arguments).out.count("0 messages came in") == 3


def test_without_a_store(tmp_path: Path, command: Command) -> None:
    for words in (("user", "ls"), ("queue", "ls"), ("mailq",), ("why", "000000000000")):
        done = command(*words, "--data", str(tmp_path / "nothing"))
        assert (done.code, "pillarbox init" in done.err) == (Exit.NO_INPUT, True), done.err
    assert command("run", "--data", str(tmp_path / "nothing")).code == Exit.CONFIG
    for word in ("status", "metrics", "reload", "stop"):
        assert command(word, "--data", str(tmp_path / "nothing")).code == Exit.TEMPORARY
    assert not (tmp_path / "nothing").exists()


def test_help_is_there_for_every_command(command: Command) -> None:
    assert "try-out mode" in command("--help").out
    for noun in ("queue", "user", "domain", "alias", "route", "config", "import", "export"):
        assert command(noun, "--help").code == 0
        assert command(noun).code == Exit.USAGE
