"""Which mailboxes are there? LIST, LSUB, STATUS, NAMESPACE. RFC 9051 §7.3, RFC 5258, RFC 3501 (LSUB), RFC 2342.

``utf8`` is how names are written: as UTF-8 (UTF8=ACCEPT or IMAP4rev2) or in modified UTF-7.
"""

from collections.abc import Iterable, Sequence

from pillarbox.mail import utf7

from .strings import NIL, mailbox, string, words

DELIMITER = "/"

# Prefix and delimiter of a namespace.
Space = tuple[str, str]


def list_response(
    name: str,
    attributes: Iterable[str],
    *,
    utf8: bool,
    old_name: str | None = None,
    child_info: Iterable[str] = (),
) -> bytes:
    """A mailbox (RFC 9051 §7.3.1). ``attributes`` with their backslashes. ``old_name``: what it was called, when the
    name was changed or written otherwise (§6.3.9.7). ``child_info``: the selection options that children meet
    (RFC 5258 §3.5)."""
    extended = []
    if met := b" ".join([string(option) for option in child_info]):
        extended.append(b'"CHILDINFO" (%b)' % met)
    if old_name is not None:
        extended.append(b'"OLDNAME" (%b)' % mailbox(old_name, utf8=utf8))
    line = _listed(b"LIST", name, attributes, utf8=utf8)
    return b"%b (%b)\r\n" % (line, b" ".join(extended)) if extended else line + b"\r\n"


def lsub(name: str, attributes: Iterable[str], *, utf8: bool) -> bytes:
    """A subscribed mailbox (RFC 3501 §7.2.3)."""
    return _listed(b"LSUB", name, attributes, utf8=utf8) + b"\r\n"


def delimiter() -> bytes:
    """The answer to LIST "" "": the root and what parts the levels of names (RFC 9051 §6.3.9)."""
    return b'* LIST (\\Noselect) "%b" ""\r\n' % DELIMITER.encode()


def _listed(kind: bytes, name: str, attributes: Iterable[str], *, utf8: bool) -> bytes:
    return b'* %b (%b) "%b" %b' % (kind, words(attributes), DELIMITER.encode(), mailbox(name, utf8=utf8))


def status(name: str, items: Iterable[tuple[str, int | str | None]], *, utf8: bool) -> bytes:
    """Counts of a mailbox (RFC 9051 §7.3.4): numbers, NIL (APPENDLIMIT of RFC 7889) or an object id, which stands in
    parentheses (MAILBOXID of RFC 8474)."""
    pairs = " ".join([f"{item} {_value(value)}" for item, value in items])
    return b"* STATUS %b (%b)\r\n" % (mailbox(name, utf8=utf8), pairs.encode())


def _value(value: int | str | None) -> str:
    if value is None:
        return "NIL"
    return f"({value})" if isinstance(value, str) else str(value)


def namespace(personal: Sequence[Space], others: Sequence[Space], shared: Sequence[Space], *, utf8: bool) -> bytes:
    """Where one's own mailboxes are, other people's, and those of all (RFC 9051 §7.3.6)."""
    return b"* NAMESPACE %b\r\n" % b" ".join([_spaces(spaces, utf8=utf8) for spaces in (personal, others, shared)])


def _spaces(spaces: Sequence[Space], *, utf8: bool) -> bytes:
    if not spaces:
        return NIL
    # RFC 9051 §9: a prefix is a string, never an atom.
    return b"(%b)" % b"".join([b"(%b %b)" % (_prefix(prefix, utf8=utf8), string(mark)) for prefix, mark in spaces])


def _prefix(prefix: str, *, utf8: bool) -> bytes:
    return string(prefix, utf8=True) if utf8 else string(utf7.encode(prefix))
