"""How does POP3 see an inbox? As a drop that stands still while it is open, and is changed at the end. RFC 1939 §4-6.

Numbers, sizes and UIDs of all messages are read once and kept in arrays, 25 octets a message. What the session removes
is removed in one transaction when it says so; what it fetched is noted in the messages' stories a few at a time.
"""

import asyncio
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.story import Chapter, Evidence
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import EntryRow, Flags, FolderRow

from .reads import Fetcher, Reads

_FOLDER = "INBOX"
_SERVICE = "POP3"
# What a message's octet in ``Drop._state`` says: it has been seen, its story tells of this session.
_SEEN = Flags.SEEN.value
_TOLD = 128


@dataclass(frozen=True, slots=True)
class DropSettings:
    """Times in seconds."""

    exclusive: bool = True
    """One session at a time for each inbox, as RFC 1939 §4 has it; else several see it, each as it was at its begin."""
    expire: float | None = None
    """Read mail older than this goes at QUIT (EXPIRE of RFC 2449 §6.7, announced in whole days); None keeps it."""
    login_delay: float = 0.0
    """The least time between two sessions of a user (LOGIN-DELAY of RFC 2449 §6.5)."""
    login_delay_entries: int = 10_000
    """Users whose last session is remembered for it."""
    reads_noted: int = 100
    """Fetched messages that may wait before they are noted in the store."""


class DropInUseError(Exception):
    """Another session has the drop open."""


class DropTooSoonError(Exception):
    """The user opened the drop a moment ago."""


class MessageGoneError(Exception):
    """The message was removed by somebody else while the drop was open."""


class DropStore(Protocol):
    """What a drop needs of the store; see ``store.interface``."""

    async def folder(self, account_id: int, name: str) -> FolderRow | None: ...

    async def entries(self, folder_id: int) -> list[EntryRow]: ...

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes: ...

    async def read_small(self, message_id: int) -> bytes | None: ...

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...

    def tell_all(self, message_ids: Sequence[int], chapter: str) -> "asyncio.Future[None]": ...

    def set_flags(self, folder_id: int, uids: Sequence[int], add: int, remove: int) -> "asyncio.Future[int]": ...

    def expunge(self, folder_id: int, uids: Sequence[int], chapter: str) -> "asyncio.Future[list[int]]": ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who opens a drop: the account, its address and the peer's IP address, for the stories."""

    account_id: int
    user: str
    peer: str


class DropBox:
    """Opens drops, and knows which are open."""

    def __init__(self, store: DropStore, clock: Clock, log: Log, settings: DropSettings | None = None) -> None:
        self.store = store
        self.clock = clock
        self.log = log
        self.settings = settings or DropSettings()
        self._open: dict[int, int] = {}
        self._opened_at: dict[int, float] = {}

    async def open(self, reader: Reader) -> "Drop":
        """The reader's inbox as it is now. The drop must be closed.

        Raises DropInUseError, DropTooSoonError, or StoreError when the inbox cannot be read.
        """
        self._admit(reader.account_id)
        try:
            folder = await self.store.folder(reader.account_id, _FOLDER)
            if folder is None:
                raise StoreError(f"{reader.user} has no {_FOLDER} any more")
            rows = await self.store.entries(folder.id)
        except BaseException:
            self.release(reader.account_id)
            raise
        self._remember(reader.account_id)
        return Drop(self, reader, folder, rows)

    def release(self, account_id: int) -> None:
        """A session is over; called by its drop."""
        left = self._open[account_id] - 1
        if left:
            self._open[account_id] = left
        else:
            del self._open[account_id]

    @property
    def sessions(self) -> int:
        """How many drops are open."""
        return sum(self._open.values())

    def _admit(self, account_id: int) -> None:
        held = self._open.get(account_id, 0)
        if held and self.settings.exclusive:
            raise DropInUseError
        delay = self.settings.login_delay
        if delay and self._opened_at.get(account_id, -delay) + delay > self.clock.monotonic():
            raise DropTooSoonError
        self._open[account_id] = held + 1

    def _remember(self, account_id: int) -> None:
        if not self.settings.login_delay:
            return
        self._opened_at.pop(account_id, None)
        while len(self._opened_at) >= self.settings.login_delay_entries:
            del self._opened_at[next(iter(self._opened_at))]
        self._opened_at[account_id] = self.clock.monotonic()


