"""What does a header field say to people? Encoded words decoded. RFC 2047, RFC 2231 §5, and the UTF-8 of RFC 6532."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp

from . import charsets

# encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" (RFC 2047 §2), spaces allowed in the text as they come.
_WORD = re.compile(rb"=\?([^?\s=]{1,80})\?([bBqQ])\?([^?]*+)\?=")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode(value: bytes) -> str:
    """The text of an unfolded value. What is no encoded word is taken as UTF-8, or guessed at."""
    if b"=?" not in value:
        return value.decode("ascii") if value.isascii() else charsets.decode(value, None)
    out: list[str] = []
    at, run, label = 0, b"", b""
    for match in _WORD.finditer(value):
        between = value[at : match.start()]
        # White space between two encoded words is not shown (RFC 2047 §6.2).
        adjacent = bool(label) and not between.strip()
        # One character may wrongly begin in one word and end in the next: octets of one charset are decoded together.
        if run and not (adjacent and match[1].lower() == label):
            out.append(charsets.decode(run, label.decode("latin-1")))
            run = b""
        if not adjacent:
            out.append(charsets.decode(between, None))
        label = match[1].lower()
        run += _octets(match[2], match[3])
        at = match.end()
    if run:
        out.append(charsets.decode(run, label.decode("latin-1")))
    out.append(charsets.decode(value[at:], None))
    return "".join(out)


def _octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return a2b_qp(text, header=True)
    clean = _NO_BASE64.sub(b"", text)
    try:
        return a2b_base64(clean + b"=" * (-len(clean) % 4))
    except Base64Error:  # one character is left over: nothing that it could be
        return a2b_base64(clean[: len(clean) // 4 * 4])
