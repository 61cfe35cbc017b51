"""What does a client of the small web door ask for? The header of one request of HTTP/1.1, bounded. RFC 9112 §2 to §3.

One request a connection, and none with a content: so nobody can hide a second one in the first.
"""

import re
from dataclasses import dataclass

HEADER = 8_192  # octets of a request's header
FIELDS = 64
_END = b"\r\n\r\n"
_LINE = re.compile(rb"([A-Z]{1,20}) ([!-~]{1,2048}) HTTP/1\.[0-9]\Z")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):[ \t]*([\t -~\x80-\xff]*?)[ \t]*\Z")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)\Z", re.IGNORECASE)
_HOST = re.compile(rb"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,64}\])(?::[0-9]{0,5})?\Z")


class BadRequest(Exception):
    """What came is no request that is answered; ``status`` is what the client is told."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """``host`` in lower case, without a port; ``path`` without its query."""

    method: str
    path: str
    host: str


def read(octets: bytes) -> Request | None:
    """The request at the start of ``octets``; None when its header is not whole yet. BadRequest."""
    end = octets.find(_END, 0, HEADER)
    if end < 0:
        if len(octets) >= HEADER:
            raise BadRequest(431, "the header is too large")
        return None
    first, *rest = octets[:end].split(b"\r\n")
    line = _LINE.match(first)
    if line is None:
        raise BadRequest(400, "the first line is no request")
    if len(rest) > FIELDS:
        raise BadRequest(431, "there are too many fields")
    return _request(line[1].decode(), line[2], _fields(rest))


def _fields(lines: list[bytes]) -> dict[str, list[bytes]]:
    """RFC 9112 §5.1, §5.2: no space before the colon, no folded lines."""
    found: dict[str, list[bytes]] = {}
    for line in lines:
        match = _FIELD.match(line)
        if match is None:
            raise BadRequest(400, "a line is no field")
        found.setdefault(match[1].decode().lower(), []).append(match[2])
    return found


def _request(method: str, target: bytes, fields: dict[str, list[bytes]]) -> Request:
    if "transfer-encoding" in fields or any(length.strip(b"0") for length in fields.get("content-length", ())):
        raise BadRequest(413, "nothing is taken here")
    hosts = fields.get("host", [])
    if len(hosts) != 1:  # RFC 9112 §3.2
        raise BadRequest(400, "there must be one Host")
    absolute = _ABSOLUTE.match(target)
    authority, path = (absolute[1], absolute[2] or b"/") if absolute is not None else (hosts[0], target)
    host = _HOST.match(authority)
    if host is None or not path.startswith((b"/", b"?")):
        raise BadRequest(400, "the host or the path cannot be understood")
    return Request(method, path.partition(b"?")[0].decode(), host[1].decode().lower().rstrip("."))
