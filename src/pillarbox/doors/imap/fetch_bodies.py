"""How are messages' octets read for FETCH, and what does reading them change? RFC 9051 §6.4.5.

Several small messages are read at once; one that lies in a file is sent as it is read. What is fetched without PEEK
is seen, which is kept before it is told; what is fetched to its end is noted in the message's story, once a session.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import NamedTuple

from pillarbox.inbox.reads import Fetcher, Reads
from pillarbox.mail.sections import Sections
from pillarbox.proto.imap import fetch_responses
from pillarbox.proto.imap.items import Item
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FlagChange, Flags, Octets

from . import fetch_columns, fetch_octets, fetch_streams
from .fetch_plan import Plan
from .selected import Selected
from .session import SERVICE, Session

_SEEN = Flags.SEEN.value
READ_AT_ONCE = 512 * 1024
"""Octets of messages that are read at once, one message at least."""
FETCHED_KNOWN = 10_000
"""Messages that a session is remembered to have fetched; beyond them a story may tell it twice."""
_ASKED_AT_ONCE = 200  # messages that are asked for at once


class Looked(NamedTuple):
    """What a batch of messages came to: their octets by position, their columns' pieces, the places of their parts."""

    octets: dict[int, Octets]
    batch: fetch_columns.Batch
    columns: list[list[bytes]]
    sections: dict[int, bytes]


async def tell(session: Session, selected: Selected, plan: Plan, positions: Sequence[int]) -> bool:
    """Tell what the plan wants of the messages at ``positions``; whether they were all there. UnknownEncodingError,
    when all of them have been told as far as they can be."""
    told, known, read = 0, True, 0
    async with aclosing(_batches(session, selected, positions)) as batches:
        async for batch in batches:
            looked = await _look(session, selected, plan, batch)
            known &= await _tell_batch(session, plan, looked)
            if plan.reads:
                read += _note_read(session, selected, plan, looked)
            told += len(looked.batch.positions)
            session.progress(told, len(positions))
            await session.room()
    if read:
        session.role.note_fetched(session.visit, selected.name, read)
    if not known:
        raise fetch_octets.UnknownEncodingError
    return told == len(positions)


async def _tell_batch(session: Session, plan: Plan, looked: Looked) -> bool:
    """A FETCH line for each message; whether all could be decoded."""
    known, uid_only = True, session.wants("UIDONLY")
    for at, number in enumerate(fetch_columns.numbers(looked.batch)):
        begin = fetch_responses.fetch_begin(number, uid_only=uid_only)
        pieces = [piece for column in looked.columns if (piece := column[at])]
        octets = looked.octets[looked.batch.positions[at]]
        known &= await _tell_one(session, plan, looked, octets, (begin, pieces))
    return known


def _note_read(session: Session, selected: Selected, plan: Plan, looked: Looked) -> int:
    """Tell it in the messages' stories; how many of them this session has not fetched before."""
    reads = selected.reads
    if reads is None:
        services, visit = session.role.services, session.visit
        fetcher = Fetcher(visit.user, SERVICE, visit.peer)
        selected.reads = reads = Reads(services.store, services.clock, services.log, fetcher, _ASKED_AT_ONCE)
    if len(selected.fetched) > FETCHED_KNOWN:
        selected.fetched.clear()
    messages = [looked.octets[position] for position in _read_to_the_end(selected, plan, looked.batch.positions)]
    new = [octets for octets in messages if octets.uid not in selected.fetched]
    for octets in new:
        selected.fetched.add(octets.uid)
        reads.add(octets.message_id)
    reads.flush()
    return len(new)


def _read_to_the_end(selected: Selected, plan: Plan, positions: Sequence[int]) -> list[int]:
    """Those of ``positions`` whose message's last octet the plan fetches."""
    sizes, pairs = selected.mailbox.sizes, zip(positions, selected.view.indices(positions), strict=True)
    return [at for at, index in pairs if index >= 0 and any(sizes[index] - 1 in octets for octets in plan.reads)]


