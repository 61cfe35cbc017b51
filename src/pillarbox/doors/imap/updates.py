"""What has changed in the selected mailbox, and when may it be told? RFC 9051 §7.4, §7.5.1.

VANISHED in the place of EXPUNGE is RFC 7162 §3.2.10, and RFC 9586 §3.2 with UIDONLY.
"""

from pillarbox.inbox.live.view import Updates
from pillarbox.proto.imap import mailbox_responses

from . import contexts
from .flag_lines import flag_lines, tell_keywords
from .selected import Selected
from .session import Session


def announce(session: Session, *, expunges: bool, flags: bool = True) -> None:
    """Tell the client what it does not know yet; not which messages left, when their numbers are still needed, and
    not what became of flags, when it asked NOTIFY not to be told (RFC 5465 §5.3)."""
    selected = session.selected
    if selected is None:
        return
    updates = selected.view.poll(expunges)
    if updates.expunged:
        _gone(session, selected, updates)
    if updates.exists is not None:
        session.send(mailbox_responses.exists(updates.exists))
    if updates.recent is not None and not session.wants("IMAP4REV2"):
        session.send(mailbox_responses.recent(updates.recent))
    if updates.changed and flags:
        tell_keywords(session, selected)
        # RFC 7162 §3.2.4 wants the UID with QRESYNC, RFC 9051 §7.5.2 with UID commands; nobody minds it elsewhere.
        session.send(flag_lines(session, selected, updates.changed, uid=True))


def _gone(session: Session, selected: Selected, updates: Updates) -> None:
    contexts.expunged(session, selected, updates)
    if session.wants("QRESYNC") or session.wants("UIDONLY"):
        session.send(mailbox_responses.vanished(sorted(updates.expunged)))
    else:
        session.send(mailbox_responses.expunges(updates.numbers))
