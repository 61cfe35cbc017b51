"""Does Thunderbird live with our IMAP? A day of its user; Dovecot tells whether the day is a real one."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from interop.imap_host import PASSWORD, SERVERS, User, running
from peers import need, thunderbird
from peers.process import until
from peers.thunderbird import Account, Thunderbird
from peers.world import ground

pytestmark = pytest.mark.interop


@dataclass(frozen=True, slots=True)
class Desk:
    """A user and the Thunderbird that shows their inbox."""

    user: User
    thunderbird: Thunderbird

    def deliver(self, subject: str, text: str = "hello\n", attachment: str = "") -> None:
        """Put a message into the inbox, as the world does."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Jürgen <bob@far.test>", self.user.address, subject
        message.set_content(text)
        if attachment:
            message.add_attachment(b"%PDF " * 1000, "application", "pdf", filename=attachment)
        with smtplib.LMTP(*self.user.lmtp) as sender:
            sender.send_message(message, "bob@far.test", [self.user.address])

    def receive(self, subject: str, text: str = "hello\n", attachment: str = "") -> None:
        """Put it there and let Thunderbird look."""
        self.deliver(subject, text, attachment)
        self.thunderbird.do("inbox().updateFolder(desk.msgWindow);")
        self.shows(subject)

    def shows(self, subject: str) -> None:
        """Return when the message is in Thunderbird's inbox."""
        self.thunderbird.do("await until(() => named(inbox(), arguments[0]));", subject)

    def holds(self, mailbox: str) -> dict[str, set[str]]:
        """The flags of what lies on the server, by subject: as another program sees it."""
        session = self.user.session()
        _, (count,) = session.select(f'"{mailbox}"', readonly=True)
        assert count is not None
        _, answers = session.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])") if int(count) else (b"", [])
        found = {}
        for head, subject in (answer for answer in answers if isinstance(answer, tuple)):
            flags = head.partition(b"FLAGS (")[2].partition(b")")[0].decode().split()
            found[subject.decode().removeprefix("Subject: ").strip()] = set(flags) - {"\\Recent"}
        session.logout()
        return found

    def settles(self, mailbox: str, wanted: dict[str, set[str]]) -> None:
        """Return when the server holds what it should: Thunderbird sends some changes a moment later."""
        until(f"{mailbox} to hold {wanted}", lambda: wanted.items() <= self.holds(mailbox).items())


@pytest.fixture(scope="module", params=SERVERS)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    need.peers("thunderbird")
    if request.param == "dovecot":
        need.peers("dovecot")
        need.root("Dovecot changes to users of its own")
    with ground() as place, running(place, request.param) as host:
        user = host.user("thunderbird")
        session = user.session()
        session.append("INBOX", "", "", b"From: Bob <bob@far.test>\r\nSubject: welcome\r\n\r\nhello\r\n")
        session.logout()
        account = Account(user.address, PASSWORD, user.imaps, user.root)
        with thunderbird.running(account, user.folder) as program:
            yield Desk(user, program)


def test_new_mail_shows_up_by_itself(desk: Desk) -> None:
    for subject in ("news", "more news"):
        desk.thunderbird.do("await idle();")
        desk.deliver(subject)
        desk.shows(subject)
    assert desk.thunderbird.do("return subjects(inbox()).slice(0, 3);") == ["welcome", "news", "more news"]


def test_it_opens_what_is_beyond_ascii_and_has_attachments(desk: Desk) -> None:
    desk.receive("Grüße aus 東京 🎉", "schöne Grüße\n", "März.pdf")
    assert desk.thunderbird.do("return open(arguments[0]);", "Grüße aus 東京 🎉") == ["März.pdf"]
    sender = desk.thunderbird.do("return named(inbox(), arguments[0]).mime2DecodedAuthor;", "Grüße aus 東京 🎉")
    assert sender == "Jürgen <bob@far.test>"
    until("it to be seen on the server", lambda: {"\\Seen"} in desk.holds("INBOX").values())


def test_it_files_mail_into_a_new_folder(desk: Desk) -> None:
    desk.receive("file this")
    desk.thunderbird.do("""
        server.rootFolder.createSubfolder('Grüße', desk.msgWindow);
        await until(() => folder('Grüße'));
        const messages = [named(inbox(), 'file this')];
        await listened(listener => MailServices.copy.copyMessages(
            inbox(), messages, folder('Grüße'), true, listener, desk.msgWindow, true));
        await until(() => !named(inbox(), 'file this'));
    """)
    desk.settles("Gr&APwA3w-e", {"file this": set()})
    assert "file this" not in desk.holds("INBOX")


def test_it_deletes_into_the_trash_and_empties_it(desk: Desk) -> None:
    desk.receive("drop this")
    desk.thunderbird.do("await select('drop this'); pane().goDoCommand('cmd_delete');")
    desk.thunderbird.do("await until(() => !named(inbox(), 'drop this'));")
    until("it to lie in the trash", lambda: "drop this" in desk.holds("Trash"))
    assert "drop this" not in desk.holds("INBOX")
    desk.thunderbird.do("""
        folder('Trash').updateFolder(desk.msgWindow);
        await until(() => named(folder('Trash'), 'drop this'));
        folder('Trash').emptyTrash(null);
    """)
    until("the trash to be empty", lambda: not desk.holds("Trash"))


def test_it_marks_and_tags(desk: Desk) -> None:
    desk.receive("mark this")
    desk.thunderbird.do("""
        const messages = [named(inbox(), 'mark this')];
        inbox().markMessagesFlagged(messages, true);
        inbox().addKeywordsToMessages(messages, '$label1');
    """)
    desk.settles("INBOX", {"mark this": {"\\Flagged", "$label1"}})


def test_it_sees_what_another_program_changes(desk: Desk) -> None:
    desk.receive("first")
    desk.receive("second")
    desk.thunderbird.do("await idle();")
    session = desk.user.session()
    session.select("INBOX")
    for subject, flag in (("first", "\\Flagged"), ("second", "\\Deleted")):
        _, (number,) = session.search(None, "SUBJECT", subject)
        session.store(number.decode(), "+FLAGS", flag)
    session.expunge()
    session.logout()
    desk.thunderbird.do("await until(() => named(inbox(), 'first').isFlagged && !named(inbox(), 'second'));")


def test_it_searches_on_the_server(desk: Desk) -> None:
    desk.receive("hay", "nothing here\n")
    desk.receive("Heuhaufen", "eine Nädel, 針 in Japanese\n")
    for what, words in (("Body", "針"), ("Body", "nädel"), ("Subject", "heuhaufen")):
        assert desk.thunderbird.do("return search(inbox(), ...arguments);", what, words) == ["Heuhaufen"]


def test_it_keeps_a_draft(desk: Desk) -> None:
    draft = desk.user.folder / "draft.eml"
    draft.write_bytes(b"Subject: draft \xc3\xa4\r\nMessage-ID: <draft@home.test>\r\n\r\nnot yet\r\n")
    desk.thunderbird.do("""
        const file = Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile);
        file.initWithPath(arguments[0]);
        await listened(listener => MailServices.copy.copyFileMessage(
            file, inbox(), null, true, Ci.nsMsgMessageFlags.Read, '', listener, desk.msgWindow));
        await until(() => [...inbox().messages].some(message => message.messageId === 'draft@home.test'));
    """, str(draft))
    until("the draft to be on the server", lambda: {"\\Seen", "\\Draft"} in desk.holds("INBOX").values())
