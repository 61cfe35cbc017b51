"""Does a mailbox stay the same on both sides? mbsync, two ways, with changes on both sides; Dovecot proves the test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interop.imap_host import PASSWORD, SERVERS, User, running
from peers import need
from peers.process import run
from peers.world import ground

pytestmark = pytest.mark.interop

FEW, MANY = 200, 5_000
CONFIGURATION = """\
IMAPAccount there
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {root}
AuthMechs LOGIN

IMAPStore there
Account there

MaildirStore here
Path {folder}/mail/
Inbox {folder}/mail/INBOX

Channel all
Far :there:
Near :here:
Patterns INBOX Work*
Create Both
Remove Both
Expunge Both
Sync All
SyncState *
"""


@dataclass(frozen=True, slots=True)
class Both:
    """One mailbox on the server and its copy here. A mail is known by its Subject, which is a number."""

    user: User
    rc: Path

    def sync(self) -> None:
        """Run mbsync."""
        run(["mbsync", "-c", str(self.rc), "-a"], seconds=300)

    def next_uid(self) -> bytes:
        """What the server would call the next message."""
        session = self.user.session()
        status = session.status("INBOX", "(UIDNEXT)")[1][0]
        session.logout()
        assert isinstance(status, bytes)
        return status

    def there(self, mailbox: str = "INBOX") -> dict[str, set[str]]:
        """Flags by number, on the server; doubled mail fails."""
        session = self.user.session()
        session.select(mailbox, readonly=True)
        _, answers = session.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        session.logout()
        found: dict[str, set[str]] = {}
        for answer in answers:
            if isinstance(answer, tuple):
                number = answer[1].split()[1].decode()
                assert number not in found, f"{number} is there twice"
                found[number] = {flag for flag in ("Seen", "Flagged", "Answered") if f"\\{flag}".encode() in answer[0]}
        return found

    def here(self, mailbox: str = "INBOX") -> dict[str, set[str]]:
        """The same in the Maildir."""
        found: dict[str, set[str]] = {}
        for number, file in self.files(mailbox).items():
            letters = file.name.rpartition(":2,")[2]
            found[number] = {flag for flag in ("Seen", "Flagged") if flag[0] in letters}
            found[number] |= {"Answered"} if "R" in letters else set()
        return found

    def files(self, mailbox: str = "INBOX") -> dict[str, Path]:
        """Where each mail lies here; doubled mail fails."""
        found: dict[str, Path] = {}
        for file in (self.rc.parent / "mail" / mailbox).glob("[cn]*/*"):
            header = re.search(rb"^Subject: (\S+)", file.read_bytes(), re.MULTILINE)
            assert header is not None, file
            number = header[1].decode()
            assert number not in found, f"{number} is here twice"
            found[number] = file
        return found

    def mark(self, number: str, letters: str) -> None:
        """Give a mail in the Maildir these flags."""
        file = self.files()[number]
        file.rename(file.parent.parent / "cur" / f"{file.name.partition(':2,')[0]}:2,{letters}")

    def put(self, number: str) -> None:
        """Lay a new mail into the Maildir."""
        (self.rc.parent / "mail/INBOX/new" / f"{number}.here").write_bytes(letter(number).replace(b"\r\n", b"\n"))


def letter(number: object) -> bytes:
    text = f"the text of {number}, \u00e4\r\n" * 40
    return f"From: bob@far.test\r\nSubject: {number}\r\nMessage-ID: <{number}@far.test>\r\n\r\n{text}".encode()


@pytest.fixture(params=SERVERS)
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    need.peers("mbsync")
    if request.param == "dovecot":
        need.peers("dovecot")
        need.root("Dovecot changes to users of its own")
    with ground() as place, running(place, request.param) as host:
        user = host.user("ann")
        (user.folder / "mail").mkdir()
        rc = user.folder / "mbsyncrc"
        rc.write_text(
            CONFIGURATION.format(
                port=user.imaps[1], user=user.address, password=PASSWORD, root=user.root, folder=user.folder
            )
        )
        yield Both(user, rc)


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_nothing_is_lost_and_nothing_doubled(both: Both, count: int) -> None:
    session = both.user.session()
    for number in range(1, count + 1):
        session.append("INBOX", "(\\Seen)" if number % 2 else "", "", letter(number))
    both.sync()
    assert both.here() == both.there() == {str(n): {"Seen"} if n % 2 else set() for n in range(1, count + 1)}

    # Changes on both sides, also to the same mail.
    session.select("INBOX")
    session.store("2:9", "+FLAGS", "(\\Flagged)")
    session.store("20:29,40", "+FLAGS", "(\\Deleted)")
    session.expunge()
    session.append("INBOX", "(\\Answered)", "", letter("new-there"))
    session.create("Work")
    session.append("Work", "", "", letter("work-there"))
    session.logout()
    both.mark("1", "R")
    both.mark("3", "RS")
    both.mark("50", "ST")
    both.mark("51", "T")
    both.put("new-here")
    both.sync()

    gone = {str(n) for n in (*range(20, 30), 40, 50, 51)}
    expected = {str(n): {"Seen"} if n % 2 else set() for n in range(1, count + 1) if str(n) not in gone}
    for flagged in range(2, 10):
        expected[str(flagged)] |= {"Flagged"}
    expected |= {"1": {"Answered"}, "3": {"Answered", "Seen", "Flagged"}}
    expected |= {"new-there": {"Answered"}, "new-here": set()}
    assert both.there() == expected
    assert both.here() == expected
    assert both.there("Work") == both.here("Work") == {"work-there": set()}
    assert both.files()["new-there"].read_bytes().replace(b"\n", b"\r\n").count(b"\xc3\xa4") == 40

    # Nothing has changed: nothing moves.
    before = both.next_uid(), both.files()
    both.sync()
    assert both.there() == both.here() == expected
    assert (both.next_uid(), both.files()) == before
