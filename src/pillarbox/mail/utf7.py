"""How do mailbox names travel to clients that know no UTF-8? Modified UTF-7, RFC 3501 §5.1.3.

Printable US-ASCII stands for itself, "&" is "&-", and all else is UTF-16 in base64 with "," for "/", from "&" to "-".
"""

import re
from base64 import b64decode, b64encode

_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")
_FOREIGN = re.compile(r"&|[^\x20-\x7e]+")
_WIRE = re.compile(rb"[\x20-\x7e]*\Z")


def encode(name: str) -> bytes:
    """``name`` in modified UTF-7. A lone surrogate, which no name of ours has, raises UnicodeEncodeError."""
    return _FOREIGN.sub(_shift, name).encode("ascii")


def _shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    return f"&{b64encode(match[0].encode('utf-16-be'), b'+,').rstrip(b'=').decode()}-"


def decode(octets: bytes) -> str:
    """The name that ``octets`` write. ValueError when they are not modified UTF-7.

    Only the one right spelling counts, as the RFC asks ("&AGE-" is no "a"): a mailbox has one name on the wire.
    """
    if not _WIRE.match(octets):
        raise ValueError("a mailbox name in modified UTF-7 is printable US-ASCII")
    name = "".join(_pieces(octets))
    if encode(name) != octets:
        raise ValueError("not modified UTF-7")
    return name


def _pieces(octets: bytes) -> list[str]:
    # re.split gives what lies between by turns: plain, shifted, plain, …
    parts = _SHIFTED.split(octets)
    return [_unshift(part) if at % 2 else part.decode("ascii") for at, part in enumerate(parts)]


def _unshift(shifted: bytes) -> str:
    if not shifted:
        return "&"
    # binascii.Error and UnicodeDecodeError are ValueErrors.
    return b64decode(shifted + b"=" * (-len(shifted) % 4), b"+,", validate=True).decode("utf-16-be")
