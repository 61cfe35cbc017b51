"""Does the server's conversation keep its promises to the door? What is said on the wire is in the dialogue files."""

import pytest

from pillarbox.mail import reply as replies
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import BodyType, Envelope
from pillarbox.mail.reply import Reply
from pillarbox.proto.sasl import CheckPassword, Failed
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.server import Role, ServerConnection, ServerSettings

MX = ServerSettings("mx.example.org", starttls=True)


def greeted(settings: ServerSettings = MX) -> ServerConnection:
    connection = ServerConnection(settings)
    connection.greet()
    connection.take_output()
    return connection


def say(connection: ServerConnection, octets: bytes, answer: Reply = replies.OK) -> list[events.Event]:
    """The events that ``octets`` cause, each that is owed one answered with ``answer``."""
    connection.receive_data(octets)
    found = []
    while (event := connection.next_event()) is not None:
        found.append(event)
        if connection.awaiting_reply:
            connection.reply(replies.START_INPUT if isinstance(event, events.DataRequested) else answer)
    return found


def ready(settings: ServerSettings = MX) -> ServerConnection:
    """A connection at the point where DATA or BDAT may come."""
    connection = greeted(settings)
    say(connection, b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n")
    connection.take_output()
    return connection


def test_nothing_is_looked_at_before_the_greeting() -> None:
    connection = ServerConnection(MX)
    connection.receive_data(b"EHLO early\r\n")
    assert connection.next_event() is None
    assert connection.buffered == 12
    connection.greet()
    assert connection.next_event() == events.Hello("early", extended=True, lmtp=False)


def test_a_refusal_instead_of_the_greeting() -> None:
    connection = ServerConnection(MX)
    connection.refuse(replies.TOO_MANY_CONNECTIONS)
    assert connection.take_output().startswith(b"421 4.7.0 ")
    assert connection.closing
    connection.receive_data(b"EHLO c\r\n")
    assert connection.next_event() == events.Closed()
    assert connection.next_event() is None
    assert connection.buffered == 0


def test_an_answer_that_is_owed_stops_the_conversation() -> None:
    connection = greeted()
    connection.receive_data(b"HELO c\r\nNOOP\r\n")
    assert isinstance(connection.next_event(), events.Hello)
    assert connection.awaiting_reply
    assert connection.next_event() is None
    assert connection.take_output() == b""
    connection.reply(replies.OK)
    assert connection.next_event() is None
    assert connection.take_output().count(b"250 ") == 2


def test_an_answer_that_is_not_owed_is_a_mistake_of_ours() -> None:
    with pytest.raises(RuntimeError):
        greeted().reply(replies.OK)


def test_a_421_closes_at_any_event() -> None:
    connection = ready()
    say(connection, b"DATA\r\nhi\r\n.\r\nNOOP\r\n", replies.SHUTTING_DOWN)
    assert connection.closing
    assert connection.take_output().endswith(replies.SHUTTING_DOWN.encode())


@pytest.mark.parametrize("command", [b"HELO c", b"MAIL FROM:<a@b.example>", b"AUTH PLAIN AGEAYg==", b"XCLIENT PORT=1"])
def test_what_the_door_refuses_changes_nothing(command: bytes) -> None:
    connection = greeted(ServerSettings("mx", Role.SUBMISSION, auth=("PLAIN",), xclient=True))
    if not command.startswith(b"HELO"):
        say(connection, b"HELO c\r\n")
    connection.take_output()
    refusal = Reply(550, "5.7.1", ("No",))
    say(connection, command + b"\r\n", refusal)
    assert connection.take_output() == b"550 5.7.1 No\r\n"
    say(connection, command + b"\r\n")
    assert connection.take_output().startswith((b"250 ", b"220 "))


def test_a_refused_data_leaves_the_recipients() -> None:
    connection = ready()
    connection.receive_data(b"DATA\r\n")
    assert connection.next_event() == events.DataRequested(chunked=False)
    connection.reply(replies.STORE_FULL)
    assert say(connection, b"DATA\r\nx\r\n.\r\n")[-1] == events.Body(b"x\r\n", True, None, 3)


def test_a_refused_chunk_is_read_and_dropped() -> None:
    connection = ready()
    connection.receive_data(b"BDAT 6 LAST\r\nQU")
    assert connection.next_event() == events.DataRequested(chunked=True)
    connection.reply(replies.STORE_FULL)
    assert connection.next_event() is None
    assert connection.take_output() == b""
    assert say(connection, b"IT\r\nNOOP\r\n") == [events.ProtocolError("BDAT", replies.STORE_FULL)]
    assert connection.take_output() == replies.STORE_FULL.encode() + b"250 2.0.0 Still here\r\n"
    assert not connection.closing


def test_lmtp_answers_for_each_accepted_recipient() -> None:
    connection = greeted(ServerSettings("mx", Role.LMTP))
    say(connection, b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
    connection.take_output()
    connection.receive_data(b"x\r\n.\r\n")
    assert isinstance(connection.next_event(), events.Body)
    connection.reply_each([replies.OK, replies.MAILBOX_FULL])
    assert connection.take_output() == replies.OK.encode() + replies.MAILBOX_FULL.encode()
    say(connection, b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\n")
    assert connection.take_output().count(replies.OK.encode()) == 3


def test_lmtp_wants_as_many_answers_as_recipients() -> None:
    connection = greeted(ServerSettings("mx", Role.LMTP))
    say(connection, b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n")
    connection.receive_data(b".\r\n")
    connection.next_event()
    with pytest.raises(RuntimeError):
        connection.reply_each([replies.OK, replies.OK])


def test_what_a_mail_command_asks_for_is_in_the_envelope() -> None:
    connection = ready()
    line = b"RSET\r\nMAIL FROM:<a@b.example> size=7 Body=8BitMime RET=full ENVID=x+2By SMTPUTF8\r\n"
    mail = say(connection, line)[1]
    assert isinstance(mail, events.Mail)
    assert mail.envelope.sender == Address("a", "b.example")
    assert mail.envelope.declared_size == 7
    assert mail.envelope.body is BodyType.EIGHT_BIT
    assert mail.envelope.envelope_id == "x+y"
    assert mail.envelope.smtputf8
    assert mail.envelope.recipients == []


def test_the_null_sender() -> None:
    assert say(ready(), b"RSET\r\nMAIL FROM:<>\r\n")[1] == events.Mail(Envelope(None))


def test_tls_drops_what_came_in_the_clear() -> None:
    connection = greeted()
    say(connection, b"EHLO c\r\n")
    assert say(connection, b"STARTTLS\r\nRSET\r\nQUIT\r\n") == [events.StartTls()]
    assert connection.buffered == 0
    connection.receive_data(b"\x16\x03\x01 not for us")
    assert connection.buffered == 0
    assert connection.next_event() is None
    connection.start_tls_done()
    connection.update(ServerSettings("mx", Role.SUBMISSION, auth=("PLAIN",)))
    connection.take_output()
    assert say(connection, b"EHLO d\r\n") == [events.Hello("d", extended=True, lmtp=False)]
    assert b"STARTTLS" not in connection.take_output()


def test_signing_in_ends_with_tls() -> None:
    connection = greeted(ServerSettings("mx", Role.SUBMISSION, auth=("PLAIN",), starttls=True))
    say(connection, b"EHLO c\r\nAUTH PLAIN AGEAYg==\r\nSTARTTLS\r\n")
    connection.start_tls_done()
    asked = say(connection, b"EHLO c\r\nAUTH PLAIN AGEAYg==\r\n")[-1]
    assert asked == events.Auth("PLAIN", CheckPassword("a", "b", ""))


def test_a_failed_exchange_is_for_the_door_to_answer() -> None:
    connection = greeted(ServerSettings("mx", Role.SUBMISSION, auth=("PLAIN",)))
    say(connection, b"EHLO c\r\n")
    connection.receive_data(b"AUTH PLAIN YQ==\r\n")
    event = connection.next_event()
    assert isinstance(event, events.Auth)
    assert isinstance(event.step, Failed)
    assert connection.awaiting_reply


def test_xclient_tells_who_it_is() -> None:
    connection = greeted(ServerSettings("mx", xclient=True))
    line = b"XCLIENT NAME=[TEMPUNAVAIL] ADDR=IPv6:2001:db8::1 HELO=a+20b login=x\r\n"
    assert say(connection, line) == [events.Xclient({"NAME": None, "ADDR": "2001:db8::1", "HELO": "a b", "LOGIN": "x"})]
    assert connection.take_output() == b"220 mx ESMTP Pillarbox\r\n"


def test_a_vrfy_is_told() -> None:
    assert say(greeted(), b"VRFY bob@b.example\r\n") == [events.Vrfy("bob@b.example")]


def test_an_early_defect_lets_the_door_let_go() -> None:
    connection = ready()
    assert say(connection, b"DATA\r\nok\r\n")[-1] == events.Body(b"ok\r\n", False, None, 4)
    [early] = say(connection, b"bad\n\r\n")
    assert early == events.Body(b"", False, events.Defect.BARE_LINE_END, 10)
    [final] = say(connection, b"more\r\n.\r\n", replies.BARE_LINE_END)[:1]
    assert final == events.Body(b"", True, events.Defect.BARE_LINE_END, 16)
    assert connection.closing


@pytest.mark.parametrize("begin", [b"DATA\r\n", b"BDAT 20971520 LAST\r\n"])
def test_a_large_message_streams_through(begin: bytes) -> None:
    connection = ready()
    say(connection, begin)
    slab = (b"y" * 62 + b"\r\n") * 1024
    octets = 0
    for _ in range(20 * 1024 * 1024 // len(slab)):
        for event in say(connection, slab):
            assert isinstance(event, events.Body)
            octets = event.octets
        assert connection.buffered < 3
    assert octets == 20 * 1024 * 1024


def test_a_huge_chunk_takes_no_memory() -> None:
    connection = ready()
    assert say(connection, b"BDAT 9223372036854775807 LAST\r\n" + b"x" * 1000)[-1] == events.Closed()
    assert connection.closing
    assert connection.buffered == 0


def test_a_large_command_line_takes_no_memory() -> None:
    connection = greeted()
    for _ in range(60):
        say(connection, b"A" * 1000)
        assert connection.buffered <= 3000
    assert not connection.closing
    for _ in range(10):
        say(connection, b"A" * 1000)
    assert connection.closing


def test_no_password_is_told() -> None:
    connection = greeted(ServerSettings("mx", Role.SUBMISSION))
    told = say(connection, b"EHLO c\r\nAUTH PLAIN AHVzZXIAcGVuY2ls\r\nauth cGVuY2ls\r\ncGVuY2ls\r\nDATA\r\n")
    shown = [event.text for event in told if isinstance(event, events.ProtocolError)]
    assert shown == ["AUTH ...", "AUTH ...", "(not shown)", "DATA"]
    connection = greeted(ServerSettings("mx", Role.SUBMISSION, auth=("PLAIN",)))
    told = say(connection, b"EHLO c\r\nAUTH PLAIN\r\ncGVuY2l%\r\nAUTH PLAIN AHVzZXIAcGVuY2ls\r\n")
    assert "pencil" not in repr(told)
    assert "cGVuY2" not in repr(told)


@pytest.mark.parametrize(
    ("offered", "parameter", "status"),
    [
        (True, b"REQUIRETLS", b""),
        (True, b"requiretls", b""),
        (False, b"REQUIRETLS", b"555"),
        (True, b"REQUIRETLS=1", b"501"),
    ],
)
def test_the_wish_for_tls_all_the_way(offered: bool, parameter: bytes, status: bytes) -> None:
    """RFC 8689 §2."""
    connection = greeted(ServerSettings("mx.example.org", requiretls=offered))
    said = say(connection, b"EHLO c\r\nMAIL FROM:<a@b.example> " + parameter + b"\r\n")
    wishes = [event.envelope.require_tls for event in said if isinstance(event, events.Mail)]
    assert wishes == ([] if status else [True])
    assert connection.take_output().splitlines()[-1].startswith(status or b"250")
