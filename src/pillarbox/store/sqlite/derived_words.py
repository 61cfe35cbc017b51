"""How are words found? The index says which texts may hold them, the texts kept beside it say whether they do.

The index knows groups of three characters: a text of three or more is looked for by all of its groups, and of a shorter
one it knows nothing.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from apsw import Connection

from pillarbox.mail.folding import fold
from pillarbox.store.digests import Worded

from .derived_sql import DERIVED
from .statements import Value

GROUP = 3
# Groups that are looked up of a long text; each costs a walk through its list.
GROUPS_AT_MOST = 24
# The cheapest level: these texts are read often, and the index beside them is larger than they are.
COMPRESSION = 1
_Holds: TypeAlias = Callable[[bytes, Sequence[bytes]], bool]


class Question(NamedTuple):
    """Which ``columns`` of words may hold it, what the index is asked, and whether they really do, with the prefix."""

    columns: tuple[str, ...]
    conditions: tuple[str, ...]
    values: dict[str, Value]
    holds: _Holds


def pack(text: str) -> bytes:
    """A text as it is kept."""
    return zlib.compress(text.encode("utf-8", "replace"), COMPRESSION)


def indexed(text: str) -> str:
    """A text as it goes into the index, which ends at a NUL and takes no lone surrogates."""
    if text.isascii():
        return text.replace("\0", " ")
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def body_question(text: str) -> Question:
    """Whose text contains ``text``?"""
    wanted = text.encode("utf-8", "replace")
    values: dict[str, Value] = {"text_words": groups(text)}
    return Question(("text",), _likely(text, "text"), values, lambda _prefix, kept: wanted in kept[0])


def text_question(text: str) -> Question:
    """Whose header, text or prefix contains ``text``?"""
    wanted = text.encode("utf-8", "replace")
    asked = groups(text)
    values: dict[str, Value] = {"text": text, "text_words": asked, "fields_words": asked}
    return Question(
        ("text", "fields"),
        (*_likely(text, "text", "fields"), "likely_in_prefix") if len(text) >= GROUP else (),
        values,
        lambda prefix, kept: wanted in kept[0] or wanted in kept[1] or wanted in folded_prefix(prefix),
    )


def field_question(name: str, text: str) -> Question:
    """In whose header is a field ``name`` that contains ``text``? The message's own header, not those of its parts."""
    line = f"{name}:"
    wanted = re.escape(text.encode("utf-8", "replace"))
    pattern = re.compile(rb"^%s[^\n]*%s" % (re.escape(line.encode("utf-8", "replace")), wanted), re.MULTILINE)
    asked = " AND ".join(filter(None, (groups(line), groups(text))))
    values: dict[str, Value] = {"text": line, "fields_words": asked}
    return Question(
        ("fields",),
        ("likely_in_fields", "likely_in_prefix") if asked else (),
        values,
        lambda prefix, kept: (
            pattern.search(kept[0].partition(b"\n\n")[0]) is not None
            or pattern.search(folded_prefix(prefix)) is not None
        ),
    )


def _likely(text: str, *columns: str) -> tuple[str, ...]:
    return tuple(f"likely_in_{column}" for column in columns) if len(text) >= GROUP else ()


def groups(text: str) -> str:
    """What the index is asked for ``text``: its groups of three characters, or "" when it is shorter."""
    found = {text[at : at + GROUP]: None for at in range(len(text) - GROUP + 1)}
    step = max(1, -(-len(found) // GROUPS_AT_MOST))
    return " AND ".join('"{}"'.format(group.replace('"', '""')) for group in islice(found, 0, None, step))


def folded_prefix(prefix: bytes) -> bytes:
    """The recipient's lines as ``fields`` has those of the message."""
    lines = prefix.decode("utf-8", "replace").splitlines()
    return "\n".join(map(fold, lines)).encode("utf-8", "replace")


def answer(
    connection: Connection, question: Question, entries: str, meant: dict[str, Value], *, ask_index: bool
) -> Worded:
    """Look among ``entries`` (a statement that gives them, with its values ``meant``)."""
    conditions = question.conditions if ask_index else ()
    sql = DERIVED["texts"].format(
        entries=entries,
        columns=", ".join(f"words.{column}" for column in question.columns),
        condition=" OR ".join(["cut", *(DERIVED[name] for name in conditions)]) if conditions else "true",
    )
    return _sift(connection.execute(sql, {**meant, **question.values}), question.holds)


def _sift(found: Iterable[Sequence[Value]], holds: _Holds) -> Worded:
    sure: list[int] = []
    doubtful: list[int] = []
    unpack = zlib.decompress
    for uid, cut, prefix, *kept in found:
        if holds(prefix, [unpack(text) for text in kept]):  # type: ignore[arg-type]
            sure.append(uid)  # type: ignore[arg-type]
        elif cut:
            doubtful.append(uid)  # type: ignore[arg-type]
    return Worded(sure, doubtful)
