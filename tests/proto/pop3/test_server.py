"""What the written conversations do not show: bounds, listings in pieces, SCRAM, and who is told what."""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.runner import NONCE, VERIFIER
from pillarbox.proto.pop3 import events, replies
from pillarbox.proto.pop3.capabilities import capabilities
from pillarbox.proto.pop3.server import ServerConnection, ServerSettings
from pillarbox.proto.pop3.states import ALLOWED, may, out_of_order
from pillarbox.proto.sasl import MECHANISMS, CheckPassword, Failed, NeedVerifier
from pillarbox.proto.scram import ScramClient
from proto.pop3.playing import Dialog, Messages, Server, files, read

SETTINGS = ServerSettings("mx.example.org", auth=MECHANISMS)


class Many:
    """A drop of so many messages of 10 octets."""

    def __init__(self, count: int) -> None:
        self.sizes = array("Q", [10] * count)

    def unique_id(self, number: int) -> str:
        return f"{number:016x}"


def begun(settings: ServerSettings = SETTINGS, drop: Many | Messages | None = None) -> ServerConnection:
    """A conversation after the greeting, or signed in."""
    connection = ServerConnection(settings)
    connection.greet()
    connection.take_output()
    if drop is not None:
        connection.receive_data(b"USER user\r\nPASS pencil\r\n")
        assert connection.next_event() == events.Auth("USER", CheckPassword("user", "pencil", ""))
        connection.signed_in(drop)
        connection.take_output()
    return connection


def asked(connection: ServerConnection, octets: bytes) -> bytes:
    """What is answered, with no event."""
    connection.receive_data(octets)
    return b"".join(pieces(connection))


def pieces(connection: ServerConnection) -> Iterator[bytes]:
    while True:
        event = connection.next_event()
        assert event is None or isinstance(event, events.ProtocolError)
        output = connection.take_output()
        if not output and event is None:
            return
        yield output


def test_nothing_is_read_before_the_greeting() -> None:
    connection = ServerConnection(SETTINGS)
    connection.receive_data(b"QUIT\r\n")
    assert connection.next_event() is None
    assert connection.take_output() == b""
    connection.greet()
    assert connection.next_event() == events.Quit()
    assert connection.take_output().count(b"+OK") == 2


def test_the_greeting_offers_no_apop() -> None:
    connection = ServerConnection(SETTINGS)
    connection.greet()
    assert b"<" not in connection.take_output()


def test_a_long_listing_is_made_as_it_is_taken() -> None:
    connection = begun(drop=Many(100_000))
    connection.receive_data(b"UIDL\r\nNOOP\r\n")
    answer = list(pieces(connection))
    assert max(map(len, answer)) < SETTINGS.output + 30_000
    lines = b"".join(answer).split(b"\r\n")
    assert lines[1] == b"1 0000000000000001"
    assert lines[100_000:] == [b"100000 00000000000186a0", b".", b"+OK Still here", b""]


def test_commands_wait_while_answers_do() -> None:
    connection = begun(drop=Many(1000))
    connection.receive_data(b"LIST\r\n" * 10_000)
    assert connection.next_event() is None
    taken = connection.take_output()
    # One listing is made; the other commands have not been looked at.
    assert len(taken) < 10_000
    assert connection.buffered == 9_999 * 6


def test_short_answers_pile_up_to_a_bound() -> None:
    connection = begun(drop=Many(1))
    connection.receive_data(b"NOOP\r\n" * 10_000)
    assert connection.next_event() is None
    assert len(connection.take_output()) <= SETTINGS.output + 100
    assert connection.buffered > 30_000


def test_scram_from_end_to_end() -> None:
    connection = begun()
    client = ScramClient("user", "pencil", b"\x03" * 18)
    connection.receive_data(b"AUTH SCRAM-SHA-256 " + b64encode(client.first) + b"\r\n")
    event = connection.next_event()
    assert event == events.Auth("SCRAM-SHA-256", NeedVerifier("user"))
    connection.provide_verifier(VERIFIER, NONCE)
    connection.receive_data(b64encode(client.final(_challenge(connection))) + b"\r\n")
    assert connection.next_event() is None
    client.check(_challenge(connection))
    connection.receive_data(b"\r\n")
    assert connection.next_event() == events.AuthDone("SCRAM-SHA-256", "user", "")
    connection.signed_in(Messages())
    assert connection.take_output().startswith(b"+OK")


