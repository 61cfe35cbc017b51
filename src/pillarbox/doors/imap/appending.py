"""How does a client put messages into a mailbox? APPEND and REPLACE. RFC 9051 §6.3.12, MULTIAPPEND RFC 3502,
CATENATE RFC 4469, BINARY RFC 3516, REPLACE RFC 8508, rights RFC 4314 §4.
"""

from asyncio import Future
from collections.abc import Sequence

from pillarbox.inbox.append import Destination, MailboxFull, Put
from pillarbox.inbox.places import Place, TreeError
from pillarbox.mail import ids
from pillarbox.mail.query import NumberSet
from pillarbox.proto.imap import codes
from pillarbox.proto.imap.completion import Completion, bad, no, ok
from pillarbox.proto.imap.events import AppendBegin, MessageBegin
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FolderRow

from . import allowed, linking, uploads
from .refusals import NO_SUCH_NUMBER, NOT_NOW, NOT_THERE
from .session import SERVICE, Session
from .uploads import Upload

# RFC 9051 §7.1, TRYCREATE: the client may make it and try again.
_NO_SUCH = no("There is no such mailbox", "TRYCREATE")
_FULL = no("The mailbox is full", "OVERQUOTA")
_NO_SPACE = no("There is too little space on the disk; try again later", "UNAVAILABLE")
_TOO_MANY = no("These are too many messages for one APPEND", "LIMIT")
_TOO_LARGE = no("These messages are too large together for one APPEND", "TOOBIG")
_TOO_MANY_LINKS = no("There are too many URLs in this message", "LIMIT")


async def begin(session: Session, event: AppendBegin) -> "Uploading | Completion":
    """Whether messages may be put there."""
    try:
        return await _begin(session, event)
    except TreeError as error:
        return no(error.text, "TRYCREATE" if error.code == "NONEXISTENT" else error.code)
    except StoreError as error:
        session.role.note_failed(session.visit, "Append", error)
        return NOT_NOW


async def _begin(session: Session, event: AppendBegin) -> "Uploading | Completion":
    services = session.role.services
    if not services.has_room():
        return _NO_SPACE
    place = await services.tree.find(session.account, event.mailbox)
    if place.folder is None:
        return _NO_SUCH
    if "i" not in place.rights:
        return NOT_THERE
    uploading = Uploading(session, place)
    if event.replaces is None:
        return uploading
    return await uploading.replace(event.replaces, event.uid)


