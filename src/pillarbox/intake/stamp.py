"""Which trace does a message get here? The Received field of RFC 5321 §4.4.

A message that a user hands in keeps its trace but not the user's address or machine name: receivers that see no
Received at all take the message for spam, and the user's network is nobody's business.
"""

from functools import lru_cache

from pillarbox.mail.address import parse_literal
from pillarbox.mail.headers import date

from .session import Session

# What may stand in the From-domain of Received without quoting; everything else of a HELO name becomes "?".
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:")
_HELLO_MAX = 255


def received(
    session: Session, hidden: bool, hostname: str, message_id: str, only_recipient: str | None, now: float
) -> bytes:
    """The Received field, folded, with its line end.

    ``only_recipient`` is named; several would tell on each other. ``hidden``: the client is not named.
    """
    known = session.peer and not hidden
    source = f"{_clean(session.hello)} ({_literal(session.peer)})" if known else "localhost"
    tls = f"\r\n\t({session.cipher})" if session.cipher else ""
    to = f"\r\n\tfor <{only_recipient}>" if only_recipient is not None else ""
    return (
        f"Received: from {source}\r\n\tby {hostname} with {session.protocol} id {message_id}{tls}{to};\r\n"
        f"\t{_date(int(now))}\r\n"
    ).encode("utf-8", "replace")


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return date(second)


@lru_cache(maxsize=1024)
def _clean(hello: str) -> str:
    name = "".join(c if c in _NAME or c.isalnum() else "?" for c in hello[:_HELLO_MAX])
    return name or "unknown"


@lru_cache(maxsize=1024)
def _literal(peer: str) -> str:
    literal = f"[{peer}]"
    return literal if parse_literal(literal) is not None else f"[IPv6:{peer}]"
