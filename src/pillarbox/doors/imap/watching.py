"""What happens in other mailboxes, for those who asked to be told? RFC 5465 §5, §6.

The store says which folders a commit has changed. A folder that is known is compared with what was last told of it;
the whole tree is looked at again only when a folder came, left or changed its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.inbox.places import Place
from pillarbox.proto.imap import list_responses, sharing_responses
from pillarbox.proto.imap.commands import EventGroup
from pillarbox.store.rows import FolderRow

from . import status
from .hub import NotesChanged, RightsChanged
from .session import Session
from .sources import means

_MESSAGES = frozenset({"MessageNew", "MessageExpunge"})
_TREE = frozenset({"MailboxName", "SubscriptionChange"})


class TooManyFolders(Exception):
    """More folders would be watched than may be (RFC 5465 §5.8)."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A folder as the client knows it."""

    place: Place
    subscribed: bool

    @property
    def row(self) -> FolderRow:
        assert self.place.folder is not None
        return self.place.folder


class Watching:
    """What one NOTIFY asked for. ``selected`` is its group for the selected mailbox, None when there is none."""

    __slots__ = (
        "_changed", "_everything", "_groups", "_known", "_notes", "_of_tree", "_session", "_strangers",
        "_subscribed", "selected",
    )  # fmt: skip

    def __init__(self, session: Session, groups: Sequence[EventGroup]) -> None:
        of_selected = [group for group in groups if group.sources.kind.startswith("selected")]
        self.selected = of_selected[0] if of_selected else None
        self._session = session
        self._groups = [group for group in groups if not group.sources.kind.startswith("selected")]
        self._of_tree = any(not _TREE.isdisjoint(group.events) for group in self._groups)
        self._known: dict[int, _Seen] = {}
        self._subscribed: frozenset[str] = frozenset()
        # Folders of others that this user cannot see, so that mail for them costs one look only.
        self._strangers: set[int] = set()
        self._changed: set[int] = set()
        self._everything = False
        self._notes: list[NotesChanged] = []

    @property
    def at_once(self) -> bool:
        """Whether the selected mailbox is told of as soon as something happens in it."""
        return self.selected is not None and bool(self.selected.events)

    # --- the beginning and the end ---

    async def begin(self) -> None:
        """Know what is there, and listen from now on. TooManyFolders; StoreError."""
        services = self._session.role.services
        if self._groups:
            services.mailboxes.watch(self._heard)
            services.hub.listen(self._told)
        try:
            await self._look()
        except BaseException:
            self.end()
            raise
        if len(self._known) > self._session.role.settings.notify_folders:
            self.end()
            raise TooManyFolders

    def end(self) -> None:
        """Listen no more."""
        services = self._session.role.services
        services.mailboxes.unwatch(self._heard)
        services.hub.leave(self._told)

    async def absorb(self) -> None:
        """The client has changed the tree itself: it need not be told (RFC 5465 §5)."""
        if self._groups:
            await self._look()

    async def _look(self) -> None:
        session = self._session
        services = session.role.services
        self._everything = False
        self._changed.clear()
        subscribed = await services.store.subscriptions(session.account.id) if self._of_tree or self._by_name() else []
        places = await services.tree.places(session.account) if self._groups else []
        self._subscribed = frozenset(subscribed)
        self._known = {
            place.folder.id: _Seen(place, place.name in self._subscribed)
            for place in places
            if place.folder is not None
        }

    def _by_name(self) -> bool:
        return any(group.sources.kind == "subscribed" for group in self._groups)

    # --- listening ---

    def _heard(self, folder_ids: frozenset[int]) -> None:
        """A commit has changed folders; none named: any."""
        if not folder_ids:
            self._everything = True
        else:
            new = folder_ids - self._strangers
            if not new:
                return
            self._changed |= new
        self._session.changed()

    def _told(self, change: NotesChanged | RightsChanged) -> None:
        if isinstance(change, RightsChanged):
            self._strangers.discard(change.folder_id)
            self._changed.add(change.folder_id)
        elif change.origin is self._session:
            return
        else:
            self._notes.append(change)
        self._session.changed()

    # --- telling ---

    async def tell(self) -> None:
        """Say what has happened since. StoreError: it is said the next time."""
        if self._everything or await self._tree_changed():
            await self._tell_tree()
        else:
            changed, self._changed = self._changed, set()
            for folder_id in sorted(changed & self._known.keys()):
                await self._tell_folder(folder_id)
        notes, self._notes = self._notes, []
        for change in notes:
            self._tell_notes(change)

    async def tell_all(self) -> None:
        """STATUS of all mailboxes whose messages are watched, as NOTIFY SET STATUS wants (RFC 5465 §3.1)."""
        for seen in list(self._known.values()):
            await self._tell_status(seen)

    async def _tree_changed(self) -> bool:
        """Whether a folder that is not known changed and can be seen, or a known one is gone or called otherwise."""
        store = self._session.role.services.store
        for folder_id in sorted(self._changed):
            row = await store.folder_by_id(folder_id)
            seen = self._known.get(folder_id)
            if seen is not None:
                if row is None or row.name != seen.row.name or row.subscribed != seen.row.subscribed:
                    return True
            elif row is not None and await self._sees(row):
                return True
            else:
                self._remember_stranger(folder_id)
        return False

    async def _sees(self, row: FolderRow) -> bool:
        services, account = self._session.role.services, self._session.account
        if row.account_id == account.id:
            return True
        shared = await services.store.shared_with(account.id)
        return any(other.id == row.id for _, other in shared)

    def _remember_stranger(self, folder_id: int) -> None:
        self._changed.discard(folder_id)
        if len(self._strangers) >= self._session.role.settings.notify_folders * 10:
            self._strangers.clear()
        self._strangers.add(folder_id)

    async def _tell_tree(self) -> None:
        """Compare the whole tree with what the client knows."""
        before, subscribed = self._known, self._subscribed
        await self._look()
        for folder_id, seen in before.items():
            if folder_id not in self._known:
                self._tell_name(seen.place.name, ("\\NonExistent",), seen)
        for folder_id, seen in self._known.items():
            old = before.get(folder_id)
            if old is None:
                self._tell_name(seen.place.name, _attributes(seen), seen)
            elif old.place.name != seen.place.name:
                self._tell_name(seen.place.name, _attributes(seen), seen, old.place.name)
            await self._tell_counts(old, seen)
        self._tell_subscriptions(subscribed)

    async def _tell_folder(self, folder_id: int) -> None:
        session, old = self._session, self._known[folder_id]
        row = await session.role.services.store.folder_by_id(folder_id)
        if row is not None:
            place = old.place
            fresh = Place(row, place.owner_id, place.owner, place.name, place.local, place.rights)
            self._known[folder_id] = seen = _Seen(fresh, old.subscribed)
            await self._tell_counts(old, seen)

    async def _tell_counts(self, old: _Seen | None, seen: _Seen) -> None:
        """What happened to messages, of a mailbox that is not selected."""
        events = self._events(seen)
        if not events >= _MESSAGES or self._is_selected(seen.row.id):
            return
        if old is None:
            happened = seen.row.messages > 0
        elif "FlagChange" in events:
            happened = seen.row.modseq != old.row.modseq
        else:
            happened = (seen.row.messages, seen.row.uidnext) != (old.row.messages, old.row.uidnext)
        if happened:
            await self._tell_status(seen)

    async def _tell_status(self, seen: _Seen) -> None:
        events = self._events(seen)
        if not events >= _MESSAGES or "r" not in seen.place.rights or self._is_selected(seen.row.id):
            return
        # RFC 5465 §5.1 to §5.3: what a client needs to see what happened.
        items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]
        if "FlagChange" in events:
            items.append("UNSEEN")
        if self._session.wants("CONDSTORE"):
            items.append("HIGHESTMODSEQ")
        self._session.send(await status.line(self._session, seen.place, items))

    def _tell_name(self, name: str, attributes: Sequence[str], seen: _Seen, old_name: str | None = None) -> None:
        """RFC 5465 §5.4."""
        if "MailboxName" in self._events(seen):
            session = self._session
            session.send(list_responses.list_response(name, attributes, utf8=session.utf8, old_name=old_name))

    def _tell_subscriptions(self, before: frozenset[str]) -> None:
        """RFC 5465 §5.5."""
        places = {seen.place.name: seen for seen in self._known.values()}
        for name in sorted(before ^ self._subscribed):
            seen = places.get(name)
            if "SubscriptionChange" in self._events_of(name, seen):
                attributes = ["\\Subscribed"] if name in self._subscribed else []
                attributes += ["\\NonExistent"] if seen is None else []
                session = self._session
                session.send(list_responses.list_response(name, attributes, utf8=session.utf8))

    def _tell_notes(self, change: NotesChanged) -> None:
        """RFC 5465 §5.6, §5.7; private notes are their owner's business."""
        session = self._session
        own = change.account_id == session.account.id
        entries = [entry for entry in change.entries if own or entry.startswith("/shared/")]
        if not entries:
            return
        if not change.folder_id:
            if any("ServerMetadataChange" in group.events for group in self._groups):
                session.send(sharing_responses.metadata_changed("", entries, utf8=session.utf8))
            return
        seen = self._known.get(change.folder_id)
        if seen is not None and "MailboxMetadataChange" in self._events(seen):
            session.send(sharing_responses.metadata_changed(seen.place.name, entries, utf8=session.utf8))

    # --- which group is meant ---

    def _is_selected(self, folder_id: int) -> bool:
        selected = self._session.selected
        return selected is not None and selected.mailbox.folder.id == folder_id

    def _events(self, seen: _Seen) -> frozenset[str]:
        return self._events_of(seen.place.name, seen)

    def _events_of(self, name: str, seen: _Seen | None) -> frozenset[str]:
        """RFC 5465 §3.1: the first group that a mailbox belongs to says what is told of it."""
        own = seen is None or seen.place.owner_id == self._session.account.id
        for group in self._groups:
            if means(group.sources, name, own=own, subscribed=name in self._subscribed):
                return group.events
        return frozenset()


def _attributes(seen: _Seen) -> tuple[str, ...]:
    return ("\\Subscribed",) if seen.subscribed else ()


def stop(session: Session) -> None:
    """Watch nothing any more."""
    if session.watching is not None:
        session.watching.end()
        session.watching = None
