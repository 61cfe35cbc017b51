"""How does a message that nobody sent get into a folder? Imports and uploads, stored like accepted mail."""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from pillarbox.mail.headers import header_size
from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter
from pillarbox.store.rows import Acceptance, Accepted, Content, Filed, Filing, NewMessage


@dataclass(frozen=True, slots=True)
class AppendSettings:
    """``append_memory``: octets of a message that go into the database; a larger one becomes a file."""

    append_memory: int = 128 * 1024


class AppendStore(Protocol):
    """What appending needs of the store."""

    def incoming(self) -> Path: ...

    def append(self, acceptance: Acceptance) -> "asyncio.Future[Accepted]": ...

    def append_many(self, acceptances: Sequence[Acceptance]) -> "asyncio.Future[list[Accepted]]": ...

    def replace(self, acceptance: Acceptance, folder_id: int, uid: int, chapter: str) -> "asyncio.Future[Accepted]": ...


class MailboxFull(Exception):
    """The message does not fit into the account's quota; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A message on its way into ``folder`` of ``account_id``.

    ``user`` is the account's address and ``source`` where the message comes from, both for the story. ``date`` is what
    a mail program shows as the time of arrival (POSIX seconds; None: now). ``sender`` is the reverse-path, "" unknown.
    """

    account_id: int
    user: str
    folder: str
    octets: bytes
    source: str
    date: float | None = None
    flags: int = 0
    keywords: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """The folder that a user puts messages into: ``folder`` of ``owner``, who is often the user.

    ``name`` is how the user calls it; ``service`` and ``peer``, the peer's IP address, are for the stories.
    """

    owner_id: int
    owner: str
    folder: str
    name: str
    user: str
    service: str
    peer: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as a mail program brings it. A file in ``content`` is finished and synced, in the store's folder of
    incoming ones. ``header_size`` counts the empty line; ``date`` as in ``Upload``."""

    content: Content
    header_size: int
    body_type: str
    date: float | None = None
    flags: int = 0
    keywords: str = ""


class Put(NamedTuple):
    """Where a letter lies, and the id of its message."""

    filed: Filed
    message_id: int


class Appender:
    """Puts messages into folders. Large ones are written by ``pool``, never in the event loop."""

    def __init__(
        self, store: AppendStore, ids: IdSource, clock: Clock, pool: Executor, settings: AppendSettings | None = None
    ) -> None:
        self._store = store
        self._ids = ids
        self._clock = clock
        self._pool = pool
        self._settings = settings or AppendSettings()

    async def append(self, upload: Upload) -> Filed:
        """Commit ``upload`` and say where it lies.

        MailboxFull when it does not fit, StoreError when the store fails, OSError when a large one cannot be written.
        """
        [result] = await self.append_all([upload])
        if isinstance(result, Exception):
            raise result
        return result

    async def append_all(self, uploads: Sequence[Upload]) -> list[Filed | Exception]:
        """Commit all of them together, in their order; for each where it lies, or why it does not."""
        contents = await self._contents(uploads)
        waiting = [
            self._store.append(self._acceptance(upload, content))
            for upload, content in zip(uploads, contents, strict=True)
        ]
        # A file whose commit nobody waits for any more is left alone: the store sweeps what it has not taken over.
        results = await asyncio.gather(*waiting, return_exceptions=True)
        return [_outcome(*known) for known in zip(uploads, contents, results, strict=True)]

    async def put(self, to: Destination, letters: Sequence[Letter]) -> list[Put]:
        """Commit all of them or none (RFC 3502); where each lies: INBOX, when the folder was removed in this moment.

        MailboxFull when they do not fit, StoreError when the store fails: nothing is kept then.
        """
        acceptances = [self._delivery(to, letter) for letter in letters]
        return _outcomes(to, acceptances, await self._store.append_many(acceptances))

    async def replace(self, to: Destination, letter: Letter, folder_id: int, uid: int, name: str) -> Put:
        """Commit ``letter``, and remove ``uid`` of ``folder_id``, which the user calls ``name`` (RFC 8508); as ``put``.

        One that is gone already is none the less replaced.
        """
        acceptance = self._delivery(to, letter)
        chapter = Chapter(self._clock.now)
        chapter.add("expunged", user=to.user, service=to.service, folder=name, peer=to.peer)
        accepted = await self._store.replace(acceptance, folder_id, uid, chapter.encode())
        return _outcomes(to, [acceptance], [accepted])[0]

    def _delivery(self, to: Destination, letter: Letter) -> Acceptance:
        now = self._clock.now()
        chapter = Chapter(self._clock.now)
        chapter.add("appended", user=to.user, folder=to.name, service=to.service, peer=to.peer)
        message = NewMessage(
            id=self._ids.next(now),
            arrived=now if letter.date is None else letter.date,
            sender="",
            content=letter.content,
            header_size=letter.header_size,
            body_type=letter.body_type,
        )
        filing = Filing(to.owner_id, to.owner, b"", to.folder, letter.flags, letter.keywords)
        return Acceptance(message, chapter.encode(), [filing])

    async def _contents(self, uploads: Sequence[Upload]) -> list[Content]:
        contents: list[Content] = []
        try:
            for upload in uploads:
                content = await self._content(upload.octets)
                contents.append(content)
        except BaseException:
            for content in contents:
                _discard(content)
            raise
        return contents

    def _acceptance(self, upload: Upload, content: Content) -> Acceptance:
        now = self._clock.now()
        chapter = Chapter(self._clock.now)
        chapter.add("imported", source=upload.source, folder=upload.folder, recipient=upload.user)
        message = NewMessage(
            id=self._ids.next(now),
            arrived=now if upload.date is None else upload.date,
            sender=upload.sender,
            content=content,
            header_size=header_size(upload.octets),
            body_type="7BIT" if upload.octets.isascii() else "8BITMIME",
        )
        filing = Filing(upload.account_id, upload.user, b"", upload.folder, upload.flags, upload.keywords)
        return Acceptance(message, chapter.encode(), [filing])

    async def _content(self, octets: bytes) -> Content:
        if len(octets) <= self._settings.append_memory:
            return Content(b"", octets, len(octets))
        loop = asyncio.get_running_loop()
        path = await loop.run_in_executor(self._pool, _write, self._store.incoming(), octets)
        return Content(b"", path, len(octets))


def _write(folder: Path, octets: bytes) -> Path:
    """A finished and synced file: what the store takes over must not be lost with the power."""
    path = folder / f"{os.urandom(12).hex()}.part"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    return path


def _outcome(upload: Upload, content: Content, result: Accepted | BaseException) -> Filed | Exception:
    if isinstance(result, Accepted) and result.stored:
        return result.filed[0]
    _discard(content)
    if isinstance(result, Accepted):
        return MailboxFull(f"the mailbox {upload.user} is full")
    if isinstance(result, Exception):
        return result
    raise result


def _outcomes(to: Destination, acceptances: Sequence[Acceptance], results: Sequence[Accepted]) -> list[Put]:
    if not all(result.stored for result in results):
        raise MailboxFull(f"the mailbox {to.owner} is full")
    known = zip(acceptances, results, strict=True)
    return [Put(result.filed[0], acceptance.message.id) for acceptance, result in known]


def _discard(content: Content) -> None:
    """Remove a file that no commit has taken over."""
    if isinstance(content.body, Path):
        content.body.unlink(missing_ok=True)
