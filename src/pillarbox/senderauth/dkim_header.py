"""Which octets of a header does a signature cover? The header canonicalisations of RFC 6376 §3.4.1 and §3.4.2.

Fields are found once for all signatures of a message and canonicalised only when one names them.
"""

import re
from collections.abc import Iterable

# RFC 5322 §2.2.3: a line that begins with white space belongs to the field before it.
_BETWEEN_FIELDS = re.compile(rb"\r\n(?![ \t])")


class Fields:
    """The fields of one header block, as they came. ``sound``: each line ends in CRLF and no CR or LF stands alone."""

    __slots__ = ("_named", "_relaxed", "lines", "sound")

    def __init__(self, header: bytes) -> None:
        """``header``: the octets up to the body; the empty line may be among them."""
        ends = header.count(b"\r\n")
        self.sound = header.count(b"\n") == ends == header.count(b"\r")
        self.lines = _BETWEEN_FIELDS.split(header)
        self._relaxed: dict[int, bytes] = {}
        self._named: dict[bytes, list[int]] = {}
        for place, line in enumerate(self.lines):
            name, colon, _ = line.partition(b":")
            if colon:
                self._named.setdefault(name.rstrip(b" \t").lower(), []).append(place)

    def places(self, name: bytes) -> list[int]:
        """Where in ``lines`` the fields called ``name`` (lower case) stand, from the top."""
        return self._named.get(name, [])

    def count(self, name: bytes) -> int:
        """How many fields are called ``name`` (lower case)."""
        return len(self._named.get(name, ()))

    def chosen(self, names: Iterable[bytes], *, relaxed: bool) -> bytes:
        """The canonical octets of the fields that h= names (lower case), in its order.

        A name that stands there again means the next such field above; one that no field has means nothing
        (RFC 6376 §5.4.2).
        """
        left: dict[bytes, int] = {}
        octets = []
        for name in names:
            places = self._named.get(name)
            if places is None:
                continue
            above = left.get(name, len(places)) - 1
            if above >= 0:
                left[name] = above
                octets.append(self._canonical(places[above], relaxed))
        return b"".join(octets)

    def _canonical(self, place: int, relaxed: bool) -> bytes:
        if not relaxed:
            return self.lines[place] + b"\r\n"
        octets = self._relaxed.get(place)
        if octets is None:
            octets = self._relaxed[place] = relaxed_field(self.lines[place]) + b"\r\n"
        return octets


def relaxed_field(line: bytes) -> bytes:
    """One field by RFC 6376 §3.4.2, without its line end: name in lower case, unfolded, white space reduced."""
    name, _, value = line.partition(b":")
    if b"\r\n" in value:
        value = value.replace(b"\r\n", b"")
    value = single_spaced(value).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def single_spaced(octets: bytes) -> bytes:
    """Each run of spaces and tabs as one space. Every round at least halves what is too much: the cost is linear."""
    octets = octets.replace(b"\t", b" ")
    if b"  " not in octets:
        return octets
    before = -1
    while len(octets) != before:
        before, octets = len(octets), octets.replace(b"  ", b" ")
    return octets
