"""What happens to whole folders in SQLite, and to the names that users subscribe to?"""

import json
from collections import Counter
from collections.abc import Sequence

from apsw import Connection, ConstraintError

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FolderRow

from .effects import Effects
from .ledger import change_refs
from .statements import FOLDER, MESSAGE, UPKEEP, Value, rows, single, text

# What goes with a folder.
REMOVED_WITH = ("remove_entries", "remove_tombstones", "remove_rights", "remove_notes", "remove")


def find(connection: Connection, condition: str, *values: Value) -> list[FolderRow]:
    """The folders that meet ``condition``, by name."""
    found = [FolderRow(*columns) for columns in rows(connection, FOLDER["folders"].format(condition=condition), values)]
    for row in found:
        row.subscribed = bool(row.subscribed)
    return found


def find_one(connection: Connection, condition: str, *values: Value) -> FolderRow | None:
    """The folder that meets ``condition``."""
    found = find(connection, condition, *values)
    return found[0] if found else None


def add_group(
    connection: Connection, effects: Effects, added: Sequence[tuple[int, str, str | None, bool, float]]
) -> list[FolderRow]:
    """New folders of accounts: name, special use, whether subscribed, and the time."""
    made = []
    for account_id, name, special_use, subscribed, now in added:
        folder_id = new_folder(connection, account_id, name, special_use, now)
        if subscribed:
            _subscribe(connection, account_id, name, on=True)
        effects.changed.add(folder_id)
        made += find(connection, "id = ?", folder_id)
    return made


def new_folder(connection: Connection, account_id: int, name: str, special_use: str | None, now: float) -> int:
    """A new, empty folder; its id. StoreError when there is one of that name, or no such account."""
    uidvalidity = single(connection, UPKEEP["next_uidvalidity"], int(now))
    values: dict[str, Value] = {"account": account_id, "name": name, "uidvalidity": uidvalidity, "use": special_use}
    try:
        made = rows(connection, FOLDER["add"], values)
    except ConstraintError as error:
        raise StoreError(f"account {account_id} has a folder {name} already") from error
    if not made:
        raise StoreError(f"there is no account {account_id} any more")
    return int(made[0][0])


def rename_group(connection: Connection, effects: Effects, renamed: Sequence[tuple[int, str]]) -> list[list[FolderRow]]:
    """Rename folders and those below them."""
    return [_rename(connection, effects, folder_id, name) for folder_id, name in renamed]


def _rename(connection: Connection, effects: Effects, folder_id: int, name: str) -> list[FolderRow]:
    owner = rows(connection, FOLDER["owner"], (folder_id,))
    if not owner:
        raise StoreError(f"there is no folder {folder_id} any more")
    [(account_id, old)] = owner
    values: dict[str, Value] = {"account": account_id, "old": old, "new": name}
    try:
        changed = [int(number) for (number,) in rows(connection, FOLDER["rename"], values)]
    except ConstraintError as error:
        raise StoreError(f"account {account_id} has a folder under {name} already") from error
    effects.changed.update(changed)
    return find(connection, "id IN (SELECT value FROM json_each(?))", json.dumps(changed))


def use_group(connection: Connection, effects: Effects, used: Sequence[tuple[int, str | None]]) -> list[None]:
    """Replace the special uses of folders."""
    for folder_id, special_use in used:
        connection.execute(FOLDER["use"], (special_use, folder_id))
        effects.changed.add(folder_id)
    return [None] * len(used)


def remove_group(connection: Connection, effects: Effects, removed: Sequence[tuple[int, str]]) -> list[bool]:
    """Remove folders and what lies in them, telling the messages a chapter."""
    return [_remove(connection, effects, folder_id, chapter) for folder_id, chapter in removed]


def _remove(connection: Connection, effects: Effects, folder_id: int, chapter: str) -> bool:
    if not rows(connection, FOLDER["owner"], (folder_id,)):
        return False
    freed = Counter[int](dict(json.loads(text(connection, FOLDER["messages"], folder_id))))
    tell_all(connection, chapter, freed)
    for statement in REMOVED_WITH:
        connection.execute(FOLDER[statement], (folder_id,))
    change_refs(connection, effects.bodies, freed)
    effects.changed.add(folder_id)
    return True


def tell_all(connection: Connection, chapter: str, messages: "Counter[int]") -> None:
    """Add ``chapter``, unless it is empty, to the stories of ``messages``."""
    if chapter and messages:
        connection.execute(MESSAGE["tell_all"], {"chapter": chapter, "messages": json.dumps(list(messages))})


def take_recent(connection: Connection, folder_id: int) -> int:
    """The first UID that nobody was told of; all that is there counts as told now. Without news nothing is written."""
    found = rows(connection, FOLDER["take_recent"], (folder_id,))
    if not found:
        raise StoreError(f"there is no folder {folder_id} any more")
    [(recent, uidnext)] = found
    if recent < uidnext:
        connection.execute(FOLDER["told_recent"], (folder_id,))
    return int(recent)


def subscribe_group(
    connection: Connection, effects: Effects, subscribed: Sequence[tuple[int, str, bool]]
) -> list[None]:
    """Add names to the subscriptions of accounts, or take them away."""
    for account_id, name, on in subscribed:
        _subscribe(connection, account_id, name, on=on)
        folder = find_one(connection, "account_id = ? AND name = ?", account_id, name)
        if folder is not None:
            effects.changed.add(folder.id)
    return [None] * len(subscribed)


def _subscribe(connection: Connection, account_id: int, name: str, *, on: bool) -> None:
    connection.execute(FOLDER["subscribe" if on else "unsubscribe"], {"account": account_id, "name": name})
