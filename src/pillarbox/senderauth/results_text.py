"""How are results of authentication written and read? Authentication-Results, RFC 8601 §2.2 and RFC 8616 §6.

What is written is ASCII, so that it fits every message, and holds no character that could end a value before its time.
What is read may be anybody's.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

FIELD_MAX = 65_536
"""Octets of a field that are read."""
RESULTS_MAX = 100
"""Results of one field that are read."""
PROPERTIES_MAX = 50
"""Properties of one result that are read."""
REASON_MAX = 300
"""Characters of a reason that are written."""
VALUE_MAX = 320
"""Characters of any other value that are written."""
LINE_MAX = 78

# A keyword (RFC 5321 §4.1.2) may stand in the place of a method, result, ptype or property.
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z", re.ASCII)
# value := token / quoted-string (RFC 2045 §5.1); pvalue may also be [[local-part] "@"] domain-name.
_PLAIN = re.compile(r"(?:[A-Za-z0-9!#$%&'*+.^_`{|}~-]*@)?[A-Za-z0-9!#$%&'*+.^_`{|}~-]+\Z", re.ASCII)
_UNPRINTABLE = re.compile(r"[^ -~]")
_SPACES = re.compile(r"\s+")
# A reason that can be quoted as it stands: printable, without quotes, backslashes, and two spaces in a row.
_SIMPLE = re.compile(r"(?:[!#-\[\]-~]| (?! ))*+\Z")

# What is not closed goes on to the end, so that nothing is read again from each of its characters.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.?)*+)(?:"|\Z)|(\()|(;)|([^"(;]+)', re.DOTALL)
_COMMENT_PIECE = re.compile(r"[^()\\]+|\\.?|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# ptype [CFWS] "." [CFWS] property [CFWS] "=", and method [CFWS] "/" [CFWS] version
_AROUND = re.compile(r" ?([./]) ?(?=[A-Za-z0-9_-]++ ?=)")
_PAIR = re.compile(r"(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]++)(?:/[0-9]++)? ?= ?(\S*)")
_QUOTED = re.compile("\0([0-9]+)\0")


class ResultsError(ValueError):
    """The field cannot be read; the text says why."""


class Property(NamedTuple):
    """``ptype.name=value``, such as header.d=example.org."""

    ptype: str
    name: str
    value: str


class Result(NamedTuple):
    """What one method found (§2.2, resinfo)."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[Property, ...] = ()

    def value(self, ptype: str, name: str) -> str:
        """The value of a property, "" without."""
        return next((one.value for one in self.properties if (one.ptype, one.name) == (ptype, name)), "")


class Results(NamedTuple):
    """One field: whose results these are, and which."""

    authserv_id: str
    results: tuple[Result, ...]


def write(authserv_id: str, results: Sequence[Result]) -> bytes:
    """The field, folded, with its line end."""
    lines = [f"Authentication-Results: {_word(authserv_id, VALUE_MAX)}"]
    for result in results:
        lines[-1] += ";"
        # No signature is like another, so that what is said of one is not said again.
        lines += _folded(result) if result.method == "dkim" else _folded_again(result)
    if not results:
        lines[0] += "; none"  # no-result of §2.2
    return ("\r\n\t".join(lines) + "\r\n").encode("ascii")


def _folded(result: Result) -> Sequence[str]:
    words = [f"{_keyword(result.method)}={_keyword(result.result)}"]
    if result.reason:
        words.append(f"reason={_quoted(result.reason, REASON_MAX)}")
    words += [
        f"{_keyword(one.ptype)}.{_keyword(one.name)}={_word(one.value, VALUE_MAX)}"
        for one in result.properties
        if one.value
    ]
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= LINE_MAX - 8:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


_folded_again = lru_cache(maxsize=512)(_folded)


@lru_cache(maxsize=256)
def _keyword(text: str) -> str:
    if not _KEYWORD.match(text):
        raise ValueError(f"{text!r} is no keyword of Authentication-Results")
    return text


def _word(text: str, most: int) -> str:
    return text if len(text) <= most and _PLAIN.match(text) else _quoted(text, most)


def _quoted(text: str, most: int) -> str:
    if len(text) <= most and _SIMPLE.match(text):
        return f'"{text}"'
    plain = _UNPRINTABLE.sub("?", _SPACES.sub(" ", text))[:most]
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read(raw: bytes) -> Results:
    """The value of a field, as it stands behind the colon; ResultsError where it names nobody or is too long."""
    if len(raw) > FIELD_MAX:
        raise ResultsError(f"it is longer than {FIELD_MAX} octets")
    (first, *rest), quotes = _segments(raw.decode("utf-8", "replace").replace("\0", "?"))
    words = first.split()
    if not words or "=" in words[0]:
        raise ResultsError("it does not say whose results these are")
    if len(rest) > RESULTS_MAX:
        raise ResultsError(f"it holds more than {RESULTS_MAX} results")
    found = [_result(text, quotes) for text in rest]
    return Results(_unquoted(words[0], quotes), tuple(one for one in found if one is not None))


def _segments(text: str) -> tuple[list[str], list[str]]:
    """What stands between semicolons, comments gone, and the quoted strings, each of which is its number between NULs
    where it stood."""
    quotes: list[str] = []
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # every character begins one of them
        quoted, opening, semicolon, plain = match.groups()
        at = match.end()
        if opening:
            at = _behind_comment(text, at)
            pieces[-1].append(" ")
        elif semicolon:
            pieces.append([])
        elif quoted is not None:
            pieces[-1].append(f"\0{len(quotes)}\0")
            quotes.append(_QUOTED_PAIR.sub(r"\1", quoted))
        else:
            pieces[-1].append(plain)
    return ["".join(piece) for piece in pieces], quotes


def _behind_comment(text: str, at: int) -> int:
    """Comments may stand in comments (RFC 5322 §3.2.2); one that is not closed goes on to the end."""
    depth = 1
    while depth and at < len(text):
        match = _COMMENT_PIECE.match(text, at)
        assert match is not None
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        at = match.end()
    return at


def _result(text: str, quotes: Sequence[str]) -> Result | None:
    """None for what is no result, such as the ``none`` of a field without any."""
    method = result = reason = ""
    properties: list[Property] = []
    for name, value in _PAIR.findall(_AROUND.sub(r"\1", " ".join(text.split()))):
        key, plain = name.lower(), _unquoted(value, quotes)
        ptype, dot, own = key.partition(".")
        if not method:
            method, result = key, plain.lower()
        elif key == "reason":
            reason = reason or plain
        elif dot and len(properties) < PROPERTIES_MAX:
            properties.append(Property(ptype, own, plain))
    return Result(method, result, reason, tuple(properties)) if method and "." not in method else None


def _unquoted(text: str, quotes: Sequence[str]) -> str:
    return _QUOTED.sub(lambda match: quotes[int(match[1])], text)
