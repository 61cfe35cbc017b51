"""How are the words of a command read? Atoms, strings, numbers, flags. RFC 9051 §9, each rule beside its pattern.

A command lies before the Cursor as it came, literals in their places: ``a LOGIN {4}\\r\\nfred {6}\\r\\nsecret``.
"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from pillarbox.mail import utf7
from pillarbox.mail.query import NumberSet

from . import number_sets
from .refusals import LiteralWantedError, RefusedError, mistake

T = TypeVar("T")

# ATOM-CHAR: any CHAR but atom-specials = "(" ")" "{" SP CTL "%" "*" DQUOTE "\" "]"
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
# ASTRING-CHAR = ATOM-CHAR / "]"
_ASTRING = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
# list-char = ATOM-CHAR / "%" / "*" / "]"
_LIST_MAILBOX = re.compile(rb"[!#$%&'*+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
# quoted = DQUOTE *QUOTED-CHAR DQUOTE; any TEXT-CHAR but DQUOTE and "\", or one of them behind "\".
_QUOTED = re.compile(rb'"([^"\\\x00\r\n]*(?:\\["\\][^"\\\x00\r\n]*)*)"')
_ESCAPED = re.compile(rb'\\(["\\])')
# literal = "{" number64 ["+"] "}" CRLF *CHAR8; literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
_LITERAL = re.compile(rb"(~?)\{([0-9]{1,19})(\+?)\}(\r?\n|\Z)")
# number64; a number has at most 63 bits (RFC 9051 §4.2).
_NUMBER = re.compile(rb"[0-9]{1,19}(?![0-9])")
LARGEST = 2**63 - 1
_SET = re.compile(rb"[0-9*:,$]+")
# flag = "\" atom / atom
_FLAG = re.compile(rb"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9.\-]{0,39}(?![A-Za-z0-9.\-])")
_NIL = re.compile(rb"NIL(?![!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~])", re.IGNORECASE)
_LOGIN_TEXT = re.compile(r"[\x00-\x1f\x7f]")

# How much of what is wrong is shown.
_SHOWN = 24


class Cursor:
    """A place in a command, moved on by each word that is read. Whatever is wrong raises RefusedError, with a text
    that says what was expected and where; a literal that has not come yet raises LiteralWantedError."""

    __slots__ = ("at", "data", "enabled")

    def __init__(self, data: bytes, at: int = 0, enabled: AbstractSet[str] = frozenset()) -> None:
        self.data = data
        self.at = at
        self.enabled = enabled

    @property
    def utf8(self) -> bool:
        """Whether quoted strings and mailbox names are UTF-8 (RFC 9051 §5.1, RFC 9755 §3)."""
        return "IMAP4REV2" in self.enabled or "UTF8=ACCEPT" in self.enabled

    # --- what is wrong ---

    def expected(self, what: str) -> RefusedError:
        """The refusal that says what should stand here."""
        rest = self.data[self.at : self.at + _SHOWN]
        if not rest:
            return mistake(f"Expected {what} where the command ends")
        shown = rest.partition(b"\r")[0].decode("ascii", "backslashreplace")
        shown = "".join(c if c.isprintable() else "?" for c in shown)
        return mistake(f"Expected {what} at octet {self.at + 1}, where {shown!r} stands")

    # --- marks ---

    def peek(self, mark: bytes) -> bool:
        """Whether ``mark`` stands here."""
        return self.data.startswith(mark, self.at)

    def took(self, mark: bytes) -> bool:
        """Whether ``mark`` stands here; then it is read."""
        if not self.data.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def take(self, mark: bytes) -> None:
        """``mark``, or it is wrong."""
        if not self.took(mark):
            raise self.expected(f"{mark.decode()!r}" if mark != b" " else "a space")

    def space(self) -> None:
        """SP."""
        if not self.data.startswith(b" ", self.at):
            raise self.expected("a space")
        self.at += 1

    @property
    def ended(self) -> bool:
        """Whether the command is over."""
        return self.at >= len(self.data)

    def end(self) -> None:
        """The command is over, or it is wrong. A space before the end is forgiven."""
        if self.ended:
            return
        self.at = len(self.data) - len(self.data[self.at :].lstrip(b" "))
        if not self.ended:
            raise self.expected("the end of the command")

    def listed(self, item: "Callable[[Cursor], T]", least: int = 1) -> tuple[T, ...]:
        """ "(" items, parted by spaces, ")"."""
        self.take(b"(")
        found: list[T] = []
        while not self.took(b")"):
            if found:
                self.space()
            found.append(item(self))
        if len(found) < least:
            self.at -= 1
            raise self.expected("something between parentheses")
        return tuple(found)

    # --- words ---

    def _match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        match = pattern.match(self.data, self.at)
        if match is None:
            raise self.expected(what)
        self.at = match.end()
        return match[0]

    def word(self, what: str = "a word") -> str:
        """A word of the protocol, in upper case."""
        return self._match(_WORD, what).decode("ascii").upper()

    def took_word(self, word: bytes) -> bool:
        """Whether ``word`` (in upper case) stands here, alone; then it is read."""
        match = _WORD.match(self.data, self.at)
        if match is None or match[0].upper() != word:
            return False
        self.at = match.end()
        return True

    def atom(self, what: str = "an atom") -> bytes:
        """atom."""
        return self._match(_ATOM, what)

    def flag(self) -> str:
        """flag: a keyword, or a system flag with its backslash."""
        return self._match(_FLAG, "a flag").decode("ascii")

    def number(self, what: str = "a number") -> int:
        """number64."""
        value = int(self._match(_NUMBER, what))
        if value > LARGEST:
            raise mistake(f"{value} is too large for a number")
        return value

    def nz_number(self, what: str = "a number above 0") -> int:
        """nz-number: 1 to 4,294,967,295."""
        value = int(self._match(_NUMBER, what))
        if not 0 < value <= number_sets.LARGEST:
            raise mistake(f"{value} is not {what} of 32 bits")
        return value

    def numbers(self) -> NumberSet:
        """sequence-set, or "$"."""
        octets = self._match(_SET, "a set of numbers")
        try:
            return number_sets.parse(octets)
        except ValueError as error:
            raise mistake(f"This is no set of numbers: {error}") from error

    # --- strings ---

    def took_literal(self, binary: bool = False) -> bytes | None:
        """The octets of a literal, when one stands here."""
        match = _LITERAL.match(self.data, self.at)
        if match is None or (match[1] and not binary):
            return None
        size, start = int(match[2]), match.end()
        if not match[4]:
            raise LiteralWantedError(size, not match[3])
        self.at = start + size
        octets = self.data[start : self.at]
        if not match[1] and b"\0" in octets:
            raise mistake("NUL stands in a literal")
        return octets

    def took_string(self, binary: bool = False) -> bytes | None:
        """The octets of a quoted string or literal, when one stands here."""
        match = _QUOTED.match(self.data, self.at)
        if match is None:
            return self.took_literal(binary)
        octets = match[1]
        if not (self.utf8 or octets.isascii()):
            raise mistake("Octets above 127 in quotes need ENABLE IMAP4rev2 or UTF8=ACCEPT before: send a literal")
        self.at = match.end()
        return _ESCAPED.sub(rb"\1", octets) if b"\\" in octets else octets

    def string(self, what: str = "a string") -> bytes:
        """string."""
        octets = self.took_string()
        if octets is None:
            raise self.expected(what)
        return octets

    def astring(self, what: str = "a string or an atom") -> bytes:
        """astring."""
        match = _ASTRING.match(self.data, self.at)
        if match is not None:
            self.at = match.end()
            return match[0]
        return self.string(what)

    def nstring(self, what: str = "a string or NIL", binary: bool = False) -> bytes | None:
        """nstring; a literal8 too where ``binary`` says so."""
        if match := _NIL.match(self.data, self.at):
            self.at = match.end()
            return None
        octets = self.took_string(binary)
        if octets is None:
            raise self.expected(what)
        return octets

    def text(self, what: str = "a string or an atom") -> str:
        """astring, in UTF-8."""
        return utf8(self.astring(what))

    def credential(self, what: str) -> str:
        """A user's name or password: any UTF-8 without control characters, also in quotes, as many programs send it
        although RFC 9051 §6.2.3 means US-ASCII."""
        match = _QUOTED.match(self.data, self.at)
        if match is None:
            text = self.text(what)
        else:
            self.at = match.end()
            text = utf8(_ESCAPED.sub(rb"\1", match[1]))
        if _LOGIN_TEXT.search(text):
            raise mistake(f"Control characters stand in {what}")
        return text

    # --- mailboxes ---

    def mailbox(self, what: str = "the name of a mailbox") -> str:
        """mailbox: decoded, otherwise as written."""
        return self._name(self.astring(what))

    def list_mailbox(self) -> str:
        """list-mailbox: a name with wildcards."""
        match = _LIST_MAILBOX.match(self.data, self.at)
        if match is None:
            return self._name(self.string("a pattern of names"))
        self.at = match.end()
        return self._name(match[0])

    def _name(self, octets: bytes) -> str:
        if self.utf8:
            return utf8(octets)
        try:
            return utf7.decode(octets)
        except ValueError as error:
            raise mistake(f"This is no name in modified UTF-7: {error}") from error


def utf8(octets: bytes) -> str:
    """``octets`` as text; RefusedError when they are not UTF-8."""
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise mistake("This is not UTF-8") from error
