"""Which octets does CATENATE take from messages that are here? RFC 4469 §3."""

from collections.abc import AsyncIterator

from pillarbox.mail.sections import Sections
from pillarbox.proto.imap import codes
from pillarbox.proto.imap.completion import Completion, no
from pillarbox.store.rows import MessageRow, Octets

from .fetch_sections import Window, chosen_fields, cut, part_cut
from .fetch_streams import HEADER_READ
from .session import Session
from .urls import MessageUrl, UrlError

# Octets of a message that are asked of the store at a time.
_SLICE = 256 * 1024


class LinkRefused(Exception):
    """The URL leads to nothing that this user may read; ``completion`` is the answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.completion: Completion = no("This URL leads to nothing here", codes.bad_url(url))


async def follow(session: Session, url: str) -> AsyncIterator[bytes]:
    """The octets that ``url`` means, in slices. LinkRefused before the first."""
    try:
        wanted = MessageUrl.parse(url)
    except UrlError as error:
        raise LinkRefused(url) from error
    folder_id = await _folder(session, wanted, url)
    services = session.role.services
    found = await services.store.octets(folder_id, [wanted.uid], _SLICE)
    row = await services.store.message(found[0].message_id) if found else None
    if row is None:
        raise LinkRefused(url)
    window = await _window(session, wanted, found[0], row)
    if window is None:
        raise LinkRefused(url)
    async for piece in _pieces(session, wanted, found[0], window):
        yield piece


async def _folder(session: Session, wanted: MessageUrl, url: str) -> int:
    """The folder, when it is the one that the client knew and may be read."""
    if wanted.mailbox is None:
        if session.selected is None:
            raise LinkRefused(url)
        return session.selected.mailbox.folder.id
    place = await session.role.services.tree.find(session.account, wanted.mailbox)
    if place.folder is None or "r" not in place.rights:
        raise LinkRefused(url)
    if wanted.uidvalidity not in (None, place.folder.uidvalidity):
        raise LinkRefused(url)
    return place.folder.id


async def _window(session: Session, wanted: MessageUrl, found: Octets, row: MessageRow) -> Window | None:
    """Where the section lies; for HEADER.FIELDS where its header does. None when there is no such section."""
    section = wanted.section
    partial = None if section.fields else section.partial
    if not section.part:
        return cut(section, row.header_size, row.size).window(found.prefix, partial)
    known = await session.role.services.digesting.of([row.id], "sections")
    place = part_cut(section, Sections.decode(known[row.id])) if row.id in known else None
    return None if place is None else place.window(found.prefix, partial)


async def _pieces(session: Session, wanted: MessageUrl, found: Octets, window: Window) -> AsyncIterator[bytes]:
    section = wanted.section
    if section.fields:
        end = min(window.end, window.start + HEADER_READ)
        header = window.lead + b"".join([piece async for piece in _octets(session, found, window.start, end)])
        fields = chosen_fields(header, section)
        first, count = section.partial or (0, len(fields))
        yield fields[first : first + count]
        return
    if window.lead:
        yield window.lead
    async for piece in _octets(session, found, window.start, window.end):
        yield piece


async def _octets(session: Session, found: Octets, start: int, end: int) -> AsyncIterator[bytes]:
    if found.data is not None:
        yield found.data[start:end]
    elif start < end:
        async for piece in session.role.services.store.read_slices(found.message_id, start, end):
            yield piece
