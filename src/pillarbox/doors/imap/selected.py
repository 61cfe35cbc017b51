"""Who answers the commands of a selected mailbox, SELECT among them?"""

from collections.abc import Awaitable, Callable

from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion

SELECTED: dict[type[Command], Callable[..., Awaitable[Completion]]] = {}
"""One coroutine function (session, command) for each of them."""
