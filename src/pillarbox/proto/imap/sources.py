"""How is it read which mailboxes are meant? filter-mailboxes, RFC 5465 §8; also of RFC 7377."""

from .commands import Sources
from .grammar import Cursor
from .refusals import mistake, refusal

_ALONE = {"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED"}
# subtree-one: RFC 7377 §2.2
_NAMED = {"SUBTREE", "SUBTREE-ONE", "MAILBOXES"}
_MOST_NAMES = 1_000


def filter_mailboxes(cursor: Cursor) -> Sources:
    """ "selected", "inboxes", "personal", …, or "subtree", "subtree-one" or "mailboxes" with their names."""
    kind = cursor.word("which mailboxes are meant")
    if kind in _ALONE:
        return Sources(kind.lower())
    if kind not in _NAMED:
        raise mistake(f"{kind} says of no mailboxes that they are meant")
    cursor.space()
    names = cursor.listed(Cursor.mailbox) if cursor.peek(b"(") else (cursor.mailbox(),)
    if len(names) > _MOST_NAMES:
        raise refusal("These are too many mailboxes", "LIMIT")
    return Sources(kind.lower(), names)
