"""Which Authentication-Results claim to be ours, and are not? RFC 8601 §5: they go before ours is added.

However the name is spelt: other programs read fields more leniently than the grammar, and may then trust one.
"""

import re

from pillarbox.mail import encoded_words

from .organisation import canonical
from .results_text import FIELD_MAX, ResultsError, read

# As mail.headers finds fields: names in any case, white space before the colon, lines until one that is not folded.
_FIELD = re.compile(
    rb"^authentication-results[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*(?:\n|\Z))", re.IGNORECASE | re.MULTILINE
)
_NAME_END = re.compile(r"[\s;,/=]")


def forged(header: bytes, authserv_id: str) -> list[tuple[int, int]]:
    """(start, end) of each field in ``header`` that claims to be by ``authserv_id``, its line end included; from the
    top."""
    ours = _name(authserv_id)
    return [match.span() for match in _FIELD.finditer(header) if _claims(match[1], ours)]


def _claims(raw: bytes, ours: str) -> bool:
    try:
        return _name(read(raw).authserv_id) == ours
    except ResultsError:
        # Nobody can say whose it is: it goes if somebody could read our name in it.
        return len(raw) > FIELD_MAX or ours in _plain(raw)


def _name(text: str) -> str:
    decoded = encoded_words.decode(text.encode("utf-8", "surrogateescape"))
    word = _NAME_END.split(decoded.strip(), maxsplit=1)[0]
    return canonical(word) or word.lower()


def _plain(raw: bytes) -> str:
    return encoded_words.decode(raw).replace("\\", "").lower()
