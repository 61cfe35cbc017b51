"""How is a user kept in SQLite, with a password, quota and folders?"""

import json
from collections import Counter
from collections.abc import Sequence

from apsw import Connection, ConstraintError

from pillarbox.mail.address import Address, AddressError
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, ScramRow

from .effects import Effects
from .folders import new_folder
from .ledger import change_refs
from .statements import DIRECTORY, FOLDER, QUEUE, Row, Value, rows, single, text

# What goes with an account, before its folders.
REMOVED_FROM = (
    "remove_entries", "remove_tombstones", "remove_subscriptions", "remove_rights", "remove_own_notes",
    "remove_folder_notes",
)  # fmt: skip


def domain_of(address: str) -> str:
    """The part of a key form behind its last @."""
    return address.rpartition("@")[2]


def key_of(address: str) -> str:
    """The form in which an address that a person wrote is compared."""
    try:
        return Address.parse(address).key
    except AddressError:
        return address.casefold()


def find(connection: Connection, condition: str, *values: Value) -> list[AccountRow]:
    """The accounts that meet ``condition``, with what they hold."""
    sql = DIRECTORY["accounts"].format(condition=condition)
    return [_row(columns) for columns in rows(connection, sql, values)]


def _row(columns: Row) -> AccountRow:
    number, address, name, password, salt, iterations, stored, server, *rest = columns
    scram = None if salt is None else ScramRow(salt, iterations, stored, server)
    row = AccountRow(number, address, name, password, scram, *rest)
    row.enabled = bool(row.enabled)
    return row


def _scram(scram: ScramRow | None) -> tuple[Value, ...]:
    if scram is None:
        return None, None, None, None
    return scram.salt, scram.iterations, scram.stored_key, scram.server_key


def add(connection: Connection, row: AccountRow, folders: Sequence[tuple[str, str | None]], now: float) -> int:
    """A new user with folders; the id. StoreError when the address is taken."""
    values = (row.address, domain_of(row.address), row.name, row.password, *_scram(row.scram), row.quota_octets,
              row.quota_messages, row.enabled, row.created)  # fmt: skip
    try:
        account_id = single(connection, DIRECTORY["add_account"], *values)
    except ConstraintError as error:
        raise StoreError(f"there is an account {row.address} already") from error
    assert isinstance(account_id, int)
    for name, special_use in folders:
        new_folder(connection, account_id, name, special_use, now)
        connection.execute(FOLDER["subscribe"], {"account": account_id, "name": name})
    return account_id


def set_password(connection: Connection, account_id: int, password: str | None, scram: ScramRow | None) -> None:
    """Replace what a login is checked against."""
    connection.execute(DIRECTORY["set_password"], (password, *_scram(scram), account_id))


def change(connection: Connection, row: AccountRow) -> None:
    """Replace name, quota and enabled."""
    connection.execute(
        DIRECTORY["change_account"], (row.name, row.quota_octets, row.quota_messages, row.enabled, row.id)
    )


def remove_group(connection: Connection, effects: Effects, account_ids: Sequence[int]) -> list[bool]:
    """Remove users with all their mail."""
    return [_remove(connection, effects, account_id) for account_id in account_ids]


def _remove(connection: Connection, effects: Effects, account_id: int) -> bool:
    freed = Counter(dict(json.loads(text(connection, DIRECTORY["account_messages"], account_id))))
    waiting = text(connection, DIRECTORY["account_waiting"], account_id)
    for _, message_id in json.loads(text(connection, QUEUE["waiting_ids"], waiting)):
        freed[message_id] -= 1
    connection.execute(QUEUE["remove"], (waiting,))
    for statement in REMOVED_FROM:
        connection.execute(DIRECTORY[statement], (account_id,))
    effects.changed.update(folder_id for (folder_id,) in rows(connection, DIRECTORY["remove_folders"], (account_id,)))
    change_refs(connection, effects.bodies, freed)
    return single(connection, DIRECTORY["remove_account"], account_id) is not None
