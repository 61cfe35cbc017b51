"""How are entries taken out of a folder, copied and moved in SQLite?"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apsw import Connection

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Copied, CopyOrder, Flags, FolderRow

from .effects import Effects
from .folders import find_one, tell_all
from .ledger import change_refs
from .shelf import Holding
from .statements import ENTRY, MAILBOX, Row, Value, rows


@dataclass(slots=True)
class Sums:
    """By how much a folder's counters change."""

    given: int = 0
    messages: int = 0
    unseen: int = 0
    octets: int = 0
    deleted: int = 0
    deleted_octets: int = 0

    def add(self, times: int, flags: int, octets: int) -> None:
        """An entry came (1) or went (-1)."""
        self.messages += times
        self.octets += times * octets
        self.mark(times, flags, octets)

    def mark(self, times: int, flags: int, octets: int) -> None:
        """An entry has such flags now (1) or no more (-1)."""
        if not flags & Flags.SEEN.value:
            self.unseen += times
        if flags & Flags.DELETED.value:
            self.deleted += times
            self.deleted_octets += times * octets


def count(connection: Connection, effects: Effects, folder_id: int, sums: Sums) -> tuple[int, int]:
    """Count a folder on; the first UID given, and its new MODSEQ. StoreError when the folder is gone."""
    values: dict[str, Value] = {
        "folder": folder_id, "given": sums.given, "messages": sums.messages, "unseen": sums.unseen,
        "octets": sums.octets, "deleted": sums.deleted, "deleted_octets": sums.deleted_octets,
    }  # fmt: skip
    found = rows(connection, ENTRY["count"], values)
    if not found:
        raise StoreError(f"there is no folder {folder_id} any more")
    effects.changed.add(folder_id)
    [(uidnext, modseq)] = found
    return int(uidnext) - sums.given, int(modseq)


# --- taking out -----------------------------------------------------------------------------------------------------


def expunge_group(
    connection: Connection, effects: Effects, acts: Sequence[tuple[int, Sequence[int], str]]
) -> list[list[int]]:
    """Remove entries of folders, telling the messages a chapter; the UIDs removed."""
    return [expunge(connection, effects, folder_id, uids, chapter) for folder_id, uids, chapter in acts]


def expunge(connection: Connection, effects: Effects, folder_id: int, uids: Sequence[int], chapter: str) -> list[int]:
    """Remove entries of one folder."""
    leaving = _leaving(connection, folder_id, uids)
    if not leaving:
        return []
    gone = _take_out(connection, effects, folder_id, leaving)
    messages = Counter[int](message_id for _, message_id, _, _ in leaving)
    tell_all(connection, chapter, messages)
    change_refs(connection, effects.bodies, Counter({message_id: -n for message_id, n in messages.items()}))
    return gone


def _leaving(connection: Connection, folder_id: int, uids: Sequence[int]) -> list[Row]:
    return rows(connection, ENTRY["leaving"], {"folder": folder_id, "uids": json.dumps(list(uids))})


def _take_out(connection: Connection, effects: Effects, folder_id: int, leaving: list[Row]) -> list[int]:
    """Entries go, tombstones stay; their messages keep what they have."""
    sums = Sums()
    for _, _, flags, size in leaving:
        sums.add(-1, flags, size)
    _, modseq = count(connection, effects, folder_id, sums)
    gone = [uid for uid, _, _, _ in leaving]
    values: dict[str, Value] = {"folder": folder_id, "uids": json.dumps(gone)}
    connection.execute(ENTRY["remove"], values)
    connection.execute(ENTRY["bury"], {**values, "modseq": modseq})
    return gone


# --- copying and moving ---------------------------------------------------------------------------------------------


def copy_group(connection: Connection, effects: Effects, orders: Sequence[tuple[CopyOrder, float]]) -> list[Copied]:
    """Carry out orders; with each stands the time."""
    return [_copy(connection, effects, order, now) for order, now in orders]


def _copy(connection: Connection, effects: Effects, order: CopyOrder, now: float) -> Copied:
    source = find_one(connection, "id = ?", order.folder_id)
    target = find_one(connection, "id = ?", order.target)
    if source is None or target is None:
        raise StoreError(f"there is no folder {order.target if target is None else order.folder_id} any more")
    leaving = _leaving(connection, source.id, order.uids)
    if not leaving:
        return Copied(target.uidvalidity, [])
    sums = Sums(given=len(leaving))
    for _, _, flags, size in leaving:
        sums.add(1, flags & order.flags, size)
    stays = order.move and source.account_id == target.account_id
    if not stays and not _fits(connection, target, sums):
        return Copied(target.uidvalidity, [], full=True)
    first = _put_in(connection, effects, order, leaving, sums, now)
    return Copied(target.uidvalidity, [(row[0], first + at) for at, row in enumerate(leaving)])


def _fits(connection: Connection, target: FolderRow, sums: Sums) -> bool:
    [(quota_octets, quota_messages, octets, messages)] = rows(connection, MAILBOX["holding"], (target.account_id,))
    return Holding({}, octets, messages, quota_octets, quota_messages).fits(sums.octets, sums.messages)


def _put_in(
    connection: Connection, effects: Effects, order: CopyOrder, leaving: list[Row], sums: Sums, now: float
) -> int:
    """Entries of the same messages in the target; the first one's UID."""
    first, modseq = count(connection, effects, order.target, sums)
    uids = json.dumps([row[0] for row in leaving])
    connection.execute(ENTRY["copy"], {
        "target": order.target, "uidnext": first, "modseq": modseq, "now": now, "folder": order.folder_id, "uids": uids,
        "flags": order.flags, "keywords": order.keywords,
    })  # fmt: skip
    messages = Counter[int](row[1] for row in leaving)
    tell_all(connection, order.chapter, messages)
    if order.move:
        _take_out(connection, effects, order.folder_id, leaving)
    else:
        change_refs(connection, effects.bodies, messages)
    return first


def empty_group(connection: Connection, effects: Effects, orders: Sequence[tuple[int, int, str, float]]) -> list[int]:
    """Move all that lies in folders into others; how many entries."""
    moved = []
    for folder_id, target, chapter, now in orders:
        uids = [uid for (uid,) in rows(connection, ENTRY["uids"], (folder_id,))]
        copied = _copy(connection, effects, CopyOrder(folder_id, uids, target, True, chapter), now)
        if copied.full:
            raise StoreError(f"what lies in folder {folder_id} does not fit into the account of folder {target}")
        moved.append(len(copied.pairs))
    return moved
