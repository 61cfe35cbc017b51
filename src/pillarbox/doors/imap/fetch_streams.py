"""How is a message told that lies in a file? Slice by slice, as fast as the client takes it, never whole in memory.

What a literal holds is counted before it begins (RFC 9051 §4.3), so an encoded part is decoded twice: once to count,
once to send.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from pillarbox.mail.sections import Sections
from pillarbox.mail.unwrapping import Unwrapping, unwrapping
from pillarbox.proto.imap import fetch_responses
from pillarbox.proto.imap.items import Binary, BinarySize, Section
from pillarbox.store.rows import MessageRow

from .fetch_octets import UnknownEncodingError, partial
from .fetch_plan import OctetItem
from .fetch_sections import chosen_fields, cut, part_cut
from .session import Session

HEADER_READ = 1024 * 1024
"""Octets of a header that are looked at for HEADER.FIELDS."""


class BrokenOffError(Exception):
    """A message ended before its time, in the middle of a literal: nothing that follows would be understood."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A literal of ``count`` octets behind ``begin``; ``slices`` opens it."""

    begin: bytes
    count: int
    slices: Callable[[], AsyncGenerator[bytes, None]]
    textual: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """A message in a file, with its ``prefix`` in the folder; ``sections`` when parts of it are asked for."""

    session: Session
    row: MessageRow
    prefix: bytes
    sections: Sections | None

    async def piece(self, item: OctetItem) -> bytes | Stream:
        """The item as it is told, as far as it is told at once. UnknownEncodingError."""
        if isinstance(item, Section):
            return await self._section(item)
        return await self._binary(item)

    async def _section(self, item: Section) -> bytes | Stream:
        if item.part and self.sections is not None:
            place = part_cut(item, self.sections)
        else:
            place = cut(item, self.row.header_size, self.row.size)
        if place is None:
            return fetch_responses.section(item, None)
        if item.fields:
            header = await self._read(place.start, min(place.end, place.start + HEADER_READ))
            lead = self.prefix if place.prefixed else b""
            return fetch_responses.section(item, partial(chosen_fields(lead + header, item), item))
        window = place.window(self.prefix, item.partial)
        begin = fetch_responses.section_begin(item, window.size)
        return Stream(begin, window.size, lambda: self._slices(window.lead, window.start, window.end), textual=True)

    async def _binary(self, item: Binary | BinarySize) -> bytes | Stream:
        opened, count = await self._content(item.part)
        if isinstance(item, BinarySize):
            return fetch_responses.binary_size(item, count)
        if opened is None:
            return fetch_responses.binary(item, None)
        first, wanted = item.partial if item.partial is not None else (0, count)
        wanted = max(min(wanted, count - first), 0)
        begin = fetch_responses.binary_begin(item, wanted)
        return Stream(begin, wanted, lambda: _between(opened(), first, wanted), textual=False)

    async def _content(self, part: tuple[int, ...]) -> tuple[Callable[[], AsyncGenerator[bytes, None]] | None, int]:
        """What opens a part's octets without their encoding, and how many there are."""
        place = self.sections.find(part) if part and self.sections is not None else None
        if not part:
            return lambda: self._slices(self.prefix, 0, self.row.size), len(self.prefix) + self.row.size
        if place is None:
            return None, 0
        start, end = place.body
        unwrap = unwrapping("" if place.is_multipart or place.is_message else place.encoding)
        if unwrap is None:
            raise UnknownEncodingError(place.encoding)

        def opened() -> AsyncGenerator[bytes, None]:
            return _unwrapped(self._slices(b"", start, end), unwrap())

        return opened, await _count(opened())

    async def _read(self, start: int, end: int) -> bytes:
        return b"".join([piece async for piece in self._slices(b"", start, end)])

    async def _slices(self, lead: bytes, start: int, end: int) -> AsyncGenerator[bytes, None]:
        if lead:
            yield lead
        if start >= end:
            return
        slices = self.session.role.services.store.read_slices(self.row.id, start, end)
        try:
            async for piece in slices:
                yield piece
        finally:
            if isinstance(slices, AsyncGenerator):  # the file is closed now, not some day
                await slices.aclose()


async def _unwrapped(slices: AsyncGenerator[bytes, None], unwrap: Unwrapping) -> AsyncGenerator[bytes, None]:
    async with aclosing(slices):
        async for piece in slices:
            yield unwrap.feed(piece)
    yield unwrap.end()


async def _between(slices: AsyncGenerator[bytes, None], first: int, count: int) -> AsyncGenerator[bytes, None]:
    """``count`` octets behind the ``first`` of them."""
    async with aclosing(slices):
        async for piece in slices:
            skipped = piece[first:]
            first = max(first - len(piece), 0)
            yield skipped[:count]
            count -= len(skipped[:count])
            if not count:
                return


async def _count(slices: AsyncIterator[bytes]) -> int:
    return sum([len(piece) async for piece in slices])


async def send(session: Session, begin: bytes, pieces: Sequence[bytes | Stream]) -> None:
    """A FETCH line that begins with ``begin``, of pieces some of which are sent as they are read. BrokenOffError."""
    try:
        lead = begin
        for piece in pieces:
            if isinstance(piece, bytes):
                session.send(lead + piece)
            else:
                session.send(lead + piece.begin)
                await _send_stream(session, piece)
            lead = b" "
        session.send(b")\r\n")
    except BaseException:
        session.abort()  # an answer to the command would look like a part of the message
        raise


async def _send_stream(session: Session, stream: Stream) -> None:
    sent = 0
    async with aclosing(stream.slices()) as slices:
        async for piece in slices:
            sent += len(piece)
            session.send(fetch_responses.textual(piece) if stream.textual else piece)
            await session.room()
    if sent != stream.count:
        raise BrokenOffError(f"{stream.count} octets were announced, {sent} were there")
