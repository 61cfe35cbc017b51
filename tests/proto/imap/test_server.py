"""What the written conversations cannot show: answers that come late, or in the middle, and bounds."""

import sys
import tracemalloc

import pytest

from pillarbox.proto.imap import commands, events
from pillarbox.proto.imap.completion import no, ok
from pillarbox.proto.imap.server import Offers, ServerConnection, ServerSettings, State
from proto.imap.conversing import SETTINGS, greeted, said, selected, signed_in


def test_nothing_is_looked_at_before_the_greeting() -> None:
    connection = ServerConnection(SETTINGS)
    assert said(connection, b"a NOOP\r\n") == []
    connection.greet()
    assert connection.next_event() == events.Asked("a", commands.Noop())


def test_the_next_command_waits_for_the_answer() -> None:
    connection = signed_in()
    assert said(connection, b"a NOOP\r\nb NOOP\r\n") == [events.Asked("a", commands.Noop())]
    assert connection.awaiting_answer
    assert connection.tag == "a"
    connection.untagged(b"* 3 EXISTS\r\n")
    connection.complete(ok("Done"))
    assert connection.take_output() == b"* 3 EXISTS\r\na OK Done\r\n"
    assert connection.next_event() == events.Asked("b", commands.Noop())


def test_an_answer_that_nobody_waits_for_is_a_fault() -> None:
    connection = signed_in()
    with pytest.raises(RuntimeError, match="no answer is owed"):
        connection.complete(ok("Done"))
    with pytest.raises(RuntimeError, match="nothing waits"):
        connection.go_on()
    said(connection, b"a NOOP\r\n")
    with pytest.raises(RuntimeError, match="nothing waits"):
        connection.go_on()
    connection.complete(ok("Done"))


def test_refused_instead_of_greeted() -> None:
    connection = ServerConnection(SETTINGS)
    connection.refuse("Too many connections from your address")
    assert connection.take_output() == b"* BYE Too many connections from your address\r\n"
    assert connection.closing
    assert connection.next_event() == events.Closed("Too many connections from your address")
    assert connection.next_event() is None


def test_an_end_while_a_command_is_at_work() -> None:
    connection = signed_in()
    said(connection, b"a NOOP\r\nb NOOP\r\n")
    connection.refuse("The server stops")
    connection.complete(ok("too late"))
    assert connection.take_output() == b"* BYE The server stops\r\n"
    assert connection.buffered == 0
    assert said(connection, b"c NOOP\r\n") == [events.Closed("The server stops")]


def test_idle_goes_on_while_news_are_told() -> None:
    connection = selected()
    assert said(connection, b"a IDLE\r\n") == [events.Asked("a", commands.Idle())]
    assert connection.idling
    assert not connection.awaiting_answer
    connection.untagged(b"* 4 EXISTS\r\n")
    assert said(connection, b"DO") == []
    assert said(connection, b"NE\r\nb NOOP\r\n") == [events.IdleDone()]
    assert not connection.idling
    connection.complete(ok("Done"))
    assert connection.take_output() == b"+ Idling: say DONE to end it\r\n* 4 EXISTS\r\na OK Done\r\n"
    assert connection.next_event() == events.Asked("b", commands.Noop())


def test_idle_may_be_ended_from_here() -> None:
    connection = selected()
    said(connection, b"a IDLE\r\n")
    connection.complete(no("The mailbox is gone"))
    assert not connection.idling
    assert said(connection, b"DONE\r\nb NOOP\r\n") == [events.Asked("b", commands.Noop())]
    connection.complete(ok("Done"))
    assert b"BAD" not in connection.take_output()
    said(connection, b"DONE\r\n")
    assert connection.take_output().startswith(b"DONE BAD")


@pytest.mark.parametrize("cut", range(4))
def test_an_append_is_given_up_at_any_moment(cut: int) -> None:
    connection = signed_in()
    connection.receive_data(b"a APPEND INBOX {22+}\r\nSubject: x\r\n\r\nb LOG")
    assert isinstance(connection.next_event(), events.AppendBegin)
    if cut > 0:
        connection.go_on()
        assert isinstance(connection.next_event(), events.MessageBegin)
    if cut > 1:
        connection.go_on()
        assert isinstance(connection.next_event(), events.MessageData)
    if cut > 2:
        connection.receive_data(b"OUT")
        assert isinstance(connection.next_event(), events.MessageData)
    connection.complete(no("The disk is full", "UNAVAILABLE"))
    rest = b"\r\n" if cut > 2 else b"OUT\r\n"
    # The rest of the command, with a literal more, is no command.
    assert said(connection, rest[:-2] + b" {11+}\r\nc LOGOUT\r\n \r\nd NOOP\r\n") == [
        events.Asked("d", commands.Noop())
    ]
    assert connection.take_output() == b"a NO [UNAVAILABLE] The disk is full\r\n"


def test_a_refused_message_that_waits_to_be_sent_does_not_come() -> None:
    connection = signed_in()
    assert said(connection, b"a APPEND INBOX {5}\r\n") == [events.AppendBegin("a", "INBOX")]
    connection.go_on()
    assert connection.next_event() == events.MessageBegin((), None, 5)
    connection.complete(no("You have no room left", "OVERQUOTA"))
    assert said(connection, b"b NOOP\r\n") == [events.Asked("b", commands.Noop())]
    assert connection.take_output() == b"a NO [OVERQUOTA] You have no room left\r\n"


