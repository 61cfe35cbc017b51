"""Who may do what in a mailbox, how much fits, what is noted on it? RFC 4314 (ACL), 9208 (QUOTA), 5464 (METADATA).

``utf8`` is how names are written: as UTF-8 (UTF8=ACCEPT or IMAP4rev2) or in modified UTF-7.
"""

from collections.abc import Iterable

from .strings import astring, mailbox, nstring


def acl(name: str, rights: Iterable[tuple[str, str]], *, utf8: bool) -> bytes:
    """All (identifier, rights) of a mailbox (RFC 4314 §3.6)."""
    line = b"* ACL " + mailbox(name, utf8=utf8)
    pairs = [b" %b %b" % (astring(who, utf8=utf8), astring(what)) for who, what in rights]
    return line + b"".join(pairs) + b"\r\n"


def list_rights(name: str, identifier: str, always: str, optional: Iterable[str], *, utf8: bool) -> bytes:
    """Rights that ``identifier`` has in any case, then those that can be granted, each group as a whole (§3.7)."""
    words = [mailbox(name, utf8=utf8), astring(identifier, utf8=utf8), *map(astring, [always, *optional])]
    return b"* LISTRIGHTS %b\r\n" % b" ".join(words)


def my_rights(name: str, rights: str, *, utf8: bool) -> bytes:
    """What the user may do (§3.8)."""
    return b"* MYRIGHTS %b %b\r\n" % (mailbox(name, utf8=utf8), astring(rights))


def quota(root: str, resources: Iterable[tuple[str, int, int]], *, utf8: bool) -> bytes:
    """(resource, used, limit) of a quota root (RFC 9208 §4.2.1); STORAGE counts units of 1,024 octets (§5.1)."""
    triples = " ".join([f"{resource} {used} {limit}" for resource, used, limit in resources])
    return b"* QUOTA %b (%b)\r\n" % (astring(root, utf8=utf8), triples.encode())


def quota_root(name: str, roots: Iterable[str], *, utf8: bool) -> bytes:
    """The quota roots of a mailbox, maybe none (RFC 9208 §4.2.2)."""
    return b"* QUOTAROOT %b\r\n" % b" ".join([mailbox(name, utf8=utf8), *[astring(root, utf8=utf8) for root in roots]])


def metadata(name: str, entries: Iterable[tuple[str, bytes | None]], *, utf8: bool) -> bytes:
    """Entries with their values (RFC 5464 §4.4.1). ``name`` "" is the server. Nothing when there are no entries."""
    pairs = b" ".join([b"%b %b" % (astring(entry), nstring(value)) for entry, value in entries])
    return b"* METADATA %b (%b)\r\n" % (mailbox(name, utf8=utf8), pairs) if pairs else b""


def metadata_changed(name: str, entries: Iterable[str], *, utf8: bool) -> bytes:
    """Entries that somebody changed, without their values (RFC 5464 §4.4.2)."""
    return b"* METADATA %b\r\n" % b" ".join([mailbox(name, utf8=utf8), *map(astring, entries)])
