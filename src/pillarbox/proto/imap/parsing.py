"""Which command do these octets say? One parser a name. RFC 9051 §6."""

from collections.abc import Callable
from functools import partial

from . import (
    commands,
    fetch_items,
    general_commands,
    list_options,
    mailbox_commands,
    message_commands,
    metadata_commands,
    notify_command,
    searches,
    sharing_commands,
)
from .commands import Command
from .grammar import Cursor
from .settings import ServerSettings

Parser = Callable[[Cursor], Command]
# One that looks at the bounds.
BoundedParser = Callable[[Cursor, ServerSettings], Command]


def parse(verb: str, cursor: Cursor, settings: ServerSettings) -> Command:
    """The command ``verb``, one of PARSERS or BOUNDED, with its arguments. RefusedError when they are wrong."""
    parser = PARSERS.get(verb)
    command = parser(cursor) if parser is not None else BOUNDED[verb](cursor, settings)
    cursor.end()
    return command


def _alone(command: Command) -> Parser:
    """A command without arguments."""
    return lambda _cursor: command


PARSERS: dict[str, Parser] = {
    "FETCH": partial(fetch_items.fetch, uid=False),
    "UID FETCH": partial(fetch_items.fetch, uid=True),
    "STORE": partial(message_commands.store, uid=False),
    "UID STORE": partial(message_commands.store, uid=True),
    "COPY": partial(message_commands.copy, uid=False, move=False),
    "UID COPY": partial(message_commands.copy, uid=True, move=False),
    "MOVE": partial(message_commands.copy, uid=False, move=True),
    "UID MOVE": partial(message_commands.copy, uid=True, move=True),
    "EXPUNGE": _alone(commands.Expunge()),
    "UID EXPUNGE": message_commands.uid_expunge,
    "UIDBATCHES": message_commands.uid_batches,
    "CANCELUPDATE": searches.cancel_update,
    "NOOP": _alone(commands.Noop()),
    "CHECK": _alone(commands.Check()),
    "CLOSE": _alone(commands.Close()),
    "UNSELECT": _alone(commands.Close(expunge=False)),
    "CAPABILITY": _alone(commands.Capability()),
    "LOGOUT": _alone(commands.Logout()),
    "IDLE": _alone(commands.Idle()),
    "NAMESPACE": _alone(commands.Namespace()),
    "UNAUTHENTICATE": _alone(commands.Unauthenticate()),
    "ID": general_commands.id_,
    "COMPRESS": general_commands.compress,
    "SELECT": partial(mailbox_commands.select, read_only=False),
    "EXAMINE": partial(mailbox_commands.select, read_only=True),
    "CREATE": mailbox_commands.create,
    "DELETE": mailbox_commands.delete,
    "RENAME": mailbox_commands.rename,
    "SUBSCRIBE": partial(mailbox_commands.subscribe, on=True),
    "UNSUBSCRIBE": partial(mailbox_commands.subscribe, on=False),
    "STATUS": mailbox_commands.status,
    "LIST": list_options.list_,
    "LSUB": list_options.lsub,
    "GETMETADATA": metadata_commands.get,
    "SETMETADATA": metadata_commands.set_,
    "SETACL": sharing_commands.set_acl,
    "DELETEACL": sharing_commands.delete_acl,
    "GETACL": sharing_commands.get_acl,
    "LISTRIGHTS": sharing_commands.list_rights,
    "MYRIGHTS": sharing_commands.my_rights,
    "GETQUOTA": sharing_commands.get_quota,
    "GETQUOTAROOT": sharing_commands.get_quota_root,
    "SETQUOTA": sharing_commands.set_quota,
}

BOUNDED: dict[str, BoundedParser] = {
    "SEARCH": partial(searches.search, uid=False),
    "UID SEARCH": partial(searches.search, uid=True),
    "SORT": partial(searches.sort, uid=False),
    "UID SORT": partial(searches.sort, uid=True),
    "THREAD": partial(searches.thread, uid=False),
    "UID THREAD": partial(searches.thread, uid=True),
    "ESEARCH": searches.esearch,
    "NOTIFY": notify_command.notify,
}
