"""Do the mail programs people use read and file mail here? imaplib, imapclient, curl, fetchmail, neomutt, imapflow.

Each conversation runs against Dovecot too: a test that fails there is wrong itself. mbsync is in `test_imap_mbsync`.
"""

import imaplib
import json
import re
import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]

from interop.imap_host import PASSWORD, SERVERS, Host, User, running
from peers import need
from peers.process import run
from peers.world import ground

pytestmark = pytest.mark.interop

IMAPFLOW = Path(__file__).parent.parent / "peers/imapflow/session.cjs"


@pytest.fixture(scope="module", params=SERVERS)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    if request.param == "dovecot":
        need.peers("dovecot")
        need.root("Dovecot changes to users of its own")
    with ground() as place, running(place, request.param) as server:
        yield server


def letter(subject: str, text: str = "hello") -> bytes:
    return f"From: Bob <bob@far.test>\r\nTo: me\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


def filled(user: User, *subjects: str) -> None:
    """Put letters into the INBOX."""
    session = user.session()
    for subject in subjects:
        assert session.append("INBOX", "", "", letter(subject))[0] == "OK"
    session.logout()


def subjects(user: User, mailbox: str = "INBOX") -> list[str]:
    """What lies in a mailbox now."""
    session = user.session()
    assert session.select(f'"{mailbox}"', readonly=True)[0] == "OK"
    _, answers = session.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    session.logout()
    return [part[1].decode().partition(":")[2].strip() for part in answers if isinstance(part, tuple)]


def test_imaplib(host: Host) -> None:
    user = host.user("imaplib")
    session = imaplib.IMAP4(*user.imap, timeout=30)
    session.starttls(ssl.create_default_context(cafile=str(user.root)))
    session.login(user.address, PASSWORD)
    assert session.create("Work/2026")[0] == "OK"
    assert session.subscribe("Work/2026")[0] == "OK"
    assert session.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1_000_000_000), letter("first"))[0] == "OK"
    assert session.append("INBOX", "", "", letter("second", "a needle in hay"))[0] == "OK"
    assert session.select("INBOX") == ("OK", [b"2"])
    assert session.search(None, "TEXT", '"a needle"') == ("OK", [b"2"])
    assert session.uid("SEARCH", "UNSEEN") == ("OK", [b"2"])
    _, (dated,) = session.fetch("1", "(INTERNALDATE FLAGS)")
    assert isinstance(dated, bytes)
    assert imaplib.Internaldate2tuple(dated) is not None
    assert b"\\Seen" in imaplib.ParseFlags(dated)
    _, (body, *_) = session.fetch("2", "(RFC822)")
    assert isinstance(body, tuple)
    assert body[1] == letter("second", "a needle in hay")
    assert session.copy("2", "Work/2026")[0] == "OK"
    assert session.store("2", "+FLAGS", "\\Deleted")[0] == "OK"
    assert session.expunge() == ("OK", [b"2"])
    assert session.close()[0] == "OK"
    assert session.status("Work/2026", "(MESSAGES UNSEEN)") == ("OK", [b"Work/2026 (MESSAGES 1 UNSEEN 0)"])
    assert session.rename("Work/2026", "Work/old")[0] == "OK"
    assert session.delete("Work/old")[0] == "OK"
    assert session.logout()[0] == "BYE"
    assert subjects(user) == ["first"]


def test_imapclient(host: Host) -> None:
    user = host.user("imapclient")
    context = ssl.create_default_context(cafile=str(user.root))
    with IMAPClient(*user.imaps, ssl_context=context, timeout=30) as client:
        client.login(user.address, PASSWORD)
        client.create_folder("Entwürfe & Notizen")
        assert client.folder_exists("Entwürfe & Notizen")
        assert client.find_special_folder(b"\\Sent") == "Sent"
        for subject in ("b", "Re: a", "a"):
            client.append("INBOX", letter(subject), flags=[b"$Forwarded"])
        assert client.select_folder("INBOX")[b"EXISTS"] == 3
        assert client.sort("SUBJECT ARRIVAL") == [2, 3, 1]
        assert sorted(map(sorted, client.thread("REFERENCES"))) == [[1], [2, 3]]
        fetched = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "RFC822.SIZE", "BODY[TEXT]"])[1]
        assert fetched[b"ENVELOPE"].subject == b"b"
        assert fetched[b"ENVELOPE"].from_[0].host == b"far.test"
        assert fetched[b"BODYSTRUCTURE"][:2] == (b"text", b"plain")
        assert fetched[b"RFC822.SIZE"] == len(letter("b"))
        assert fetched[b"BODY[TEXT]"] == b"hello\r\n"
        assert set(client.add_flags([1], [b"\\Flagged"])[1]) >= {b"\\Flagged", b"$Forwarded"}
        client.move([1, 2], "Entwürfe & Notizen")
        assert client.search("ALL") == [3]
        client.select_folder("Entwürfe & Notizen", readonly=True)
        assert len(client.search(["SUBJECT", "a"])) == 1
        client.unselect_folder()
        client.delete_folder("Entwürfe & Notizen")


