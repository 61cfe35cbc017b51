"""Is what goes through COMPRESS what came out, bounded, and the same however it was cut? RFC 4978."""

import random
import zlib
from dataclasses import replace

import pytest

from pillarbox.proto.imap import commands, events
from pillarbox.proto.imap.completion import ok
from pillarbox.proto.imap.server import ServerConnection, ServerSettings
from pillarbox.proto.imap.streams import DamagedStreamError, Incoming
from proto.imap.conversing import SETTINGS, said, signed_in


def compressed() -> ServerConnection:
    """A conversation behind COMPRESS."""
    connection = signed_in()
    assert said(connection, b"a COMPRESS DEFLATE\r\n") == [events.Asked("a", commands.Compress())]
    connection.complete(ok("Compressed"))
    connection.compress()
    return connection


class Client:
    """The other side of a compressed stream."""

    def __init__(self) -> None:
        self._deflater = zlib.compressobj(wbits=-15)
        self._inflater = zlib.decompressobj(-15)

    def pack(self, octets: bytes) -> bytes:
        """What goes to the server."""
        return self._deflater.compress(octets) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def unpack(self, octets: bytes) -> bytes:
        """What came from it."""
        return self._inflater.decompress(octets)


def test_the_ok_is_plain_and_all_behind_it_compressed() -> None:
    connection, client = compressed(), Client()
    assert connection.compressed
    connection.untagged(b"* 1 EXISTS\r\n")
    plain, packed = connection.take_output().split(b"\r\n", 1)
    assert plain == b"a OK Compressed"
    assert client.unpack(packed) == b"* 1 EXISTS\r\n"
    assert said(connection, client.pack(b"b NOOP\r\n")) == [events.Asked("b", commands.Noop())]
    connection.complete(ok("Done"))
    assert client.unpack(connection.take_output()) == b"b OK Done\r\n"
    assert connection.take_output() == b""


def test_what_came_behind_the_command_is_compressed_already() -> None:
    connection, client = signed_in(), Client()
    said(connection, b"a COMPRESS DEFLATE\r\n" + client.pack(b"b NOOP\r\n"))
    connection.complete(ok("Compressed"))
    connection.compress()
    assert connection.next_event() == events.Asked("b", commands.Noop())


def test_no_second_time_and_no_other_way() -> None:
    connection, client = compressed(), Client()
    connection.take_output()
    assert "COMPRESS=DEFLATE" not in connection.capabilities()
    said(connection, client.pack(b"b COMPRESS DEFLATE\r\nc COMPRESS LZW\r\n"))
    answers = client.unpack(connection.take_output())
    assert answers == b"b NO [COMPRESSIONACTIVE] It is compressed already\r\nc BAD COMPRESS knows DEFLATE only\r\n"


def test_unauthenticate_ends_it() -> None:
    """RFC 8437 §4.1."""
    connection, client = compressed(), Client()
    connection.take_output()
    said(connection, client.pack(b"b UNAUTHENTICATE\r\n"))
    connection.complete(ok("Nobody is here"))
    connection.unauthenticated()
    connection.untagged(b"* OK plain\r\n")
    assert client.unpack(connection.take_output().removesuffix(b"* OK plain\r\n")) == b"b OK Nobody is here\r\n"
    assert said(connection, b"c NOOP\r\n") == [events.Asked("c", commands.Noop())]


def test_cutting_changes_nothing() -> None:
    dice = random.Random(3)
    body = dice.randbytes(1_000) * 200
    octets = b"b APPEND INBOX {200000+}\r\n" + body + b"\r\nc NOOP\r\n"
    for size in (1, 7, 1_000, 1_000_000):
        connection, client = compressed(), Client()
        packed = client.pack(octets)
        seen: list[events.Event] = []
        text = b""
        for start in range(0, len(packed), size):
            connection.receive_data(packed[start : start + size])
            while (event := connection.next_event()) is not None:
                if isinstance(event, events.MessageData):
                    text += event.data
                    continue
                seen.append(event)
                if isinstance(event, events.AppendEnd):
                    connection.complete(ok("Done"))
                elif isinstance(event, events.AppendBegin | events.MessageBegin):
                    connection.go_on()
        assert seen == [
            events.AppendBegin("b", "INBOX"), events.MessageBegin((), None, 200_000), events.MessageEnd(),
            events.AppendEnd(), events.Asked("c", commands.Noop()),
        ]  # fmt: skip
        assert text == body


def test_a_bomb_of_commands_ends_the_conversation() -> None:
    connection, client = compressed(), Client()
    packed = client.pack(b"b NOOP" + b" " * 50_000_000)
    assert len(packed) < 100_000
    seen = said(connection, packed)
    assert connection.closing
    assert any(isinstance(event, events.ProtocolError) for event in seen)
    assert connection.buffered == 0


def test_an_empty_message_is_no_bomb() -> None:
    connection, client = compressed(), Client()
    connection.receive_data(client.pack(b"b APPEND INBOX {10000000+}\r\n" + bytes(10_000_000) + b"\r\n"))
    octets = 0
    most = 0
    while (event := connection.next_event()) is not None:
        if isinstance(event, events.MessageData):
            octets += len(event.data)
            most = max(most, connection.buffered)
        elif isinstance(event, events.AppendBegin | events.MessageBegin):
            connection.go_on()
    assert octets == 10_000_000
    assert not connection.closing
    # It waits in its small form.
    assert most < 50_000


def test_nothing_is_left_in_the_decompressor() -> None:
    """A step may end when all that came is read and not all of it given."""
    connection = compressed()
    deflater = zlib.compressobj(wbits=-15)
    padding = b" " * (SETTINGS.inflate_step - 7)
    packed = deflater.compress(b"b NOOP" + padding + b"\r\n") + deflater.flush(zlib.Z_PARTIAL_FLUSH)
    assert said(connection, packed) == [events.Asked("b", commands.Noop())]


def filled(incoming: Incoming, settings: ServerSettings) -> int:
    """All that comes of a stream of 200,000 times the same."""
    incoming.decompress()
    incoming.feed(Client().pack(bytes(200_000)))
    while incoming.fill(settings, of_message=False):
        pass
    return len(incoming)


def test_commands_are_weighed_only_when_there_are_many() -> None:
    assert filled(Incoming(), SETTINGS) == 200_000
    with pytest.raises(DamagedStreamError, match="too large"):
        filled(Incoming(), replace(SETTINGS, inflate_grace=1_000))


@pytest.mark.parametrize("octets", [b"c NOOP\r\n" * 10, zlib.compress(b"c NOOP\r\n"), b"\x03\x00"])
def test_what_is_no_stream_ends_the_conversation(octets: bytes) -> None:
    connection, client = compressed(), Client()
    _, _, plain = connection.take_output().partition(b"\r\n")
    assert plain == b""
    said(connection, octets)
    assert connection.closing
    assert client.unpack(connection.take_output()).startswith(b"* BYE The compressed stream")
