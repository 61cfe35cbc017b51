"""Which mailboxes does a filter mean? RFC 5465 §6, RFC 7377 §2.2 (subtree-one)."""

from pillarbox.inbox.folders import DELIMITER, INBOX
from pillarbox.proto.imap.commands import Sources


def means(sources: Sources, name: str, *, own: bool, subscribed: bool) -> bool:
    """Whether the mailbox ``name`` is among ``sources``; "selected" is not asked here."""
    match sources.kind:
        case "personal":
            return own
        case "inboxes":
            return own and name == INBOX
        case "subscribed":
            return subscribed
        case "mailboxes":
            return name in map(_known, sources.names)
        case "subtree":
            return any(name == top or name.startswith(top + DELIMITER) for top in map(_known, sources.names))
        case "subtree-one":
            above = name.rpartition(DELIMITER)[0]
            return any(top in (name, above) for top in map(_known, sources.names))
        case _:
            return False


def _known(name: str) -> str:
    """INBOX is INBOX in any case (RFC 9051 §5.1)."""
    return INBOX if name.upper() == INBOX else name