class Drop:
    """One inbox as one session sees it; messages are numbered from 1 (RFC 1939 §4)."""

    __slots__ = (
        "_box", "_commit", "_expired", "_folder", "_message_ids", "_newly_seen", "_notes", "_open", "_reader", "_reads",
        "_state", "_store", "_uids", "sizes",
    )  # fmt: skip

    def __init__(self, box: DropBox, reader: Reader, folder: FolderRow, rows: list[EntryRow]) -> None:
        self._box = box
        self._store = box.store
        self._reader = reader
        self._folder = folder
        self._uids = array("Q", [row.uid for row in rows])
        self._message_ids = array("Q", [row.message_id for row in rows])
        self._state = bytearray([row.flags & _SEEN for row in rows])
        self._expired = self._past_date(rows)
        fetcher = Fetcher(reader.user, _SERVICE, reader.peer)
        self._reads = Reads(box.store, box.clock, box.log, fetcher, box.settings.reads_noted)
        self._newly_seen: list[int] = []
        self._notes: set[asyncio.Future[int]] = set()
        self._commit: asyncio.Future[list[int]] | None = None
        self._open = True
        self.sizes: Sequence[int] = array("Q", [row.size for row in rows])
        """Octets of each message, its recipient's own lines included."""

    def unique_id(self, number: int) -> str:
        """UID and UIDVALIDITY in hexadecimal: never given to another message of this inbox (RFC 1939 §7, UIDL)."""
        return f"{self._uids[number - 1]:08x}{self._folder.uidvalidity:08x}"

    def message_id(self, number: int) -> int:
        """The id of a message in this server."""
        return self._message_ids[number - 1]

    async def read(self, number: int) -> AsyncGenerator[bytes, None]:
        """The octets of a message in slices. MessageGoneError before the first when somebody has removed it."""
        at = number - 1
        message_id = self._message_ids[at]
        try:
            prefix = await self._store.entry_prefix(self._folder.id, self._uids[at])
            small = await self._store.read_small(message_id)
            if small is not None:
                yield prefix + small
                return
            pieces = self._store.read_slices(message_id)
            try:
                async for piece in pieces:
                    yield prefix + piece if prefix else piece
                    prefix = b""
            finally:
                if isinstance(pieces, AsyncGenerator):  # TOP wants no more: the file is closed now, not some day
                    await pieces.aclose()
        except KeyError as error:
            raise MessageGoneError from error

    def was_read(self, number: int, *, seen: bool = True) -> None:
        """The message was fetched whole: its story tells of it, once, and if ``seen`` it is no longer unseen.

        Programs that fetch with TOP do so in order to leave the message unseen.
        """
        at = number - 1
        if not self._state[at] & _TOLD:
            self._state[at] |= _TOLD
            self._reads.add(self._message_ids[at])
        if seen and not self._state[at] & _SEEN:
            self._state[at] |= _SEEN
            self._newly_seen.append(self._uids[at])
        if len(self._newly_seen) >= self._box.settings.reads_noted:
            self._note_reads()

    async def commit(self, deleted: Sequence[int]) -> int:
        """RFC 1939 §6: remove the messages with these numbers, and what has outlived ``expire``; how many are gone.

        They are gone for good when this returns; StoreError: they are all still there. An await that is cancelled
        leaves the removal running.
        """
        self._note_reads()
        notes: set[asyncio.Future[None] | asyncio.Future[int]] = {*self._notes, *self._reads.pending}
        if notes:  # the next session shall see what this one has read
            await asyncio.wait(notes)
        uids = [self._uids[number - 1] for number in deleted]
        removed = 0
        if uids:
            chapter = self._chapter("expunged", service=_SERVICE, folder=_FOLDER)
            removed = len(await self._expunge(uids, chapter))
        outlived = self._outlived(set(uids))
        if outlived:
            chapter = self._chapter("outlived", folder=_FOLDER, age=self._box.settings.expire)
            await self._expunge(outlived, chapter)
        return removed

    def close(self) -> None:
        """The session is over; without ``commit`` nothing is removed. The drop is free when a running removal ends."""
        if not self._open:
            return
        self._open = False
        self._note_reads()
        if self._commit is None or self._commit.done():
            self._box.release(self._reader.account_id)
        else:
            self._commit.add_done_callback(lambda _: self._box.release(self._reader.account_id))

    async def _expunge(self, uids: list[int], chapter: str) -> list[int]:
        self._commit = self._store.expunge(self._folder.id, uids, chapter)
        return await asyncio.shield(self._commit)

    def _past_date(self, rows: list[EntryRow]) -> Sequence[int]:
        """The UIDs of what is older than ``expire``."""
        if self._box.settings.expire is None:
            return ()
        limit = self._box.clock.now() - self._box.settings.expire
        return array("Q", [row.uid for row in rows if row.internal_date <= limit])

    def _outlived(self, deleted: set[int]) -> list[int]:
        """What is past its date, read in this session or before, and not deleted already."""
        if not self._expired:
            return []
        read = {uid for uid, state in zip(self._uids, self._state, strict=True) if state & _SEEN}
        return [uid for uid in self._expired if uid in read and uid not in deleted]

    def _note_reads(self) -> None:
        self._reads.flush()
        seen, self._newly_seen = self._newly_seen, []
        if seen:
            note = self._store.set_flags(self._folder.id, seen, _SEEN, 0)
            self._notes.add(note)
            note.add_done_callback(self._noted)

    def _noted(self, done: "asyncio.Future[int]") -> None:
        """Nothing depends on it: a note that could not be made is lost, and told to the log."""
        self._notes.discard(done)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._box.log.event("read_not_noted", None, user=self._reader.user, reason=str(error))

    def _chapter(self, kind: str, **evidence: Evidence) -> str:
        chapter = Chapter(self._box.clock.now)
        chapter.add(kind, user=self._reader.user, **evidence)
        return chapter.encode()
