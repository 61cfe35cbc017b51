"""Which queue rows does an administrator mean, and how is one piece of an act on them done?"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from apsw import Connection

from pillarbox.store.rows import QueueFilter

from .bodies import Bodies
from .effects import Effects
from .ledger import change_refs
from .statements import MESSAGE, QUEUE, Value, rows, text

ROWS_A_PIECE = 2_000


@dataclass(frozen=True, slots=True)
class Act:
    """What is done: the statement's name, the rows meant, a condition on their state, and what the statement takes."""

    statement: str
    where: QueueFilter
    state: str
    due: float | None = None
    chapter: str = ""


class Piece(NamedTuple):
    """The messages of the rows that were changed, and the last row looked at; None when there are no more."""

    messages: list[int]
    last: int | None


def ids(
    connection: Connection, where: QueueFilter, state: str = "true", *, after: int = 0, limit: int = 1000
) -> list[int]:
    """The ids of at most ``limit`` rows behind ``after`` that match, rising. A filter without conditions matches
    none."""
    conditions, values = _conditions(where)
    if not conditions:
        return []
    sql = QUEUE["matching"].format(condition=" AND ".join([*conditions, state]))
    [(found,)] = rows(connection, sql, {**values, "after": after, "limit": limit})
    return [int(number) for number in json.loads(found)]


def _conditions(where: QueueFilter) -> tuple[list[str], dict[str, Value]]:
    conditions = ["true"] if where.everything else []
    values: dict[str, Value] = {}
    if where.message_id is not None:
        conditions.append("queue.message_id = :message_id")
        values["message_id"] = where.message_id
    if where.recipient is not None:
        conditions.append("queue.recipient = :recipient COLLATE NOCASE")
        values["recipient"] = where.recipient
    if where.domain is not None:
        conditions.append("queue.domain = :domain")
        values["domain"] = where.domain.lower()
    if where.sender is not None:
        conditions.append("(SELECT sender FROM message WHERE id = queue.message_id) = :sender COLLATE NOCASE")
        values["sender"] = where.sender
    return conditions, values


def act_group(connection: Connection, effects: Effects, pieces: Sequence[tuple[Act, int]]) -> list[Piece]:
    """One piece of each act: the rows behind an id."""
    return [_act(connection, effects.bodies, act, after) for act, after in pieces]


def _act(connection: Connection, bodies: Bodies, act: Act, after: int) -> Piece:
    found = ids(connection, act.where, act.state, after=after, limit=ROWS_A_PIECE)
    if not found:
        return Piece([], None)
    chosen = json.dumps(found)
    messages: list[int] = json.loads(text(connection, QUEUE["messages_of"], chosen))
    if act.statement == "remove":
        _remove(connection, bodies, chosen, messages, act.chapter)
    elif act.due is None:
        connection.execute(QUEUE[act.statement], (chosen,))
    else:
        connection.execute(QUEUE[act.statement], (act.due, chosen))
    return Piece(sorted(messages), found[-1] if len(found) == ROWS_A_PIECE else None)


def _remove(connection: Connection, bodies: Bodies, chosen: str, messages: list[int], chapter: str) -> None:
    freed = Counter(message_id for _, message_id in json.loads(text(connection, QUEUE["waiting_ids"], chosen)))
    connection.execute(QUEUE["remove"], (chosen,))
    if chapter:
        connection.executemany(MESSAGE["tell"], [(chapter, message_id) for message_id in messages])
    change_refs(connection, bodies, Counter({message_id: -n for message_id, n in freed.items()}))