async def _batches(
    session: Session, selected: Selected, positions: Sequence[int]
) -> AsyncGenerator[dict[int, Octets], None]:
    """The messages' octets by position, some at a time; those that are gone are left out. While one batch is told the
    next is read."""
    view, store, folder_id = selected.view, session.role.services.store, selected.mailbox.folder.id
    start = 0
    reading: asyncio.Future[list[Octets]] | None = None
    try:
        while start < len(positions):
            asked = positions[start : start + _ASKED_AT_ONCE]
            uids = {view.uids[position]: position for position in asked}
            found = await (reading or store.octets(folder_id, list(uids), READ_AT_ONCE))
            start += asked.index(uids[found[-1].uid]) + 1 if found else len(asked)
            following = [view.uids[position] for position in positions[start : start + _ASKED_AT_ONCE]]
            reading = asyncio.ensure_future(store.octets(folder_id, following, READ_AT_ONCE)) if following else None
            yield {uids[octets.uid]: octets for octets in found}
    finally:
        if reading is not None:
            reading.cancel()


async def _look(session: Session, selected: Selected, plan: Plan, octets: dict[int, Octets]) -> Looked:
    """Mark the messages as seen if they are to be, and look up what else is told of them."""
    ids = [message.message_id for message in octets.values()]
    digests = await fetch_columns.digests(session, plan, ids)
    sections = await session.role.services.digesting.of(ids, "sections") if plan.parts else {}
    newly_seen = await _mark_seen(session, selected, list(octets)) if plan.marks_seen else set()
    batch = fetch_columns.batch(session, selected, list(octets), digests)
    columns = fetch_columns.columns(plan, batch)
    if newly_seen and Item.FLAGS not in plan.columns:
        # RFC 9051 §6.4.5: what fetching changed is told with it.
        columns.append(fetch_columns.newly_seen_flags(batch, newly_seen, with_uid=Item.UID in plan.columns))
    return Looked(octets, batch, columns, sections)


async def _mark_seen(session: Session, selected: Selected, positions: list[int]) -> set[int]:
    """The UIDs that were unseen until now. When it cannot be kept they stay so, which the log tells."""
    mailbox, view = selected.mailbox, selected.view
    pairs = zip(positions, view.indices(positions), strict=True)
    unseen = [view.uids[position] for position, index in pairs if index >= 0 and not mailbox.flags[index] & _SEEN]
    if not unseen:
        return set()
    change = FlagChange(mailbox.folder.id, unseen, "+", _SEEN)
    try:
        done = await session.role.services.store.change_flags(change)
        await mailbox.refresh(done.modseq)
    except StoreError as error:
        session.role.note_failed(session.visit, "FETCH", error)
        return set()
    view.known(done.changed, done.modseq)  # of the others somebody else has to be told
    return set(done.changed)


async def _tell_one(
    session: Session, plan: Plan, looked: Looked, octets: Octets, line: tuple[bytes, list[bytes]]
) -> bool:
    """One FETCH line; whether all of it could be decoded."""
    begin, pieces = line
    blob = looked.sections.get(octets.message_id)
    sections = Sections.decode(blob) if blob is not None else None
    if octets.data is None:
        return await _tell_filed(session, plan, octets, sections, line)
    known, size = True, 0
    for item in plan.octets:
        try:
            pieces.append(fetch_octets.piece(item, octets.prefix, octets.data, sections))
        except fetch_octets.UnknownEncodingError:
            known = False
            continue
        size += len(pieces[-1])
        if size > READ_AT_ONCE:  # many sections of one message: nobody makes us hold all of them
            session.send(begin + b" ".join(pieces))
            begin, pieces, size = b" ", [], 0
            await session.room()
    if pieces or begin == b" ":
        session.send((begin if pieces else b"") + b" ".join(pieces) + b")\r\n")
    return known


async def _tell_filed(
    session: Session, plan: Plan, octets: Octets, sections: Sections | None, line: tuple[bytes, list[bytes]]
) -> bool:
    """The same of a message that lies in a file."""
    begin, columns = line
    row = await session.role.services.store.message(octets.message_id)
    if row is None or not row.kept:
        return True  # removed a moment ago
    filed = fetch_streams.Filed(session, row, octets.prefix, sections)
    pieces: list[bytes | fetch_streams.Stream] = list(columns)
    known = True
    for item in plan.octets:
        try:
            pieces.append(await filed.piece(item))
        except fetch_octets.UnknownEncodingError:
            known = False
    if pieces:
        await fetch_streams.send(session, begin, pieces)
    return known
