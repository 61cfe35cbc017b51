"""Lists as they go over the wire, read strictly by the grammar of RFC 9051 §9: NIL, numbers, strings, lists."""

import re
from typing import TypeAlias

Value: TypeAlias = "int | bytes | list[Value] | None"

_TOKEN = re.compile(rb'NIL(?![^ )(])|(\d+)|"((?:[^"\\\r\n\0\x80-\xff]|\\["\\])*)"|\{(\d+)\}\r\n', re.DOTALL)


def read(data: bytes) -> "tuple[Value, bytes]":
    """The first value, and what stands behind it. ValueError for what the grammar does not know."""
    if data.startswith(b"("):
        return _list(data[1:])
    match = _TOKEN.match(data)
    if match is None:
        raise ValueError(f"this is no value: {data[:40]!r}")
    number, quoted, size = match.groups()
    rest = data[match.end() :]
    if number is not None:
        return int(number), rest
    if quoted is not None:
        return re.sub(rb"\\(.)", rb"\1", quoted), rest
    if size is None:
        return None, rest
    octets, rest = rest[: int(size)], rest[int(size) :]
    if len(octets) < int(size) or b"\0" in octets:
        raise ValueError("the literal is cut, or holds NUL")
    return octets, rest


def _list(data: bytes) -> "tuple[Value, bytes]":
    found: list[Value] = []
    while not data.startswith(b")"):
        value, data = read(data)
        found.append(value)
        if data.startswith(b" ") and not data.startswith((b" )", b"  ")):
            data = data[1:]
        elif not (data.startswith(b")") or (isinstance(value, list) and data.startswith(b"("))):
            raise ValueError(f"nothing may stand here: {data[:40]!r}")
    return found, data[1:]
