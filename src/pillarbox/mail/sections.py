"""Where is section 2.1.HEADER of this message? Part numbers and offsets, kept as one small text. RFC 9051 §6.4.5.1.

A message without parts has a part 1, its body; a message/rfc822 part's own parts are numbered below its number.
"""

from dataclasses import dataclass
from typing import NamedTuple

from .structure import Part

_FORMAT = b"1"
_LEAF, _MULTIPART, _MESSAGE = "l", "m", "e"


class Place(NamedTuple):
    """A part's (start, end) pairs. ``inner`` is the message itself when the part is a message/rfc822 or the whole
    message (the path ()), and says where its header and text are. ``charset`` is "" without a label."""

    header: tuple[int, int]
    body: tuple[int, int]
    encoding: str
    charset: str
    is_message: bool
    is_multipart: bool
    inner: "Place | None" = None


@dataclass(slots=True)
class _Node:
    header: tuple[int, int]
    body: tuple[int, int]
    form: str
    encoding: str
    charset: str
    children: "list[_Node]"

    def place(self, inner: Place | None = None) -> Place:
        return Place(
            self.header, self.body, self.encoding, self.charset, self.form == _MESSAGE, self.form == _MULTIPART, inner
        )


class Sections:
    """The parts of one message by their numbers."""

    __slots__ = ("_root",)

    def __init__(self, root: _Node) -> None:
        self._root = root

    @classmethod
    def of(cls, part: Part) -> "Sections":
        """The sections of a scanned message."""
        return cls(_node(part))

    @classmethod
    def decode(cls, blob: bytes) -> "Sections":
        """What ``encode`` gave. ValueError for anything else."""
        form, _, text = blob.partition(b"\n")
        if form != _FORMAT:
            raise ValueError("these are no sections of this form")
        rows = iter(text.decode("utf-8").split("\n"))
        root, awaited = _read(next(rows))
        open_nodes = [(root, awaited)]
        for row in rows:
            while not open_nodes[-1][1]:
                open_nodes.pop()
            parent, left = open_nodes[-1]
            node, awaited = _read(row)
            parent.children.append(node)
            open_nodes[-1] = (parent, left - 1)
            open_nodes.append((node, awaited))
        return cls(root)

    def encode(self) -> bytes:
        """A few dozen octets a part: a row each, parents before their children."""
        rows: list[str] = []
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            numbers = (*node.header, *node.body, len(node.children))
            rows.append(f"{node.form} {' '.join(map(str, numbers))} {node.encoding} {node.charset}")
            waiting.extend(reversed(node.children))
        return _FORMAT + b"\n" + "\n".join(rows).encode("utf-8", "replace")

    def find(self, path: tuple[int, ...]) -> Place | None:
        """The part with this number, the whole message for (); None when there is none."""
        node = self._root
        if not path:
            return node.place(node.place())
        holds_part_one = True  # a message: a text in it has the number 1
        for number in path:
            if node.form == _MESSAGE and not holds_part_one:
                node, holds_part_one = node.children[0], True
            if node.form == _MULTIPART:
                if not 0 < number <= len(node.children):
                    return None
                node = node.children[number - 1]
            elif not (holds_part_one and number == 1):
                return None
            holds_part_one = False
        return node.place(node.children[0].place() if node.form == _MESSAGE else None)

    def range(self, path: tuple[int, ...], what: str = "") -> tuple[int, int] | None:
        """(start, end) of a section. ``what`` is "", HEADER (also for its fields), TEXT or MIME; None: no such one."""
        place = self.find(path)
        if place is None:
            return None
        match what:
            case "":
                return place.body if path else (place.header[0], place.body[1])
            case "MIME":
                return place.header if path else None
            case "TEXT":
                return place.inner.body if place.inner else None
            case _:
                return place.inner.header if place.inner else None


def _node(part: Part) -> _Node:
    children = (part.message,) if part.message is not None else part.children
    form = _MESSAGE if part.message is not None else _MULTIPART if children else _LEAF
    return _Node(part.header, part.body, form, _word(part.encoding), _word(part.charset or ""), [*map(_node, children)])


def _word(text: str) -> str:
    """One word on one row, of a label that a stranger wrote."""
    return "".join(text.split())[:80]


def _read(row: str) -> tuple[_Node, int]:
    form, a, b, c, d, children, encoding, charset = row.split(" ")
    return _Node((int(a), int(b)), (int(c), int(d)), form, encoding, charset, []), int(children)
