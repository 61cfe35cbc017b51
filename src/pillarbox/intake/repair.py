"""What does a submission server put right in a user's message, and what does it refuse? RFC 6409 §6 and §8.

A missing Date or Message-ID is added (RFC 6409 §8.1, §8.3). A message must say in exactly one From field who wrote it,
and that must be an address of the user's (RFC 6409 §6.1): a thief of one password is not to write as everybody.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.mail import headers, mailboxes
from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.reply import Reply

_NAMES = (b"from", b"sender", b"date", b"message-id")
_AUTHORS = frozenset({b"from", b"sender"})
_FIELDS = re.compile(rb"^(from|sender|date|message-id)[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*)", re.IGNORECASE | re.MULTILINE)
# Nearly every From: an address, or a name of plain words and the address in brackets. The rest is parsed with care.
_PLAIN = re.compile(rb"[ \t]*(?:([\w.+-]+@[\w.-]+)|[\w \t.'-]*<([\w.+-]+@[\w.-]+)>)[ \t\r]*\Z", re.ASCII)

NO_FROM = Reply(550, "5.6.0", ("The message does not say who wrote it: exactly one From field is needed",))
BAD_FROM = Reply(550, "5.6.0", ("The From field cannot be read",))


@dataclass(slots=True)
class Repaired:
    """Fields to put in front, the authors to check, or why the message is refused. ``added`` names the fields."""

    head: bytes
    added: list[str]
    authors: list[Address]
    refusal: Reply | None = None


def repair(header: bytes, sender: Address | None, hostname: str, unique: Callable[[], str], now: float) -> Repaired:
    """Look at a header block. ``unique`` gives the left side of a Message-ID that is needed.

    A message without From gets the envelope's ``sender`` as its author: scripts often leave it out.
    """
    counts = dict.fromkeys(_NAMES, 0)
    authors: list[Address] = []
    for match in _FIELDS.finditer(header):
        name = match[1].lower()
        counts[name] += 1
        if name in _AUTHORS:
            try:
                authors += _addresses(match[2])
            except mailboxes.MailboxError as error:
                return Repaired(b"", [], [], Reply.of(550, "5.6.0", f"The {match[1].decode()} field: {error}"))
    if counts[b"from"] > 1 or counts[b"sender"] > 1 or (not counts[b"from"] and sender is None):
        return Repaired(b"", [], [], NO_FROM)
    if counts[b"from"] and not authors:
        return Repaired(b"", [], [], BAD_FROM)
    head, added = b"", []
    if not counts[b"from"]:
        head += f"From: <{sender}>\r\n".encode()
        added.append("From")
    if not counts[b"date"]:
        head += f"Date: {headers.date(now)}\r\n".encode()
        added.append("Date")
    if not counts[b"message-id"]:
        head += f"Message-ID: <{unique()}@{hostname}>\r\n".encode()
        added.append("Message-ID")
    return Repaired(head, added, authors)


def _addresses(value: bytes) -> list[Address]:
    plain = _PLAIN.match(value)
    if plain is not None:
        try:
            return [Address.parse((plain[1] or plain[2]).decode("ascii"))]
        except AddressError as error:
            raise mailboxes.MailboxError(str(error)) from error
    return [mailbox.address for mailbox in mailboxes.parse(headers.unfolded(value))]
