"""How do folders come, go and get other names? RFC 9051 §6.3.4-6.3.8, with the rights of RFC 4314 §4."""

from collections.abc import Sequence
from dataclasses import replace

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FolderRow

from . import rights
from .finding import Finding, explained, missing, refused
from .folders import DELIMITER, INBOX, FolderNameError, folder_name
from .namespaces import full_name, parents, where
from .places import Place, TreeError, User
from .special_uses import UseError, joined


class Branches(Finding):
    """CREATE, DELETE, RENAME, SUBSCRIBE."""

    async def create(self, user: User, name: str, uses: Sequence[str] = ()) -> Place:
        """Make a folder, and those above it that there are none of; its place.

        TreeError: CANNOT for what no folder is called, ALREADYEXISTS, NOPERM, NONEXISTENT, USEATTR (RFC 6154 §3),
        LIMIT.
        """
        place = await self._new(user, name)
        if uses and not self._is_own(user, place):
            raise TreeError("USEATTR", "Only the owner of a mailbox says what it is used for")
        try:
            use = joined(uses)
        except UseError as error:
            raise TreeError("USEATTR", f"There is no such use here: {error}") from error
        made = await self._make(place, use)
        may = rights.ALL if self._is_own(user, place) else place.rights
        return Place(made, place.owner_id, place.owner, place.name, place.local, may)

    async def delete(self, user: User, name: str, *, peer: str = "") -> Place:
        """Remove a folder and what lies in it; where it was. INBOX stays, and so does what others lie below."""
        place, folder = await self.need(user, name, "x")
        if place.local == INBOX:
            raise TreeError("CANNOT", "INBOX is always there")
        below = place.local + DELIMITER
        if any(row.name.startswith(below) for row in await self._store.folders(place.owner_id)):
            raise TreeError("HASCHILDREN", "There are mailboxes below it; delete them first")
        chapter = self._chapter("folder_removed", user, peer, folder=place.name)
        if not await self._store.remove_folder(folder.id, chapter):
            raise missing(name)
        return place

    async def rename(self, user: User, old: str, new: str, *, peer: str = "") -> tuple[Place, Place]:
        """Give a folder and those below it another name; where it was and where it is now.

        RENAME of INBOX moves what lies in it into a new folder (RFC 9051 §6.3.6).
        """
        source = await self.find(user, old)
        if source.folder is None:
            raise missing(old)
        moves_inbox = source.local == INBOX
        if moves_inbox and not self._is_own(user, source):
            raise TreeError("CANNOT", "Nobody's INBOX but your own can be renamed")
        if "x" not in source.rights:
            raise refused(source)
        target = await self._new(user, new)
        if target.owner_id != source.owner_id:
            raise TreeError("CANNOT", "A mailbox cannot become another user's; copy what lies in it")
        if target.local.startswith(source.local + DELIMITER) and not moves_inbox:
            raise TreeError("CANNOT", "A mailbox cannot be put below itself")
        made = await (self._move_inbox if moves_inbox else self._move)(user, source, source.folder, target, peer)
        return source, Place(made, target.owner_id, target.owner, target.name, target.local, source.rights)

    async def subscribe(self, user: User, name: str, *, on: bool = True) -> str:
        """Add a name to the user's subscriptions or take it away, whether there is such a folder or not; the name."""
        try:
            owner, local = where(name)
        except FolderNameError as error:
            if on:
                raise TreeError("CANNOT", f"No mailbox can be called that: {error}") from error
            owner, local = "", name
        kept = full_name(owner, local) if owner and owner != user.address else local
        if on and len(await self._store.subscriptions(user.id)) >= self._settings.subscriptions:
            raise TreeError("LIMIT", f"There are at most {self._settings.subscriptions} subscriptions")
        await self._store.subscribe(user.id, kept, on)
        return kept

    # --- parts of these ---

    async def _new(self, user: User, name: str) -> Place:
        """The place for a folder that is not there yet, where the user may make one.

        ``rights`` are those in the folder above, which the new one begins with.
        """
        try:
            where(name)
        except FolderNameError as error:
            raise TreeError("CANNOT", f"No mailbox can be called that: {error}") from error
        place = await self.find(user, name)
        if place.folder is not None:
            raise TreeError("ALREADYEXISTS", f"There is a mailbox {place.name} already")
        if self._is_own(user, place):
            return place
        return await self._new_below(user, place)

    async def _new_below(self, user: User, place: Place) -> Place:
        """In another's tree one may make folders below one where one has the right to (RFC 4314 §4, CREATE)."""
        present = {row.name: row for row in await self._store.folders(place.owner_id)}
        above = next((present[name] for name in reversed(parents(place.local)) if name in present), None)
        granted = await self._store.rights(above.id) if above is not None else {}
        may = rights.effective(granted, user.address)
        if "k" not in may:
            raise refused(replace(place, rights=may))
        if place.local in present:  # the user has no rights in it
            raise TreeError("NOPERM", f"You may not make {place.name}")
        return replace(place, rights=may)

    async def _make(self, place: Place, use: str | None = None) -> FolderRow:
        """Make the folder of ``place``, and those above it, with the rights of the lowest that is there."""
        present = {row.name: row for row in await self._store.folders(place.owner_id)}
        wanted = [name for name in parents(place.local) if name not in present]
        if len(present) + len(wanted) + 1 > self._settings.folders:
            raise TreeError("LIMIT", f"There are at most {self._settings.folders} mailboxes")
        for name in wanted:
            present[name] = await self._add(place.owner_id, name, None, present)
        return await self._add(place.owner_id, place.local, use, present)

    async def _add(self, owner_id: int, name: str, use: str | None, present: dict[str, FolderRow]) -> FolderRow:
        try:
            made = await self._store.add_folder(owner_id, name, use, subscribed=False)
        except StoreError as error:
            raise explained(error, "ALREADYEXISTS", f"There is a mailbox {name} already") from error
        above = present.get(name.rpartition(DELIMITER)[0])
        granted = await self._store.rights(above.id) if above is not None else {}
        for identifier, letters in granted.items():
            await self._store.set_rights(made.id, identifier, letters)
        return made

    async def _make_parents(self, target: Place) -> None:
        above = parents(target.local)
        if above and await self._store.folder(target.owner_id, above[-1]) is None:
            await self._make(Place(None, target.owner_id, target.owner, above[-1], above[-1], target.rights))

    async def _move(self, _user: User, source: Place, folder: FolderRow, target: Place, _peer: str) -> FolderRow:
        below = source.local + DELIMITER
        for row in await self._store.folders(source.owner_id):
            if row.name.startswith(below):
                _check(target.local + row.name[len(source.local) :])
        await self._make_parents(target)
        try:
            moved = await self._store.rename_folder(folder.id, target.local)
        except StoreError as error:
            raise explained(error, "ALREADYEXISTS", f"There is a mailbox {target.name} already") from error
        return next(row for row in moved if row.id == folder.id)

    async def _move_inbox(self, user: User, source: Place, folder: FolderRow, target: Place, peer: str) -> FolderRow:
        made = await self._make(target)
        chapter = self._chapter("inbox_renamed", user, peer, folder=source.name, to=target.name)
        await self._store.empty_into(folder.id, made.id, chapter)
        return made


def _check(name: str) -> None:
    """A folder below a renamed one must have a name that is none too long."""
    try:
        folder_name(name)
    except FolderNameError as error:
        raise TreeError("CANNOT", f"A mailbox below it could not be called {name}: {error}") from error
