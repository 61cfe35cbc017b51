"""How are a folder in the tree, and what cannot be done in it, said to those who ask?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.store.rows import AccountRow, FolderRow


class User(Protocol):
    """Who asks: an account that is signed in."""

    @property
    def id(self) -> int:
        """The account's id."""

    @property
    def address(self) -> str:
        """The account's address in its key form."""


class TreeError(Exception):
    """It cannot be done: a response code of RFC 5530 or an extension, and a sentence for the user.

    ``bad`` tells that what was asked for is no such thing at all, which IMAP answers with BAD.
    """

    def __init__(self, code: str, text: str, *, bad: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.bad = bad


@dataclass(frozen=True, slots=True)
class Place:
    """A name in the tree as one user sees it. ``folder`` is None where there is none, or one without rights for them.

    ``name`` is the whole name, ``local`` the name in the owner's own tree; ``rights`` are those of RFC 4314 that the
    user has there ("" without a folder, but for the user's own tree, where all may be made).
    """

    folder: FolderRow | None
    owner_id: int
    owner: str
    name: str
    local: str
    rights: str


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """Bounds of one account's tree.

    ``folders`` it may have and ``subscriptions``; ``identifiers`` that have rights in one folder (RFC 4314);
    ``note_octets`` of one value, ``notes`` of one mailbox or of the server that one user sees (RFC 5464).
    """

    folders: int = 5_000
    subscriptions: int = 10_000
    identifiers: int = 200
    note_octets: int = 64 * 1024
    notes: int = 100


class TreeStore(Protocol):
    """What the tree needs of the store; see ``store.interface``."""

    async def folders(self, account_id: int) -> list[FolderRow]: ...

    async def folder(self, account_id: int, name: str) -> FolderRow | None: ...

    def add_folder(
        self, account_id: int, name: str, special_use: str | None = None, *, subscribed: bool = True
    ) -> "asyncio.Future[FolderRow]": ...

    def rename_folder(self, folder_id: int, name: str) -> "asyncio.Future[list[FolderRow]]": ...

    def remove_folder(self, folder_id: int, chapter: str) -> "asyncio.Future[bool]": ...

    def empty_into(self, folder_id: int, target: int, chapter: str) -> "asyncio.Future[int]": ...

    def set_special_use(self, folder_id: int, special_use: str | None) -> "asyncio.Future[None]": ...

    async def subscriptions(self, account_id: int) -> list[str]: ...

    def subscribe(self, account_id: int, name: str, on: bool) -> "asyncio.Future[None]": ...

    async def rights(self, folder_id: int) -> dict[str, str]: ...

    async def rights_in(self, folder_ids: Sequence[int]) -> dict[int, dict[str, str]]: ...

    def set_rights(self, folder_id: int, identifier: str, rights: str | None) -> "asyncio.Future[None]": ...

    async def shared_with(self, account_id: int) -> list[tuple[str, FolderRow]]: ...

    async def notes(self, account_id: int, folder_id: int) -> dict[str, bytes]: ...

    def set_notes(
        self, account_id: int, folder_id: int, values: Mapping[str, bytes | None]
    ) -> "asyncio.Future[None]": ...

    async def account(self, address: str) -> AccountRow | None: ...

    async def account_by_id(self, account_id: int) -> AccountRow | None: ...
