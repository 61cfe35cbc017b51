"""Which domains does the From of a message name? RFC 9989 §5.3.1 and §11.5: zero, one, or too many.

Every From field counts, and every address in it: a reader's program may show any of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.mail import correspondents, mailboxes
from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.headers import unfolded

FIELDS_MAX = 10
"""From fields that are read; a message with more has no author that could be named."""

# As mail.headers finds fields, and five times as fast for one name.
_FROM = re.compile(rb"^from[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*)", re.IGNORECASE | re.MULTILINE)
# One address, alone or behind plain words or a quoted string: what nearly every From is.
_ONE = re.compile(
    rb'[ \t]*+(?:(?:"[ !#-\[\]-~]*+" ?|[A-Za-z0-9_\'-]++(?: [A-Za-z0-9_\'-]++)*+ )?(<))?'
    rb"([A-Za-z0-9_+-]++(?:[.=][A-Za-z0-9_+-]++)*+@[A-Za-z0-9.-]++)(?(1)>)[ \t\r]*+\Z"
)


@dataclass(frozen=True, slots=True)
class Authors:
    """``domains``: as written, in their order, each once. ``fault``: why they are not to be trusted, None if they are.

    With a fault there are no domains.
    """

    domains: tuple[str, ...] = ()
    fault: str | None = None


def authors(header: bytes) -> Authors:
    """The author domains of a header block."""
    return named(_FROM.findall(header))


def named(found: Sequence[bytes]) -> Authors:
    """The same for the values of the From fields, as they came."""
    if not found:
        return Authors(fault="the message has no From")
    if len(found) > FIELDS_MAX:
        return Authors(fault=f"the message has {len(found)} From fields")
    domains: dict[str, None] = {}
    for one in found:
        its = _domains(one)
        if its is None:
            return Authors(fault="the From cannot be read: nobody knows which address a mail program shows")
        domains.update(dict.fromkeys(its))
    if not domains:
        return Authors(fault="the From names no address")
    return Authors(tuple(domains))


def _domains(raw: bytes) -> list[str] | None:
    plain = _ONE.match(raw) if len(raw) <= mailboxes.FIELD_MAX else None
    try:
        if plain is not None:
            return [Address.parse(plain[2].decode("ascii")).domain]
        return [box.address.domain for box in mailboxes.parse(unfolded(raw))]
    except (AddressError, mailboxes.MailboxError):
        return _leniently(raw)


def _leniently(raw: bytes) -> list[str] | None:
    """For names that should have been quoted, as in ``Example, Inc. <info@example.org>``: only where every @ is in an
    address that was found, so that no other program can find another one."""
    if len(raw) > mailboxes.FIELD_MAX:
        return None
    found = [one.host for one in correspondents.parse(raw.replace(b"\r\n", b"")) if one.host]
    if not found or len(found) != raw.count(b"@"):
        return None
    return [host.decode("utf-8", "replace") for host in found]