def test_imapclient_hears_of_new_mail_while_it_idles(host: Host) -> None:
    user = host.user("idle")
    context = ssl.create_default_context(cafile=str(user.root))
    with IMAPClient(*user.imaps, ssl_context=context, timeout=30) as client:
        client.login(user.address, PASSWORD)
        client.select_folder("INBOX")
        client.idle()
        with smtplib.LMTP(*user.lmtp) as sender:
            sender.sendmail("bob@far.test", [user.address], letter("news"))
        assert (1, b"EXISTS") in client.idle_check(timeout=20)
        client.idle_done()


def test_curl(host: Host) -> None:
    need.peers("curl")
    user = host.user("curl")
    upload = user.folder / "upload"
    upload.write_bytes(letter("by curl"))
    words = ["curl", "-sS", "--cacert", str(user.root), "--user", f"{user.address}:{PASSWORD}"]
    url = f"imaps://localhost:{user.imaps[1]}"
    run([*words, "-T", str(upload), f"{url}/INBOX"])
    assert "INBOX" in run([*words, f"{url}/"])
    assert run([*words, "--ssl-reqd", f"imap://localhost:{user.imap[1]}/INBOX;UID=1"]).encode() == letter("by curl")
    assert "by curl" in run([*words, f"{url}/INBOX;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)"])
    assert "* SEARCH 1" in run([*words, f"{url}/INBOX?SUBJECT%20curl"])
    run([*words, "-X", "STORE 1 +FLAGS (\\Deleted)", f"{url}/INBOX"])
    run([*words, "-X", "EXPUNGE", f"{url}/INBOX"])
    assert subjects(user) == []


def test_fetchmail(host: Host) -> None:
    need.peers("fetchmail")
    user = host.user("fetchmail")
    filled(user, "one", "two")
    box = user.folder / "mbox"
    rc = user.folder / "fetchmailrc"
    rc.write_text(
        f'poll localhost service {user.imap[1]} protocol imap username "{user.address}" password "{PASSWORD}" '
        f'sslproto "TLS1.2+" sslcertck sslcertfile "{user.root}" mda "cat >>{box}" nokeep\n'
    )
    rc.chmod(0o600)
    run(["env", f"FETCHMAILHOME={user.folder}", "fetchmail", "-f", str(rc), "--nodetach", "--nosyslog"])
    assert re.findall(r"Subject: (\w+)", box.read_text()) == ["one", "two"]
    assert subjects(user) == []


def test_neomutt_files_and_deletes(host: Host) -> None:
    need.peers("neomutt", "script")
    user = host.user("neomutt")
    filled(user, "keep this", "file this", "drop this")
    session = user.session()
    session.create("Archive")
    session.logout()
    keys = (
        "<tag-pattern>~s file<enter><tag-prefix><save-message>=Archive<enter>"
        "<delete-pattern>~s drop<enter><sync-mailbox><quit>"
    )
    rc = user.folder / "muttrc"
    rc.write_text(
        f'set folder="imaps://localhost:{user.imaps[1]}/"\nset spool_file="+INBOX"\n'
        f'set imap_user="{user.address}"\nset imap_pass="{PASSWORD}"\nset ssl_ca_certificates_file="{user.root}"\n'
        f'set header_cache=""\nset quit=yes\nset delete=yes\nset confirm_append=no\nset confirm_create=no\n'
        f"set move=no\nset mail_check=0\nset wait_key=no\npush '{keys}'\n"
    )
    # It wants a terminal: `script` is one.
    command = f"env HOME={user.folder} TERM=xterm neomutt -n -F {rc}"
    run(["script", "-qefc", command, "/dev/null"], seconds=60)
    assert subjects(user) == ["keep this"]
    assert subjects(user, "Archive") == ["file this"]


def test_imapflow(host: Host) -> None:
    modules = need.CACHE / "imapflow/node_modules"
    need.peers("node")
    need.folder(modules, "imapflow")
    user = host.user("imapflow")
    filled(user, "first", "second")
    settings = {
        "port": user.imaps[1], "user": user.address, "password": PASSWORD, "letter": letter("third").decode(),
    }  # fmt: skip
    environment = {"NODE_PATH": str(modules), "NODE_EXTRA_CA_CERTS": str(user.root), "PATH": need.SEARCH}
    process = subprocess.Popen(
        [need.program("node"), str(IMAPFLOW), json.dumps(settings)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "idling\n", process.communicate(timeout=30)
        with smtplib.LMTP(*user.lmtp) as sender:
            sender.sendmail("bob@far.test", [user.address], letter("news"))
        said, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors
    told = json.loads(said)
    assert told["subjects"] == ["first", "second", "third"]
    assert told["structure"] == "text/plain"
    assert told["source"] == letter("third").decode()
    assert told["searched"] == [2]
    assert told["flags"] == ["$Important", "\\Seen"]
    assert told["heard"] == 4
    assert told["special"] == "\\Sent"
    assert subjects(user) == ["third", "news"]
    assert subjects(user, "Gr&APwA3w-e") == ["second"]