def test_scram_with_a_wrong_proof() -> None:
    connection = begun()
    client = ScramClient("user", "wrong", b"\x03" * 18)
    connection.receive_data(b"AUTH SCRAM-SHA-256 " + b64encode(client.first) + b"\r\n")
    connection.next_event()
    connection.provide_verifier(VERIFIER, NONCE)
    connection.receive_data(b64encode(client.final(_challenge(connection))) + b"\r\nNOOP\r\n")
    event = connection.next_event()
    assert isinstance(event, events.Auth)
    assert isinstance(event.step, Failed)
    connection.reply(replies.AUTH_FAILED)
    assert connection.next_event() is None
    assert connection.take_output() == b"-ERR [AUTH] The user name or the password is wrong\r\n+OK Still here\r\n"


def _challenge(connection: ServerConnection) -> bytes:
    line = connection.take_output()
    assert line.startswith(b"+ ")
    return b64decode(line[2:])


def test_passwords_do_not_show_in_events() -> None:
    connection = begun()
    connection.receive_data(b"PASS my secret\r\nAPOP user secret\r\nAUTH X secret\r\nc2VjcmV0\r\nSTAT 1\r\n")
    seen = [connection.next_event() for _ in range(5)]
    assert [event.text for event in seen if isinstance(event, events.ProtocolError)] == [
        "PASS ...",
        "APOP ...",
        "AUTH ...",
        "(a command that is not known)",
        "STAT 1",
    ]


def test_a_line_without_end_is_hung_up_on() -> None:
    connection = begun()
    told = 0
    for _ in range(100):
        connection.receive_data(b"x" * 10_000)
        while connection.next_event() is not None:
            told += 1
        assert connection.buffered < 20_000
    assert told == 3  # too long, without end, closed
    assert connection.closing


def test_every_refused_state_has_an_answer() -> None:
    for state, allowed in ALLOWED.items():
        for verb in {"STAT", "PASS", "USER", "UIDL"} - allowed:
            assert not may(state, verb)
            assert not out_of_order(state, verb).ok


def test_closing_in_the_middle_of_anything() -> None:
    connection = begun(drop=Many(100_000))
    connection.receive_data(b"LIST\r\n")
    connection.next_event()
    connection.take_output()
    connection.refuse(replies.SHUTTING_DOWN)
    assert connection.take_output() == b"-ERR [SYS/TEMP] The server is stopping; come back in a moment\r\n"
    assert connection.next_event() == events.Closed()
    assert connection.next_event() is None


def test_an_answer_that_nobody_owes() -> None:
    with pytest.raises(RuntimeError):
        begun().reply(replies.NOOP)


def test_replies_are_one_clean_line_within_bounds() -> None:
    assert replies.ok("a\r\n-ERR b\x00").encode() == b"+OK a  -ERR b \r\n"
    long = replies.error("ü" * 600, "SYS/TEMP").encode()
    assert len(long) <= replies.LINE_MAX
    assert long.decode().endswith("ü\r\n")


def test_capabilities_fit_in_their_lines() -> None:
    assert all(len(line) <= 510 for line in capabilities(SETTINGS))  # RFC 2449 §4


DIALOGS = [read(path) for path in files()]


@given(st.sampled_from(DIALOGS), st.binary(max_size=300), st.integers(0, 10**6), st.integers(0, 10**6))
def test_junk_never_breaks_it(dialog: Dialog, junk: bytes, where: int, seed: int) -> None:
    server = Server(dialog)
    whole = b"".join(exchange.sent for exchange in dialog.exchanges)
    where %= len(whole) + 1
    octets = whole[:where] + junk + whole[where:]
    step = seed % 50 + 1
    for start in range(0, len(octets), step):
        server.feed(octets[start : start + step])
    assert server.connection.buffered <= len(octets)


@given(st.binary(max_size=2000))
def test_any_octets_are_answered_with_whole_lines(octets: bytes) -> None:
    server = Server(DIALOGS[0])
    server.feed(octets)
    assert server.output.endswith(b"\r\n")
    assert all(line.startswith((b"+OK", b"-ERR", b"+ ")) for line in server.output.splitlines()[:1])
