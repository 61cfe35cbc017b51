"""When do two texts count as the same for a search? RFC 9051 §6.4.4, i;unicode-casemap (RFC 5051) and a bit beyond.

Both sides are folded: case and compatibility forms are gone ("ﬁ" is "fi", full-width is plain), white space runs are
one space. Accents count: "resume" does not find "résumé".
"""

import re
from unicodedata import is_normalized, normalize

# Marks that nobody sees: soft hyphens, joiners, directions, fillers in the previews of advertisements.
_MARKS = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_UNSEEN = re.compile(f"[{_MARKS}]+")
# Putting marks into order costs their number squared (Unicode §3.11), so it is done in slices, cut between words.
_SLICE = re.compile(r".{1,512}(?:(?<=\s)|\Z)|.{1,512}", re.DOTALL)


def fold(text: str) -> str:
    """``text`` as it is compared. One space stands at an end where white space stood."""
    return _one_space(text.lower() if text.isascii() else _folded(text))


def _folded(text: str) -> str:
    if any(mark in text for mark in _MARKS):  # which is found out much faster than it is done
        text = _UNSEEN.sub("", text)
    # Case is folded between two normalizations: each can make work for the other (Unicode §3.13, D147).
    return _normal(_normal(text).casefold())


def _normal(text: str) -> str:
    if len(text) <= 512:
        return normalize("NFKC", text)
    return "".join(
        piece if piece.isascii() or is_normalized("NFKC", piece) else normalize("NFKC", piece)
        for piece in _SLICE.findall(text)
    )


def _one_space(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    before = " " if text[0].isspace() else ""
    return f"{before}{words} " if text[-1].isspace() else before + words
