"""How many messages may one command be about? MESSAGELIMIT. RFC 9738 §3.1."""

from collections.abc import Sequence

from pillarbox.proto.imap import codes

from .session import Session


def newest(session: Session, positions: Sequence[int]) -> tuple[Sequence[int], str]:
    """The positions that a command is done for, and the response code that says how far it came ("": all of them).

    RFC 9738 §3.1: too many messages are done from the newest on, and the code names the oldest that was done.
    """
    limit = session.role.message_limit
    if limit is None or len(positions) <= limit or session.selected is None:
        return positions, ""
    done = positions[-limit:]
    return done, codes.message_limit(limit, session.selected.view.uids[done[0]])
