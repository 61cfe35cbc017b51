"""Which shape has the database, and how does it get today's? By numbered steps, each in a transaction."""

from importlib.resources import files

from apsw import Connection

from pillarbox.store.interface import StoreError

from .statements import rows


def migrations() -> list[tuple[int, str]]:
    """The steps in their order: number and SQL."""
    folder = files(__package__).joinpath("sql", "migrations")
    found = [(int(step.name.partition("_")[0]), step.read_text("utf-8")) for step in folder.iterdir()]
    return sorted(found)


def version(connection: Connection) -> int:
    """The number of the last step that the database has seen; 0 for an empty one."""
    if not connection.table_exists("main", "meta"):
        return 0
    found = rows(connection, "SELECT value FROM meta WHERE name = 'version'")
    return int(found[0][0]) if found else 0


def migrate(connection: Connection) -> None:
    """Bring the database to today's shape. StoreError when a newer program made it."""
    steps = migrations()
    if version(connection) == steps[-1][0]:
        return
    # The number is read again under the write lock: two processes may open an old database at once.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _run(connection, steps)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run(connection: Connection, steps: list[tuple[int, str]]) -> None:
    present, known = version(connection), steps[-1][0]
    if present > known:
        raise StoreError(
            f"the store has shape {present}, made by a newer Pillarbox; this one knows shapes up to {known}. "
            "Install the newer version again, or restore a backup made before the upgrade."
        )
    for number, sql in steps:
        if number > present:
            connection.execute(sql)
            connection.execute("UPDATE meta SET value = ? WHERE name = 'version'", (number,))
