"""What stands behind a Content-Type or Content-Disposition? A value and its parameters. RFC 2045 §5.1, RFC 2183, 2231.

Values are str that hold undecodable octets as surrogates, so that they go back over the wire as they came.
"""

import re
from urllib.parse import unquote_to_bytes

from . import charsets, encoded_words

PARAMETERS_MAX = 200
"""Parameters of one field that are read."""

Parameters = tuple[tuple[str, str], ...]

_MEDIA = re.compile(rb"\s*([^\s;/\"(),<>@:\\\[\]?=]+)\s*/\s*([^\s;/\"(),<>@:\\\[\]?=]+)")
_WORD = re.compile(rb"\s*([^\s;/\"(),<>@:\\\[\]?=]+)")
# parameter := attribute "=" value (RFC 2045 §5.1). A value that should be quoted and is not ends at the semicolon.
_PARAMETER = re.compile(rb";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"?|([^;]*+))", re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"\((?:[^()\\]|\\.?)*+(?:\)|\Z)", re.DOTALL)
# RFC 2231 §3 and §4: name*, name*0, name*0*.
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?\Z")
_PLAIN = re.compile(r"[^!#$&+\-.^_`{|}~0-9A-Za-z]")


def media_type(value: bytes) -> tuple[str, str, Parameters] | None:
    """("text", "plain", parameters), names in lower case; None when it is no media type."""
    match = _MEDIA.match(value) or _MEDIA.match(_COMMENT.sub(b"", value))
    if match is None:
        return None
    return _text(match[1]).lower(), _text(match[2]).lower(), parameters(value, match.end())


def disposition(value: bytes) -> tuple[str, Parameters] | None:
    """("attachment", parameters), or None when there is no word (RFC 2183 §2)."""
    match = _WORD.match(value) or _WORD.match(_COMMENT.sub(b"", value))
    return None if match is None else (_text(match[1]).lower(), parameters(value, match.end()))


def first_word(value: bytes) -> str:
    """The word at the beginning in lower case, "" without one."""
    match = _WORD.match(value) or _WORD.match(_COMMENT.sub(b"", value))
    return "" if match is None else _text(match[1]).lower()


def parameters(value: bytes, start: int = 0) -> Parameters:
    """All parameters from ``start``, names in lower case, those of RFC 2231 joined.

    A joined one with a charset keeps its star and its form: ("filename*", "utf-8''%C3%A9.txt"). Of two with one name
    the first counts.
    """
    found: dict[str, str] = {}
    if b"=" not in value:
        return ()
    for match in _PARAMETER.finditer(value, start):
        name, quoted, bare = match.groups()
        plain = _bare(bare) if quoted is None else _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted
        found.setdefault(_text(name).lower(), _text(plain))
        if len(found) >= PARAMETERS_MAX:
            break
    return _joined(found) if any("*" in name for name in found) else tuple(found.items())


def readable(parameters: Parameters, name: str) -> str:
    """What people read in the parameter ``name``: decoded as RFC 2231 or, wrongly but often, RFC 2047; "" without."""
    for key, value in parameters:
        if key == f"{name}*":
            charset, _, rest = value.partition("'")
            _language, quote, text = rest.partition("'")
            octets = unquote_to_bytes((text if quote else value).encode("utf-8", "surrogateescape"))
            return charsets.decode(octets, charset if quote else None)
    for key, value in parameters:
        if key == name:
            return encoded_words.decode(value.encode("utf-8", "surrogateescape"))
    return ""


def plain(parameters: Parameters, name: str) -> str | None:
    """The parameter ``name`` as it stands; None without."""
    return next((value for key, value in parameters if key == name), None)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _bare(value: bytes) -> bytes:
    return (_COMMENT.sub(b"", value) if b"(" in value else value).strip()


def _joined(found: dict[str, str]) -> Parameters:
    """RFC 2231 §3: the pieces of a name in the order of their numbers; a gap ends it."""
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    whole: dict[str, str] = {}
    for key, value in found.items():
        match = _PIECE.match(key)
        if match is None or match[2] is None:
            whole[key] = value
        else:
            pieces.setdefault(match[1], {})[int(match[2])] = (value, match[3] is not None)
    for name, numbered in pieces.items():
        run = [numbered[at] for at in range(len(numbered)) if at in numbered]
        if not run:
            continue
        extended = any(star for _, star in run)
        text = "".join(value if star or not extended else _escaped(value) for value, star in run)
        whole.setdefault(f"{name}*" if extended else name, text)
    return tuple(whole.items())


def _escaped(value: str) -> str:
    """A plain piece among extended ones (§4.1), so that it is read as it is."""
    octets = value.encode("utf-8", "surrogateescape").decode("latin-1")
    return _PLAIN.sub(lambda match: f"%{ord(match[0]):02X}", octets)
