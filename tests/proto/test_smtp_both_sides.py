"""Our client and our server in one conversation: what one says, the other understands, and nothing is lost between."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import reply as replies
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import BodyType, Envelope, Notify, Recipient, Return
from pillarbox.proto.sasl import CheckPassword
from pillarbox.proto.scram import derive_verifier
from pillarbox.proto.smtp import client_events as heard
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.client import ClientConnection, ClientSettings
from pillarbox.proto.smtp.client_auth import choose
from pillarbox.proto.smtp.client_body import ChunkWriter, DataWriter, crlf
from pillarbox.proto.smtp.client_envelope import Wishes, mail_line, rcpt_line
from pillarbox.proto.smtp.roles import Role
from pillarbox.proto.smtp.server import ServerConnection
from pillarbox.proto.smtp.settings import ServerSettings

VERIFIER = derive_verifier("pencil", b"s" * 16, 4_096)
PIECES = [b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\xff", b"QUIT"]


@dataclass
class Both:
    """The two sides, and what the server got. ``refuse``: addresses that it does not take."""

    role: Role = Role.MX
    auth: tuple[str, ...] = ()
    chunking: bool = True
    refuse: tuple[str, ...] = ()
    envelopes: list[Envelope] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    body: bytes = b""

    def __post_init__(self) -> None:
        settings = ServerSettings("there.test", self.role, auth=self.auth, chunking=self.chunking)
        self.server = ServerConnection(settings)
        self.client = ClientConnection(ClientSettings("here.test", lmtp=self.role is Role.LMTP))
        self.server.greet()
        assert isinstance(self.next(), heard.Greeted)
        self.client.hello()
        assert isinstance(self.next(), heard.Welcomed)

    def next(self) -> heard.Event:
        """Carry octets to and fro until the client hears something."""
        for _ in range(100):
            event = self.client.next_event()
            if event is not None:
                return event
            self.server.receive_data(self.client.take_output())
            while (owed := self.server.next_event()) is not None:
                self._answer(owed)
            self.client.receive_data(self.server.take_output())
        raise AssertionError("the conversation stands still")

    def _answer(self, event: events.Event) -> None:
        server = self.server
        match event:
            case events.Mail(envelope=envelope):
                self.envelopes.append(envelope)
                server.reply(replies.SENDER_OK)
            case events.Rcpt(recipient=recipient):
                taken = str(recipient.address) not in self.refuse
                if taken:
                    self.envelopes[-1].recipients.append(recipient)
                server.reply(replies.RECIPIENT_OK if taken else replies.NO_SUCH_USER)
            case events.DataRequested():
                server.reply(replies.START_INPUT)
            case events.Body(data=data, last=last, defect=defect):
                assert defect is None
                self.body += data
                if last:
                    self._taken()
            case events.Auth(step=CheckPassword(user="user", password="pencil")):
                server.reply(replies.AUTHENTICATED)
            case events.Auth(mechanism="SCRAM-SHA-256"):
                server.provide_verifier(VERIFIER, b"m" * 18)
            case events.AuthDone() | events.Hello():
                server.reply(replies.AUTHENTICATED if isinstance(event, events.AuthDone) else replies.OK)

    def _taken(self) -> None:
        self.messages.append(self.body)
        self.body = b""
        if self.role is Role.LMTP:
            self.server.reply_each([replies.OK, replies.MAILBOX_FULL][: len(self.envelopes[-1].recipients)])
        else:
            self.server.reply(replies.OK)

    def begin(self, *recipients: str, wishes: Wishes | None = None, chunked: bool = False) -> heard.Event:
        offers = self.client.offers
        listed = [Recipient(Address.parse(text)) for text in recipients or ("u@there.test",)]
        lines = [rcpt_line(str(recipient.address), recipient, offers) for recipient in listed]
        self.client.begin(mail_line("s@here.test", wishes or Wishes(1), offers), lines, chunked)
        return self.next()


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.lists(st.lists(st.sampled_from(PIECES)).map(b"".join), min_size=1, max_size=3), st.integers(1, 5))
def test_whatever_the_content_the_server_gets_just_these_messages(contents: list[bytes], size: int) -> None:
    both = Both()
    for content in contents:
        assert both.begin() == heard.BodyWanted(1)
        if size == 1:
            both.client.send_whole(content)
        else:
            writer = DataWriter()
            for data in cut(content, size):
                both.client.send_slice(writer.slice(data))
            both.client.end_slices(writer.end())
        assert isinstance(both.next(), heard.Answered)
    whole = [crlf(content) for content in contents]
    assert both.messages == [text if not text or text.endswith(b"\r\n") else text + b"\r\n" for text in whole]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_binary_content_passes_octet_for_octet(content: bytes, size: int) -> None:
    both = Both()
    wishes = Wishes(len(content), BodyType.BINARY)
    assert both.begin(wishes=wishes, chunked=True) == heard.BodyWanted(1)
    writer = ChunkWriter(binary=True)
    for data in cut(content, size):
        both.client.send_chunk(writer.slice(data), last=False)
        assert both.next() == heard.ChunkTaken()
    both.client.send_chunk(writer.end(), last=True)
    assert isinstance(both.next(), heard.Answered)
    assert both.messages == [content]
    assert both.envelopes[0].body is BodyType.BINARY


def test_all_wishes_are_understood() -> None:
    both = Both()
    recipient = Recipient(
        Address.parse("\u00fc@there.test"), Notify.SUCCESS | Notify.DELAY, "utf-8;\u00fc+x@there.test"
    )
    wishes = Wishes(99, BodyType.EIGHT_BIT, smtputf8=True, ret=Return.HEADERS, envelope_id="a b+c=d")
    offers = both.client.offers
    both.client.begin(
        mail_line("\u00e9@here.test", wishes, offers), [rcpt_line(str(recipient.address), recipient, offers)]
    )
    assert both.next() == heard.BodyWanted(1)
    (envelope,) = both.envelopes
    assert (envelope.sender_text, envelope.declared_size, envelope.smtputf8) == ("\u00e9@here.test", 99, True)
    assert (envelope.body, envelope.ret, envelope.envelope_id) == (BodyType.EIGHT_BIT, Return.HEADERS, "a b+c=d")
    assert envelope.recipients == [recipient]


def test_refused_recipients_do_not_harm_the_others_nor_the_next_message() -> None:
    both = Both(refuse=("no@there.test",))
    answered = both.begin("no@there.test")
    assert isinstance(answered, heard.Answered)
    assert [verdict.reply.code for verdict in answered.verdicts] == [550]
    assert both.begin("no@there.test", "u@there.test") == heard.BodyWanted(1)
    both.client.send_whole(b"x\r\n")
    answered = both.next()
    assert isinstance(answered, heard.Answered)
    assert [verdict.is_delivered for verdict in answered.verdicts] == [False, True]
    assert both.messages == [b"x\r\n"]


def test_lmtp_answers_each_recipient() -> None:
    both = Both(Role.LMTP)
    assert both.begin("a@there.test", "b@there.test") == heard.BodyWanted(2)
    both.client.send_whole(b"x\r\n")
    answered = both.next()
    assert isinstance(answered, heard.Answered)
    assert [verdict.reply.code for verdict in answered.verdicts] == [250, 452]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256"])
def test_every_way_of_signing_in(mechanism: str) -> None:
    both = Both(Role.SUBMISSION, auth=(mechanism,))
    dialogue = choose(both.client.offers.auth, "user", "pencil", b"n" * 18)
    assert dialogue is not None
    assert dialogue.mechanism == mechanism
    both.client.authenticate(dialogue)
    answered = both.next()
    assert isinstance(answered, heard.AuthAnswered)
    assert answered.reply.code == 235
