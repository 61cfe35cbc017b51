"""Messages that can be recognised and checked to the last octet: each is made from its number alone."""

import re
import zlib

_NUMBER = re.compile(rb"^X-Number: (\d+)\r?$", re.MULTILINE)
# Lines with leading dots, long lines, 8-bit octets: what a careless store or relay would change.
_TEXT = "".join(
    f"{'.' * (n % 3)} line {n}: Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. {'-' * (n % 60)}\r\n"
    for n in range(4096)
).encode()
LARGE_EVERY = 40
LARGE = 200_000


def compose(number: int, sender: str = "client@load.test") -> bytes:
    """The message of this number: 0.5 to 8 KB, every 40th 200 KB, so that it takes the way of large bodies."""
    return (
        b"From: <%s>\r\nTo: <crowd@load.test>\r\nSubject: number %d\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        b"Message-ID: <%d@load.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\nX-Number: %d\r\n\r\n"
        % (sender.encode(), number, number, number)
    ) + body(number)


def body(number: int) -> bytes:
    """What must come out again, octet for octet."""
    mixed = zlib.crc32(b"%d" % number)
    size = LARGE if number % LARGE_EVERY == 0 else 500 + mixed % 7500
    start = mixed % (len(_TEXT) - LARGE)
    return b"%d\r\n%s\r\n" % (number, _TEXT[start : start + size].strip(b"\r\n"))


def number_of(content: bytes) -> int | None:
    """The number of a message; None for one that is not ours (a report)."""
    found = _NUMBER.search(content)
    return None if found is None else int(found[1])


def is_whole(number: int, content: bytes) -> bool:
    """Whether the body is what was sent, whatever was added above it."""
    return content.partition(b"\r\n\r\n")[2] == body(number)


def stuffed(content: bytes) -> bytes:
    """As it goes over the wire: dots doubled (RFC 5321 §4.5.2), end of data added."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
