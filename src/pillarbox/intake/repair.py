"""What does a submission server put right in a user's message, and what does it refuse? RFC 6409 §6 and §8.

A missing Date or Message-ID is added (RFC 6409 §8.1, §8.3). A message must say in exactly one From field who wrote it,
and that must be an address of the user's (RFC 6409 §6.1): a thief of one password is not to write as everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.mail import headers, mailboxes
from pillarbox.mail.address import Address
from pillarbox.mail.reply import Reply

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
    authors: list[Address] = []
    seen = {b"from": 0, b"date": 0, b"message-id": 0, b"sender": 0}
    for field in headers.fields(header):
        name = field.name.lower()
        if name not in seen:
            continue
        seen[name] += 1
        if name in (b"from", b"sender"):
            try:
                authors += [mailbox.address for mailbox in mailboxes.parse(field.value)]
            except mailboxes.MailboxError as error:
                return Repaired(b"", [], [], Reply.of(550, "5.6.0", f"The {field.name.decode()} field: {error}"))
    if seen[b"from"] > 1 or seen[b"sender"] > 1 or (not seen[b"from"] and sender is None):
        return Repaired(b"", [], [], NO_FROM)
    if seen[b"from"] and not authors:
        return Repaired(b"", [], [], BAD_FROM)
    head, added = b"", []
    if not seen[b"from"]:
        head += f"From: <{sender}>\r\n".encode()
        added.append("From")
    if not seen[b"date"]:
        head += f"Date: {headers.date(now)}\r\n".encode()
        added.append("Date")
    if not seen[b"message-id"]:
        head += f"Message-ID: <{unique()}@{hostname}>\r\n".encode()
        added.append("Message-ID")
    return Repaired(head, added, authors)
