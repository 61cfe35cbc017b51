"""How is it read what is looked for? The search keys of RFC 9051 §6.4.4 and 3501, of RFC 5032, 7162, 8474 and 8514."""

import re
from collections.abc import Callable

from pillarbox.mail import query
from pillarbox.mail.query import And, Criterion, Everything, Marked, Not, NumberSet, Or, When

from . import dates
from .grammar import Cursor
from .refusals import UID_REQUIRED, RefusedError, mistake, refusal

CHARSETS = {
    "US-ASCII": "utf-8", "UTF-8": "utf-8", "ISO-8859-1": "iso-8859-1", "ISO-8859-2": "iso-8859-2",
    "ISO-8859-15": "iso-8859-15", "WINDOWS-1252": "windows-1252", "KOI8-R": "koi8-r", "ISO-2022-JP": "iso-2022-jp",
    "SHIFT_JIS": "shift_jis", "EUC-JP": "euc-jp", "EUC-KR": "euc-kr", "GB18030": "gb18030", "BIG5": "big5",
}  # fmt: skip
"""In which a text may be given. RFC 9051 §6.4.4 wants US-ASCII and UTF-8."""

# objectid = 1*255(ALPHA / DIGIT / "_" / "-")  (RFC 8474 §7)
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}\Z")
_NUMBER_HERE = re.compile(rb"[0-9*$]")
_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_RECENT = Marked("\\Recent")
_FIELDS = ("BCC", "CC", "FROM", "SUBJECT", "TO")
_MODSEQ_KINDS = {"PRIV", "SHARED", "ALL"}


class Keys:
    """The search keys of one command; ``depth`` and ``most`` bound them."""

    __slots__ = ("_charset", "_depth", "_left", "cursor")

    def __init__(self, cursor: Cursor, charset: str, depth: int, most: int) -> None:
        self.cursor = cursor
        self._charset = charset
        self._depth = depth
        self._left = most

    def all(self) -> Criterion:
        """search-key *(SP search-key): all of them hold. To the end of the command."""
        parts = [self.key()]
        while self.cursor.took(b" ") and not self.cursor.ended:
            parts.append(self.key())
        self.cursor.end()
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def key(self) -> Criterion:
        """search-key."""
        self._count()
        cursor = self.cursor
        if cursor.took(b"("):
            return self._group()
        if _NUMBER_HERE.match(cursor.data, cursor.at):
            return self._numbers()
        at = cursor.at
        name = cursor.word("a search key")
        plain = _PLAIN.get(name)
        if plain is not None:
            return plain
        reader = _READERS.get(name)
        if reader is None:
            cursor.at = at
            raise cursor.expected("a search key")
        cursor.space()
        return reader(self)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise refusal("These are too many search keys", "LIMIT")

    def _deeper(self) -> None:
        self._depth -= 1
        if self._depth < 0:
            raise refusal("These search keys are nested too deeply", "LIMIT")

    def _group(self) -> Criterion:
        self._deeper()
        parts = [self.key()]
        while not self.cursor.took(b")"):
            self.cursor.space()
            parts.append(self.key())
        self._depth += 1
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _numbers(self) -> Criterion:
        numbers = self.cursor.numbers()
        # RFC 9586 §3: message numbers are no more; "$" means UIDs as well.
        if "UIDONLY" in self.cursor.enabled and numbers != NumberSet((), True):
            raise RefusedError(UID_REQUIRED)
        return query.Numbers(numbers)

    def negation(self) -> Criterion:
        """NOT search-key."""
        self._deeper()
        part = self.key()
        self._depth += 1
        return Not(part)

    def either(self) -> Criterion:
        """OR search-key search-key."""
        self._deeper()
        left = self.key()
        self.cursor.space()
        right = self.key()
        self._depth += 1
        return Or(left, right)

    def text(self) -> str:
        """astring, in the command's charset."""
        octets = self.cursor.astring("a text to look for")
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError as error:
            raise refusal(f"This text is not in {self._charset.upper()}", bad_charset()) from error

    def header(self) -> Criterion:
        """HEADER field text."""
        name = self.cursor.text("the name of a header field").lower()
        self.cursor.space()
        return query.Header(name, self.text())

    def object_id(self) -> str:
        """objectid."""
        octets = self.cursor.atom("an object id")
        if not _OBJECT_ID.match(octets):
            raise mistake("This is no object id")
        return octets.decode("ascii")

    def modseq(self) -> Criterion:
        """MODSEQ [entry kind] number (RFC 7162 §3.1.5); what entry and kind say makes no difference here, as each flag
        changes the same sequence."""
        if self.cursor.peek(b'"'):
            self.cursor.string()
            self.cursor.space()
            kind = self.cursor.word("priv, shared or all")
            if kind not in _MODSEQ_KINDS:
                raise mistake(f"{kind} is none of priv, shared and all")
            self.cursor.space()
        return query.ChangedSince(self.cursor.number("a modification sequence"))


def bad_charset() -> str:
    """The response code that says which charsets there are."""
    return f"BADCHARSET ({' '.join(CHARSETS)})"


def charset(name: str) -> str:
    """The codec of a charset's ``name``; RefusedError when it is not known."""
    codec = CHARSETS.get(name.upper())
    if codec is None:
        raise refusal("This charset is not known", bad_charset())
    return codec


def _field(name: str) -> Callable[[Keys], Criterion]:
    return lambda keys: query.Header(name, keys.text())


def _day(kind: type[query.Arrived | query.Sent | query.Saved], when: When) -> Callable[[Keys], Criterion]:
    return lambda keys: kind(when, dates.day(keys.cursor))


_PLAIN: dict[str, Criterion] = {
    "ALL": Everything(),
    **{name: Marked(flag) for name, flag in _FLAGS.items()},
    **{f"UN{name}": Not(Marked(flag)) for name, flag in _FLAGS.items()},
    # RFC 3501 §6.4.4
    "RECENT": _RECENT,
    "OLD": Not(_RECENT),
    "NEW": And((_RECENT, Not(Marked("\\Seen")))),
    "SAVEDATESUPPORTED": query.SaveDateSupported(),
}

_READERS: dict[str, Callable[[Keys], Criterion]] = {
    **{name: _field(name.lower()) for name in _FIELDS},
    **{when.name: _day(query.Arrived, when) for when in When},
    **{f"SENT{when.name}": _day(query.Sent, when) for when in When},
    **{f"SAVED{when.name}": _day(query.Saved, when) for when in When},
    "HEADER": Keys.header,
    "BODY": lambda keys: query.Body(keys.text()),
    "TEXT": lambda keys: query.Text(keys.text()),
    "KEYWORD": lambda keys: Marked(keys.cursor.atom("a keyword").decode("ascii")),
    "UNKEYWORD": lambda keys: Not(Marked(keys.cursor.atom("a keyword").decode("ascii"))),
    "LARGER": lambda keys: query.Larger(keys.cursor.number()),
    "SMALLER": lambda keys: query.Smaller(keys.cursor.number()),
    "UID": lambda keys: query.Uids(keys.cursor.numbers()),
    "NOT": Keys.negation,
    "OR": Keys.either,
    "YOUNGER": lambda keys: query.Younger(keys.cursor.nz_number()),
    "OLDER": lambda keys: query.Older(keys.cursor.nz_number()),
    "MODSEQ": Keys.modseq,
    "EMAILID": lambda keys: query.EmailId(keys.object_id()),
    "THREADID": lambda keys: query.ThreadId(keys.object_id()),
}
