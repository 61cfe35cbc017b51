"""How does a local copy that had to wait get into its mailbox? The mailbox was full, or the sender wanted it later.

These rows have an account instead of a domain. The copy is filed in the transaction that removes the row: exactly once.
"""

from collections.abc import Sequence
from typing import Protocol

from pillarbox.deliver import local
from pillarbox.deliver.outcome import Deferred, Refused
from pillarbox.mail.reply import NO_SUCH_USER, STORE_UNAVAILABLE
from pillarbox.mail.route import Direct
from pillarbox.observe.story import Chapter
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, QueueItem

from .parcel import Parcel
from .settle import Settler
from .tools import Tools

HERE = Direct("the mailbox is ours")


class Accounts(Protocol):
    """What of the store knows accounts."""

    async def account_by_id(self, account_id: int) -> AccountRow | None:
        """The account, or None when it was removed."""


class Late:
    """Files late copies."""

    def __init__(self, accounts: Accounts, settler: Settler, tools: Tools) -> None:
        self._accounts = accounts
        self._settler = settler
        self._tools = tools

    async def file(self, items: Sequence[QueueItem]) -> None:
        """File all of ``items``, which are leased."""
        for item in items:
            parcel = Parcel(item.message, [item], HERE, Chapter(self._tools.clock.now))
            try:
                await self._file(parcel, item)
            except Exception as error:  # noqa: BLE001 - one copy that trips over a mistake of ours must not stop the others
                self._settler.abandon(parcel, error)

    async def _file(self, parcel: Parcel, item: QueueItem) -> None:
        try:
            account = await self._accounts.account_by_id(item.account_id or 0)
        except StoreError as error:
            parcel.chapter.add("unreadable", reason=str(error))
            self._settler.settle(parcel, [Deferred(parcel.recipients()[0], STORE_UNAVAILABLE)])
            return
        if account is None:
            self._settler.settle(parcel, [Refused(parcel.recipients()[0], NO_SUCH_USER)])
            return
        self._settler.file(parcel, local.filing(account.id, item.recipient, item.message.sender))
