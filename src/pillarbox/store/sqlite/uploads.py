"""How do messages that nobody sent come into SQLite: alone, several or none, or in place of another?"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from apsw import Connection

from pillarbox.store.rows import Acceptance, Accepted

from .effects import Effects
from .filed import expunge
from .ledger import Ledger


class Replacement(NamedTuple):
    """A message, and the entry that goes when it comes."""

    acceptance: Acceptance
    folder_id: int
    uid: int
    chapter: str
    now: float


def append_group(
    connection: Connection, effects: Effects, appended: Sequence[tuple[Acceptance, float]]
) -> list[Accepted]:
    """Store messages, each by itself; with each stands the time."""
    ledger = Ledger(connection, effects, chain.from_iterable(a.filings for a, _ in appended))
    results = [ledger.accept(acceptance, now) for acceptance, now in appended]
    ledger.write()
    return results


def append_together(
    connection: Connection, effects: Effects, appended: Sequence[tuple[Sequence[Acceptance], float]]
) -> list[list[Accepted]]:
    """Store several messages or none (RFC 3502)."""
    return [_together(connection, effects, acceptances, now) for acceptances, now in appended]


def _together(
    connection: Connection, effects: Effects, acceptances: Sequence[Acceptance], now: float
) -> list[Accepted]:
    ledger = Ledger(connection, effects, chain.from_iterable(a.filings for a in acceptances))
    full = ledger.full(acceptances)
    if full:
        for acceptance in acceptances:
            effects.bodies.discard(acceptance.message.content)
        return [Accepted([], [], full, False) for _ in acceptances]
    results = [ledger.accept(acceptance, now) for acceptance in acceptances]
    ledger.write()
    return results


def replace_group(connection: Connection, effects: Effects, replaced: Sequence[Replacement]) -> list[Accepted]:
    """Store a message and remove an entry (RFC 8508), whose room the message may take."""
    return [_replace(connection, effects, replacement) for replacement in replaced]


def _replace(connection: Connection, effects: Effects, replacement: Replacement) -> Accepted:
    acceptance, folder_id, uid, chapter, now = replacement
    mark = effects.bodies.mark()
    connection.execute("SAVEPOINT replaced")
    expunge(connection, effects, folder_id, [uid], chapter)
    ledger = Ledger(connection, effects, acceptance.filings)
    accepted = ledger.accept(acceptance, now)
    if accepted.stored:
        ledger.write()
    else:
        connection.execute("ROLLBACK TO replaced")
        effects.bodies.back_to(mark)
        effects.bodies.discard(acceptance.message.content)
    connection.execute("RELEASE replaced")
    return accepted
