"""Who stands in a From or To field, however badly it is written? RFC 5322 §3.4 and §4.4, as ENVELOPE wants it.

``mailboxes`` refuses what is malformed, because policy must not guess; here everything is shown as far as it goes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

NAMED_MAX = 10_000
"""Addresses of one field that are listed."""

# What is not closed goes on to the end, so that nothing is read again from each of its characters.
_QUOTED = rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)'
# Comments nest; two levels are met, deeper ones end early and leave a stray parenthesis in a name.
_COMMENTED = rb"\((?:[^()\\]|\\.?|\((?:[^()\\]|\\.)*+\))*+(?:\)|\Z)"
_ANGLE = rb'<(?:[^<>"]|"(?:[^"\\]|\\.?)*+(?:"|\Z))*+(?:>|\Z)'
# One address, or the name of a group: up to a comma, semicolon or colon that nothing encloses.
_ELEMENT = re.compile(
    rb"((?:[^\"(<\[,;:]++|" + rb"|".join((_QUOTED, _COMMENTED, _ANGLE, rb"\[[^\[\]]*+\]")) + rb"|[\"(<\[])*+)([,;:]?)",
    re.DOTALL,
)
_SIMPLE = re.compile(rb"([^\s\"(),:;<>@\[\]\\]+)@([^\s\"(),:;<>@\[\]\\]+)\Z")
_ROUTE = re.compile(rb"\s*(@[^:>]*):")
_NAME_PIECE = re.compile(rb"(" + _QUOTED + rb")|(" + _COMMENTED + rb")|\s++|[^\s\"(]++|.", re.DOTALL)
_COMMENT = re.compile(_COMMENTED, re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_AROUND_DOT = re.compile(rb" ?\. ?")
_SPACES = re.compile(rb"\s+")


class Correspondent(NamedTuple):
    """One address, its octets as they stand in the field without quoting. ``host`` is None where a group begins
    (``local`` is its name) and ends (``local`` is None): RFC 9051 §7.5.2. A missing domain is b""."""

    name: bytes | None
    route: bytes | None
    local: bytes | None
    host: bytes | None


_GROUP_END = Correspondent(None, None, None, None)


def parse(value: bytes) -> list[Correspondent]:
    """Who an unfolded field value names, at most NAMED_MAX."""
    simple = _SIMPLE.match(value)
    if simple is not None:
        return [Correspondent(None, None, simple[1], simple[2])]
    found: list[Correspondent] = []
    for one in _each(value):
        found.append(one)
        if len(found) >= NAMED_MAX:
            break
    return found


def _each(value: bytes) -> Iterator[Correspondent]:
    in_group = False
    for match in _ELEMENT.finditer(value):
        text, sign = match[1].strip(), match[2]
        if sign == b":" and not in_group:
            in_group = True
            yield Correspondent(None, None, _phrase(text) or b"", None)
            continue
        one = _correspondent(text) if text else None
        if one is not None:
            yield one
        if sign == b";" and in_group:
            in_group = False
            yield _GROUP_END
    if in_group:
        yield _GROUP_END


def _correspondent(text: bytes) -> Correspondent | None:
    """One address; None for comments alone."""
    simple = _SIMPLE.match(text)
    if simple is not None:
        return Correspondent(None, None, simple[1], simple[2])
    before, opened, inside = _at_angle(text)
    if opened:
        return _address(inside, _phrase(before))
    if b"(" not in text:
        return _address(text, None)
    bare = _COMMENT.sub(b" ", text).strip()
    # The old way to give a name: ann@example.org (Ann Example).
    return _address(bare, _last_comment(text)) if bare else None


def _at_angle(text: bytes) -> tuple[bytes, bool, bytes]:
    """What stands before "<", whether there is one, what it encloses; one inside of quotes or comments is none."""
    opened = text.find(b"<")
    if opened >= 0 and (b'"' in text[:opened] or b"(" in text[:opened]):
        opened = next((match.start() for match in _NAME_PIECE.finditer(text) if match[0].startswith(b"<")), -1)
        opened = opened if opened >= 0 else _inner_angle(text)
        if opened < 0 and text.endswith(b">"):  # behind a quote that is not closed
            opened = text.rfind(b"<")
    if opened < 0:
        return b"", False, b""
    closed = text.rfind(b">")
    return text[:opened], True, text[opened + 1 : closed if closed > opened else len(text)]


def _inner_angle(text: bytes) -> int:
    """Where "<" stands behind other characters of a word, as in ``"Ann" x<ann@example.org>``."""
    for match in _NAME_PIECE.finditer(text):
        if match[1] is None and match[2] is None and b"<" in match[0]:
            return match.start() + match[0].index(b"<")
    return -1


def _address(text: bytes, name: bytes | None) -> Correspondent:
    route = _ROUTE.match(text)
    if route is not None:
        text = text[route.end() :]
    if b"(" in text:
        text = _COMMENT.sub(b"", text)
    local, at, host = text.strip().rpartition(b"@")
    if not at:
        local, host = host, b""
    local = local.strip()
    if local.startswith(b'"') and local.endswith(b'"') and len(local) > 1:
        local = _QUOTED_PAIR.sub(rb"\1", local[1:-1])
    elif at and _SPACES.search(local):
        local = _AROUND_DOT.sub(b".", _SPACES.sub(b" ", local))
        # A name in front without angle brackets: Ann Example ann@example.org.
        words, _, local = local.rpartition(b" ")
        name = name or words.strip() or None
    return Correspondent(name, _SPACES.sub(b"", route[1]) if route else None, local, _SPACES.sub(b"", host))


def _phrase(text: bytes) -> bytes | None:
    """A display name without quoting and comments, one space between its words; None for nothing."""
    text = text.strip()
    if not text:
        return None
    if b'"' not in text and b"(" not in text:
        return _SPACES.sub(b" ", text)
    pieces = []
    for match in _NAME_PIECE.finditer(text):
        if match[1] is not None:
            pieces.append(_QUOTED_PAIR.sub(rb"\1", match[1][1:].removesuffix(b'"')))
        elif match[2] is not None:
            pieces.append(b" ")
        else:
            pieces.append(b" " if match[0].isspace() else match[0])
    return b"".join(pieces).strip() or None


def _last_comment(text: bytes) -> bytes | None:
    *_, last = _COMMENT.findall(text) or [b""]
    return _QUOTED_PAIR.sub(rb"\1", last[1:].removesuffix(b")")).strip() or None
