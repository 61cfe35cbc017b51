"""Which folder does a name mean for a user, and what may the user do there? RFC 4314 §4."""

from collections.abc import Mapping

from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter, Evidence
from pillarbox.store.interface import StoreError, StoreFull, StoreUnavailable
from pillarbox.store.rows import FolderRow

from . import rights
from .folders import FolderNameError
from .namespaces import full_name, where
from .places import Place, TreeError, TreeSettings, TreeStore, User

_SERVICE = "IMAP"


class Finding:
    """What all parts of the tree stand on."""

    def __init__(self, store: TreeStore, clock: Clock, settings: TreeSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or TreeSettings()

    async def find(self, user: User, name: str) -> Place:
        """The place of ``name``; names that can be nobody's, and what the user has no rights in, have no folder."""
        try:
            owner, local = where(name)
        except FolderNameError:
            return Place(None, user.id, user.address, name, name, "")
        if not owner or owner == user.address:
            folder = await self._store.folder(user.id, local)
            return Place(folder, user.id, user.address, local, local, rights.ALL)
        return await self._of_other(user, owner, local)

    async def _of_other(self, user: User, owner: str, local: str) -> Place:
        name = full_name(owner, local)
        account = await self._store.account(owner)
        if account is None:
            return Place(None, 0, owner, name, local, "")
        folder = await self._store.folder(account.id, local)
        granted = await self._store.rights(folder.id) if folder is not None else {}
        may = rights.effective(granted, user.address)
        return Place(folder if may else None, account.id, owner, name, local, may)

    async def need(self, user: User, name: str, wanted: str) -> tuple[Place, FolderRow]:
        """The place and folder of ``name``, where the user must have all rights in ``wanted``.

        TreeError NONEXISTENT when there is no such folder or the user may not know of it, NOPERM when it may.
        """
        place = await self.find(user, name)
        if place.folder is None:
            raise missing(name)
        if not set(wanted) <= set(place.rights):
            raise refused(place)
        return place, place.folder

    def _chapter(self, kind: str, user: User, peer: str, **evidence: Evidence) -> str:
        chapter = Chapter(self._clock.now)
        chapter.add(kind, user=user.address, service=_SERVICE, peer=peer, **evidence)
        return chapter.encode()

    @staticmethod
    def _is_own(user: User, place: Place) -> bool:
        return place.owner_id == user.id


def missing(name: str) -> TreeError:
    """There is no folder ``name``, as far as the user may know."""
    return TreeError("NONEXISTENT", f"There is no mailbox {name}")


def refused(place: Place) -> TreeError:
    """The user lacks a right; whoever may not look a folder up does not learn that it is there."""
    if "l" not in place.rights:
        return missing(place.name)
    return TreeError("NOPERM", f"You may not do that in {place.name}")


def explained(error: StoreError, code: str, text: str) -> StoreError | TreeError:
    """What a refusal of the store is to the user; its failures stay what they are."""
    if isinstance(error, StoreFull | StoreUnavailable):
        return error
    return TreeError(code, text)


def rights_of(granted: Mapping[int, Mapping[str, str]], folder: FolderRow, user: User) -> str:
    """What ``user`` may do in a folder of another."""
    return rights.effective(granted.get(folder.id, {}), user.address)