def test_a_mistake_in_the_middle_tells_that_the_append_is_over() -> None:
    connection = signed_in()
    connection.receive_data(b"a APPEND INBOX {1+}\r\nx (\\Seen {9+}\r\nb LOGOUT\n\r\nc NOOP\r\n")
    seen = []
    while (event := connection.next_event()) is not None:
        seen.append(type(event))
        if isinstance(event, events.AppendBegin | events.MessageBegin):
            connection.go_on()
    assert seen == [
        events.AppendBegin, events.MessageBegin, events.MessageData, events.MessageEnd, events.ProtocolError,
        events.Asked,
    ]  # fmt: skip


def test_messages_are_not_piled_up() -> None:
    connection = signed_in()
    connection.receive_data(b"a APPEND INBOX {1000000+}\r\n")
    connection.next_event()
    connection.go_on()
    connection.next_event()
    connection.go_on()
    for _ in range(100):
        connection.receive_data(b"x" * 10_000)
        assert connection.next_event() == events.MessageData(b"x" * 10_000)
        assert connection.buffered == 0
    assert connection.next_event() == events.MessageEnd()


def test_replace_of_the_last_message() -> None:
    connection = selected()
    assert said(connection, b"a UID REPLACE 42 Drafts {3}\r\n") == [events.AppendBegin("a", "Drafts", 42, True)]
    connection.complete(no("No"))
    assert said(connection, b"b REPLACE * Drafts {3}\r\n") == [events.AppendBegin("b", "Drafts", 2**32)]


def test_qresync_brings_condstore() -> None:
    """RFC 7162 §3.2.3."""
    connection = signed_in()
    assert said(connection, b"a ENABLE QRESYNC\r\n") == [events.Asked("a", commands.Enable(("QRESYNC", "CONDSTORE")))]
    assert connection.enabled == {"QRESYNC", "CONDSTORE"}


def test_unauthenticate_forgets_what_was_enabled() -> None:
    connection = selected()
    connection.enable("CONDSTORE")
    assert not connection.enable("CONDSTORE")
    said(connection, b"a UNAUTHENTICATE\r\n")
    connection.complete(ok("Done"))
    connection.unauthenticated()
    assert connection.state is State.NOT_AUTHENTICATED
    assert connection.enabled == set()
    assert isinstance(said(connection, b"b LOGIN user pencil\r\n")[0], events.Auth)


def test_tls_makes_all_void_that_was_said_before() -> None:
    connection = greeted(ServerSettings("mx.example.org", Offers(starttls=True, login_disabled=True)))
    assert said(connection, b"a STARTTLS\r\nb LOGIN mallory x\r\n") == [events.StartTls()]
    assert connection.buffered == 0
    assert said(connection, b"c LOGIN mallory x\r\n") == []
    connection.start_tls_done()
    connection.update(SETTINGS)
    assert connection.buffered == 0
    assert said(connection, b"d NOOP\r\n") == [events.Asked("d", commands.Noop())]


def test_what_the_log_shows_holds_no_password() -> None:
    connection = greeted()
    wrong = said(connection, b"a LOGIN user pen cil\r\nb LOGN user pencil\r\npencil\r\nc LOGIN user {99999}\r\n")
    connection = signed_in()
    wrong += said(connection, b"a LOGIN user pencil\r\nb AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls\r\n")
    assert len(wrong) == 6
    for event in wrong:
        assert isinstance(event, events.ProtocolError)
        assert "cil" not in event.text + event.reply
        assert "AHVz" not in event.text + event.reply


def test_many_literals_are_no_way_around_the_bound() -> None:
    connection = greeted()
    assert len(said(connection, b"a ID (" + b"{1000+}\r\n" + (b"x" * 1_000 + b" {1000+}\r\n") * 8)) == 1
    assert connection.take_output() == b"a BAD [TOOBIG] This literal is too long here\r\n"
    assert connection.buffered == 0
    connection = selected()
    text = b"TEXT {8000+}\r\n" + b"x" * 8_000 + b" "
    assert len(said(connection, b"a SEARCH " + text * 8 + b"TEXT {8000+}\r\n")) == 1
    assert connection.take_output() == b"a BAD [TOOBIG] This literal is too long here\r\n"
    assert connection.buffered == 0


def test_a_stranger_costs_little_memory() -> None:
    attacks = (
        b"a LOGIN " + b"x" * 8_000,
        b"a LOGIN {1024+}\r\n" + b"x" * 1_000,
        b"a LOGIN {1024+}\r\n" + b"x" * 1_024 + b" {1000+}\r\n" + b"y" * 999,
        b"x" * 7_000 + b" {9+}\r\n",
        b"a AUTHENTICATE PLAIN\r\n" + b"A" * 8_000,
    )
    for attack in attacks:
        tracemalloc.start()
        connection = greeted()
        for start in range(0, len(attack), 100):
            connection.receive_data(attack[start : start + 100])
            connection.next_event()
        connection.take_output()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held <= 16_384, attack[:30]


def test_a_session_costs_little_memory() -> None:
    tracemalloc.start()
    kept = [selected() for _ in range(20)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / len(kept) <= 4_096


def test_no_clock_and_no_io() -> None:
    modules = [name for name in sys.modules if name.startswith("pillarbox.proto.imap")]
    assert modules
    for name in modules:
        assert not {"asyncio", "socket", "ssl", "time", "os", "random"} & set(vars(sys.modules[name])), name
