"""Which addresses does a From, To or Sender field name? RFC 5322 §3.4, with the obsolete forms of §4.4.

A tokenizer, not a chain of searches: what a comment, a quoted string or a group hides must not be taken for an
address, and what is an address must not be missed.
"""

import re
from dataclasses import dataclass

from .address import Address, AddressError

# Bounds on one field: a message with 100,000 addresses costs no more than one with this many.
ADDRESSES_MAX = 1_000
FIELD_MAX = 65_536

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<literal>\[[^\[\]\\]*\])
    |(?P<special>[<>,:;@().])
    |(?P<atom>[^ \t\r\n"<>,:;@().\[\]]+)
    |(?P<junk>.)""",
    re.VERBOSE | re.DOTALL,
)
# ccontent (§3.2.2): quotes mean nothing inside of a comment.
_COMMENT_PIECE = re.compile(r"[^()\\]+|\\.?|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


class MailboxError(ValueError):
    """The field cannot be read as addresses; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that people see."""

    name: str
    address: Address


def parse(value: str) -> list[Mailbox]:
    """The mailboxes that an unfolded field value names, groups opened. MailboxError for one malformed or too long."""
    if len(value) > FIELD_MAX:
        raise MailboxError(f"the field is longer than {FIELD_MAX} characters")
    found: list[Mailbox] = []
    for part in _split(_tokens(value)):
        if part:
            found.append(_mailbox(part))
        if len(found) > ADDRESSES_MAX:
            raise MailboxError(f"the field names more than {ADDRESSES_MAX} addresses")
    return found


def _tokens(value: str) -> list[tuple[str, str]]:
    """(kind, text) without comments; a comment and white space both become one space."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(value):
        match = _TOKEN.match(value, at)
        assert match is not None  # any character is at least junk
        kind, text, at = match.lastgroup or "junk", match[0], match.end()
        if text == "(":
            at = _behind_comment(value, at)
            tokens.append(("space", " "))
        elif text == ")":
            raise MailboxError("a closing parenthesis has no opening one")
        elif kind == "junk":
            raise MailboxError(f"a character is out of place: {text!r}")
        else:
            tokens.append((kind, text))
    return tokens


def _behind_comment(value: str, at: int) -> int:
    """Where the comment ends whose opening parenthesis stands before ``at``; others may stand inside of it."""
    depth = 1
    while depth:
        match = _COMMENT_PIECE.match(value, at)
        if match is None:
            raise MailboxError("a comment is not closed")
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        at = match.end()
    return at


def _split(tokens: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """One list of tokens for each mailbox; the names of groups are dropped."""
    parts: list[list[tuple[str, str]]] = [[]]
    angle = False
    for kind, text in tokens:
        if kind == "special" and text in "<>":
            angle = text == "<"
        if kind == "special" and not angle and text in ",;":
            parts.append([])
        elif kind == "special" and not angle and text == ":":
            parts[-1] = []  # what stood before is the name of a group
        elif kind != "space" or parts[-1]:
            parts[-1].append((kind, text))
    return parts


def _mailbox(tokens: list[tuple[str, str]]) -> Mailbox:
    texts = [text for kind, text in tokens if kind == "special"]
    if "<" not in texts:
        if ">" in texts:
            raise MailboxError("an angle bracket closes that was not opened")
        return Mailbox("", _address(tokens))
    start = next(n for n, token in enumerate(tokens) if token == ("special", "<"))
    end = next((n for n, token in enumerate(tokens) if token == ("special", ">")), None)
    if end is None or any(kind != "space" for kind, _ in tokens[end + 1 :]):
        raise MailboxError("an address in angle brackets is not closed, or something follows it")
    inner = tokens[start + 1 : end]
    if ("special", ":") in inner:  # the obsolete route of RFC 5322 §4.4: <@a,@b:user@c>
        inner = inner[inner.index(("special", ":")) + 1 :]
    name = "".join(_plain(kind, text) for kind, text in tokens[:start]).strip()
    return Mailbox(name, _address(inner))


def _plain(kind: str, text: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", text[1:-1]) if kind == "quoted" else " " if kind == "space" else text


def _address(tokens: list[tuple[str, str]]) -> Address:
    # White space around dots and @ is obsolete but allowed; between two words it is not.
    text = "".join(" " if kind == "space" else text for kind, text in tokens).strip()
    text = re.sub(r"\s*([.@])\s*", r"\1", text) if '"' not in text else text
    try:
        address = Address.parse(text)
    except AddressError as error:
        raise MailboxError(f"{text!r} is no address: {error}") from error
    if not address.domain:
        raise MailboxError(f"{text!r} is no address: it has no domain")
    return address
