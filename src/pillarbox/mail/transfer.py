"""What are a part's octets without their transfer encoding? RFC 2045 §6, RFC 3516 §4.3."""

import re
from binascii import a2b_base64, a2b_qp

# As it should be written, and as it is met.
_IDENTITY = frozenset({"7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none", ""})
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
# Octets behind padding belong to another run: some programs join two.
_RUN = re.compile(rb"([A-Za-z0-9+/]+)=*")
# RFC 2045 §6.7 (3): white space at the end of a line was added on the way.
_TRAILING = re.compile(rb"[ \t]+(?=\r?\n|\Z)")


def decode(octets: bytes, encoding: str) -> bytes | None:
    """The content; None for an encoding nobody knows. What is broken is decoded as far as it goes."""
    if encoding in _IDENTITY:
        return octets
    if encoding == "base64":
        return _base64(octets)
    if encoding == "quoted-printable":
        return a2b_qp(octets if b" \r\n" not in octets and b"\t\r\n" not in octets else _TRAILING.sub(b"", octets))
    return None


def _base64(octets: bytes) -> bytes:
    clean = octets.translate(None, b"\r\n \t")
    padded = b"=" in clean[:-2] or (clean[-2:-1] == b"=" and clean[-1:] != b"=")  # before the end, too
    if len(clean) % 4 == 0 and _NO_BASE64.search(clean) is None and not padded:
        return a2b_base64(clean)
    return b"".join(_run(match[1]) for match in _RUN.finditer(_NO_BASE64.sub(b"", clean)))


def _run(digits: bytes) -> bytes:
    left = len(digits) % 4
    return a2b_base64(digits[:-1] if left == 1 else digits + b"=" * (-left % 4))
