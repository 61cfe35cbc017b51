"""How is the answer to one request over HTTPS read? Its head, then content of a bounded size. RFC 9112 §4 to §7."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

HEADER = 16_384
"""Octets of a head; also the ``limit`` that the StreamReader needs."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r?\n)")
_LENGTH = re.compile(r"[0-9]{1,12}\Z")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")


class AnswerError(Exception):
    """There is no answer that can be used; ``str(error)`` goes on where the host's name begins a sentence."""


class TooLargeError(AnswerError):
    """Its content is larger than is wanted."""


@dataclass(frozen=True, slots=True)
class Head:
    """``fields`` by name in lower case; of those that come twice, the last."""

    status: int
    fields: Mapping[str, str]


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Status and fields; AnswerError."""
    with _whole():
        octets = await reader.readuntil(b"\r\n\r\n")
    status = _STATUS.match(octets)
    if status is None:
        raise AnswerError("does not speak HTTP")
    lines = (line.partition(b":") for line in octets.split(b"\r\n")[1:] if b":" in line)
    return Head(int(status[1]), {_text(name).lower(): _text(value).strip() for name, _, value in lines})


async def read_content(reader: asyncio.StreamReader, head: Head, most: int) -> bytes:
    """The content behind ``head``, of at most ``most`` octets (RFC 9112 §6.3); AnswerError."""
    if head.status in {204, 304}:
        return b""
    length = head.fields.get("content-length", "")
    with _whole():
        if head.fields.get("transfer-encoding", "").lower() == "chunked":
            return await _chunks(reader, most)
        return await reader.readexactly(_bounded(length, most)) if length else await _rest(reader, most)


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except asyncio.IncompleteReadError as error:
        raise AnswerError("gave an answer that is broken off") from error
    except asyncio.LimitOverrunError as error:
        raise AnswerError("gave an answer with a line that is too large") from error


def _bounded(length: str, most: int) -> int:
    if not _LENGTH.match(length):
        raise _unreadable()
    if int(length) > most:
        raise _too_large(most)
    return int(length)


async def _chunks(reader: asyncio.StreamReader, most: int) -> bytes:
    """RFC 9112 §7.1. Each chunk has an octet at least, so their number is bounded, too."""
    content = bytearray()
    while True:
        digits = (await reader.readuntil(b"\r\n")).split(b";")[0].strip()
        if not _SIZE.match(digits):
            raise _unreadable()
        size = int(digits, 16)
        if len(content) + size > most:
            raise _too_large(most)
        if size == 0:
            return bytes(content)
        content += (await reader.readexactly(size + 2))[:size]


async def _rest(reader: asyncio.StreamReader, most: int) -> bytes:
    """Until the connection ends."""
    content = bytearray()
    while piece := await reader.read(most + 1 - len(content)):
        content += piece
        if len(content) > most:
            raise _too_large(most)
    return bytes(content)


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")


def _unreadable() -> AnswerError:
    return AnswerError("gave an answer that cannot be read")


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(f"gave an answer of more than {most} octets")
