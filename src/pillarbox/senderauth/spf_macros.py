"""What does a macro string mean? Text with holes, that are filled with what is known of a message. RFC 7208 §7."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

# RFC 1035 §2.3.4: octets of a name as text, without its last dot, and of a label.
NAME_MAX = 253
LABEL_MAX = 63

# RFC 7208 §7.1: macro-literal, and macro-expand in its two shapes.
_TOKEN = re.compile(r"(?P<literal>[!-$&-~]+)|%\{(?P<macro>[A-Za-z]\d*[Rr]?[-.+,/_=]*)\}|%(?P<escape>[%_-])")
_MACRO = re.compile(r"([A-Za-z])(\d*)([Rr]?)(.*)\Z")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_LETTERS = frozenset("slodiphv")
_LETTERS_OF_EXPLANATIONS = _LETTERS | frozenset("crt")
# toplabel of RFC 7208 §7.1, but for that it must not be digits alone.
_TOP_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
# A backslash has a meaning of its own in written names (RFC 1035 §5.1): nobody is asked for such a name.
_LABEL = re.compile(rf"[ -\[\]-~]{{1,{LABEL_MAX}}}\Z")


class MacroError(ValueError):
    """The text is no macro string, or no domain-spec; ``str(error)`` says why in words a person can use."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One hole. ``keep``: how many of the last parts, 0 for all; ``cuts`` divides into parts, None where nothing is to
    be divided; ``escape``: what stands there must survive in a URL."""

    letter: str
    keep: int
    reverse: bool
    cuts: re.Pattern[str] | None
    escape: bool

    def fill(self, value: str) -> str:
        """``value`` as this macro wants it (RFC 7208 §7.3)."""
        if self.cuts is not None:
            parts = self.cuts.split(value)
            if self.reverse:
                parts.reverse()
            value = ".".join(parts[-self.keep :])
        return quote(value, safe="") if self.escape else value


Piece: TypeAlias = str | Macro


@dataclass(frozen=True, slots=True)
class MacroString:
    """A text with its holes. ``letters``: the macros in it, in lower case."""

    text: str
    pieces: tuple[Piece, ...]
    letters: frozenset[str]

    def expand(self, values: Mapping[str, str]) -> str:
        """The text with ``values`` (by lower-case letter) in its holes."""
        if not self.letters:
            return "".join(piece for piece in self.pieces if isinstance(piece, str))
        return "".join(piece if isinstance(piece, str) else piece.fill(values[piece.letter]) for piece in self.pieces)

    def name(self, values: Mapping[str, str]) -> str:
        """The expansion as a name for DNS: too long, it loses labels on the left (RFC 7208 §7.3). It may still be a
        name that nobody can be asked for, see ``is_name``."""
        name = self.expand(values).removesuffix(".")
        if len(name) > NAME_MAX:
            dot = name.find(".", len(name) - NAME_MAX - 1)
            name = name[dot + 1 :] if dot >= 0 else name
        return name

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> MacroString:
    """A macro-string, as it stands in a record (RFC 7208 §7.1)."""
    return MacroString(text, *_pieces(text, _LETTERS))


def parse_explanation(text: str) -> MacroString:
    """An explain-string: spaces may stand in it, and macros that tell of this server and of the time."""
    pieces: list[Piece] = []
    letters: frozenset[str] = frozenset()
    for number, word in enumerate(text.split(" ")):
        found, more = _pieces(word, _LETTERS_OF_EXPLANATIONS)
        pieces += (" ", *found) if number else found
        letters |= more
    return MacroString(text, tuple(pieces), letters)


def parse_domain(text: str) -> MacroString:
    """A domain-spec: a macro-string that ends in a macro or in a top label after a dot (RFC 7208 §7.1)."""
    if not text:
        raise MacroError("no domain stands there")
    spec = parse(text)
    literal = _last_literal(text)
    if literal:
        _, dot, label = literal.removesuffix(".").rpartition(".")
        if not dot or not _TOP_LABEL.match(label) or label.isdigit():
            raise MacroError(f"“{text[-60:]}” does not end like a domain name")
    return spec


def is_name(name: str) -> bool:
    """DNS can be asked for ``name``: printable ASCII, labels of 1 to 63 octets, 253 in all."""
    return len(name) <= NAME_MAX and name != "@" and all(map(_LABEL.match, name.split(".")))


def _last_literal(text: str) -> str:
    """What follows the last macro."""
    last = ""
    for token in _TOKEN.finditer(text):
        last = token["literal"] or ""
    return last


def _pieces(text: str, known: frozenset[str]) -> tuple[tuple[Piece, ...], frozenset[str]]:
    pieces: list[Piece] = []
    letters: set[str] = set()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise MacroError(f"“{text[at : at + 20]}” holds a % or a character that may not stand there")
        if token["macro"]:
            macro = _macro(token["macro"], known)
            letters.add(macro.letter)
            pieces.append(macro)
        else:
            pieces.append(token["literal"] or _ESCAPES[token["escape"]])
        at = token.end()
    return tuple(pieces), frozenset(letters)


def _macro(text: str, known: frozenset[str]) -> Macro:
    found = _MACRO.match(text)
    assert found is not None
    letter, digits, reverse, delimiters = found.groups()
    if letter.lower() not in known:
        where = " outside of explanations" if letter.lower() in _LETTERS_OF_EXPLANATIONS else ""
        raise MacroError(f"%{{{letter}}} is no macro{where}")
    keep = digits.lstrip("0")
    if digits and not keep:
        raise MacroError(f"%{{{text[:60]}}} keeps no part")  # RFC 7208 §7.3: "the value MUST be nonzero"
    plain = not (digits or reverse or delimiters)
    cuts = None if plain else re.compile(f"[{re.escape(delimiters or '.')}]")
    # More parts than any name or address has are all of them.
    return Macro(letter.lower(), int(keep[:4] or 0), bool(reverse), cuts, letter.isupper())
