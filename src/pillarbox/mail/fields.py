"""What do the fields of a header say? All of them read at once, for listing and searching. RFC 5322 §2.2.

``headers`` finds fields and their places one by one; here a header becomes a dictionary in one go, which costs a third.
"""

import re

# ftext (§3.6.8), the white space that §4.5 (obsolete syntax) allows before the colon, and the rest of the line.
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+)", re.MULTILINE)

HEADER_MAX = 256 * 1024
"""Octets of a header that are read; fields behind them are kept with the message but say nothing."""


def read(header: bytes) -> dict[bytes, list[bytes]]:
    """Values by name in lower case: unfolded (RFC 5322 §2.2.3) and stripped, from the top. Other lines are left out."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in pairs(header):
        found.setdefault(name.lower(), []).append(value)
    return found


def pairs(header: bytes) -> list[tuple[bytes, bytes]]:
    """(name as written, unfolded and stripped value) of each field from the top."""
    return [(name, value.strip()) for name, value in _FIELD.findall(unfold(header[:HEADER_MAX]))]


def unfold(header: bytes) -> bytes:
    """Without the line ends that white space follows (§2.2.3), which stays."""
    if b"\n " in header:
        header = header.replace(b"\r\n ", b" ").replace(b"\n ", b" ")
    if b"\n\t" in header:
        header = header.replace(b"\r\n\t", b"\t").replace(b"\n\t", b"\t")
    return header
