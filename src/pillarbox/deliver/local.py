"""What does a mailbox add to a message? Return-Path and Delivered-To. RFC 5321 §4.4, RFC 9228.

The message's octets are shared by all who get it; these lines are the recipient's own and stand before them.
"""

from pillarbox.mail.reply import Reply
from pillarbox.store.rows import Filing

INBOX = "INBOX"
DELIVERED_BEFORE = Reply(554, "5.4.6", ("The message is going in circles: it was delivered to this mailbox before",))


def filing(account_id: int, address: str, sender: str, folder: str | None = None) -> Filing:
    """The local copy for ``address`` of what ``sender`` ("" for the null reverse-path) sent."""
    prefix = f"Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n".encode("utf-8", "replace")
    return Filing(account_id, address, prefix, folder or INBOX)


def refusal(address: str, before: frozenset[str]) -> Reply | None:
    """RFC 9228 §3: the reply for an address in ``before`` (of ``mail.headers.glance``), whose mail goes in circles."""
    return DELIVERED_BEFORE if before and address.casefold() in before else None