class Uploading:
    """One APPEND or REPLACE while it comes in."""

    __slots__ = ("_current", "_done", "_links", "_octets", "_place", "_refused", "_replaced", "_session")

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self._place = place
        self._done: list[Upload] = []
        self._current: Upload | None = None
        self._octets = self._links = 0
        # The UID in the selected mailbox that REPLACE removes.
        self._replaced = 0
        # Why it will come to nothing, though more of it is on its way.
        self._refused: Completion | None = None

    async def replace(self, number: int, uid: bool) -> "Uploading | Completion":
        """Which message is to be replaced; why it cannot be."""
        selected = self._session.selected
        assert selected is not None
        # RFC 8508 §3.3: the rights to remove a message are needed.
        refused = await allowed.refusal(self._session, selected, "te", "remove messages")
        if refused is not None:
            return refused
        numbers = NumberSet(((number, number),))
        found = selected.view.numbers(numbers, uid)
        if not found:
            return no("There is no message with this UID", "NONEXISTENT") if uid else NO_SUCH_NUMBER
        self._replaced = selected.view.uids[found[0]]
        return self

    def begin(self, event: MessageBegin) -> Completion | None:
        """A message begins; why it is not taken."""
        settings = self._session.role.settings
        if len(self._done) >= settings.append_messages:
            return _TOO_MANY
        if self._octets + (event.size or 0) > settings.append_octets:
            return _TOO_LARGE
        upload = uploads.begin(event, self._session.role.services.spool(), self._place.rights)
        if isinstance(upload, Completion):
            return upload
        self._current, self._links = upload, 0
        return None

    def write(self, data: bytes) -> "Future[None] | None":
        """Octets of the message; a future when no more may come before it is done (OSError in it)."""
        if self._refused is not None:
            return None
        assert self._current is not None
        taken = self._current.write(data, self._session.role.append_limit)
        if isinstance(taken, Completion):
            self._refuse(taken)
            return None
        self._octets += len(data)
        return taken

    async def written(self, taken: "Future[None]") -> None:
        """Wait until octets are in their file."""
        try:
            await taken
        except OSError as error:
            self._session.role.note_failed(self._session.visit, "Append", error)
            self._refuse(NOT_NOW)

    async def link(self, url: str) -> Completion | None:
        """The octets of ``url`` belong here (CATENATE); why they cannot be had."""
        self._links += 1
        if self._links > self._session.role.settings.append_links:
            return _TOO_MANY_LINKS
        try:
            async for piece in linking.follow(self._session, url):
                taken = self.write(piece)
                if taken is not None:
                    await self.written(taken)
        except linking.LinkRefused as error:
            return error.completion
        except KeyError:  # removed in this moment
            return linking.LinkRefused(url).completion
        return self._refused

    async def end(self) -> None:
        """The message is whole."""
        if self._refused is not None:
            return
        assert self._current is not None
        try:
            refused = await self._current.end()
        except OSError as error:
            self._session.role.note_failed(self._session.visit, "Append", error)
            refused = NOT_NOW
        if refused is not None:
            self._refuse(refused)
            return
        self._done.append(self._current)
        self._current = None
        if self._octets > self._session.role.settings.append_octets:
            self._refuse(_TOO_LARGE)

    async def finish(self) -> Completion:
        """Store all of them, or none (RFC 3502 §3)."""
        if self._refused is not None:
            return self._refused
        if not self._done:
            return bad("There is no message to append")
        try:
            return await self._store()
        except MailboxFull:
            return _FULL
        finally:
            self.discard()

    async def _store(self) -> Completion:
        session, place = self._session, self._place
        assert place.folder is not None
        letters = [upload.letter() for upload in self._done]
        to = Destination(
            place.owner_id, place.owner, place.local, place.name, session.visit.user, SERVICE, session.visit.peer
        )
        appender = session.role.services.appender
        if self._replaced:
            selected = session.selected
            assert selected is not None
            folder_id = selected.mailbox.folder.id
            puts = [await appender.replace(to, letters[0], folder_id, self._replaced, selected.name)]
        else:
            puts = await appender.put(to, letters)
        for put, letter in zip(puts, letters, strict=True):
            session.role.note_appended(session.visit, place.name, letter.content.size, ids.encode(put.message_id))
        return await self._answer(place.folder, puts)

    async def _answer(self, folder: FolderRow, puts: Sequence[Put]) -> Completion:
        session = self._session
        code = ""
        if all(put.filed.folder_id == folder.id for put in puts):  # else the folder went away in this moment
            code = codes.append_uid(folder.uidvalidity, [put.filed.uid for put in puts])
        selected = session.selected
        if selected is not None and (self._replaced or selected.mailbox.folder.id == folder.id):
            await selected.mailbox.refresh()
        if not self._replaced:
            return ok(f"{len(puts)} {'message is' if len(puts) == 1 else 'messages are'} there", code)
        # RFC 8508 §3.4: told before the one that is replaced is told to be gone.
        session.send(ok("The replacement is there", code).encode("*"))
        return ok("The message is replaced")

    def discard(self) -> None:
        """Forget what came; files that a commit took over stay."""
        for upload in self._done:
            upload.spool.discard()
        self._done.clear()
        if self._current is not None:
            self._current.spool.discard()
            self._current = None

    def _refuse(self, refused: Completion) -> None:
        self._refused = refused
        self.discard()
