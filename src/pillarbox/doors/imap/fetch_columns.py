"""What is told of messages without looking at their octets? One column of pieces for each item. RFC 9051 §6.4.5."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pillarbox.mail import ids
from pillarbox.proto.imap import fetch_responses
from pillarbox.proto.imap.items import Item

from .fetch_plan import DIGESTS, Plan
from .flag_lines import wires
from .selected import Selected
from .session import Session


@dataclass(slots=True)
class Batch:
    """Messages that are there: their positions in the view and, parallel, their places in the mailbox, which are good
    until the next await. ``digests`` are columns of digests by message id."""

    session: Session
    selected: Selected
    positions: Sequence[int]
    indices: Sequence[int]
    digests: Mapping[Item, Mapping[int, bytes]] = field(default_factory=dict)

    @property
    def message_ids(self) -> list[int]:
        """The ids of the messages."""
        known = self.selected.mailbox.message_ids
        return [known[index] for index in self.indices]


def numbers(messages: Batch) -> Sequence[int]:
    """What the client calls the messages: their numbers, or after ENABLE UIDONLY their UIDs (RFC 9586)."""
    if messages.session.wants("UIDONLY"):
        uids = messages.selected.mailbox.uids
        return [uids[index] for index in messages.indices]
    return [position + 1 for position in messages.positions]


async def digests(session: Session, plan: Plan, message_ids: Sequence[int]) -> dict[Item, dict[int, bytes]]:
    """What the plan needs of what was computed from the messages. A lazy PREVIEW computes nothing (RFC 8970 §3.2)."""
    services = session.role.services
    found = {item: await services.digesting.of(message_ids, DIGESTS[item]) for item in plan.columns if item in DIGESTS}
    if Item.PREVIEW_LAZY in plan.columns:
        found[Item.PREVIEW_LAZY] = await services.store.digested(message_ids, "preview")
    return found


def batch(
    session: Session,
    selected: Selected,
    positions: Sequence[int],
    found: Mapping[Item, Mapping[int, bytes]],
) -> Batch:
    """The messages at ``positions`` that are there now, as far as all that is needed of them was found."""
    indices = selected.view.indices(positions)
    known = selected.mailbox.message_ids
    needed = [column for item, column in found.items() if item is not Item.PREVIEW_LAZY]
    if selected.view.in_step and all(len(column) >= len(positions) for column in needed):
        return Batch(session, selected, positions, indices, found)
    both = [
        (position, index)
        for position, index in zip(positions, indices, strict=True)
        if index >= 0 and all(known[index] in column for column in needed)
    ]
    return Batch(session, selected, [position for position, _ in both], [index for _, index in both], found)


def columns(plan: Plan, messages: Batch) -> list[list[bytes]]:
    """A column for each item of the plan, parallel to the batch."""
    return [_COLUMNS[item](messages) for item in plan.columns]


def _uids(messages: Batch) -> list[bytes]:
    uids = messages.selected.mailbox.uids
    return [fetch_responses.uid(uids[index]) for index in messages.indices]


def _flags(messages: Batch) -> list[bytes]:
    return [fetch_responses.flags(wire) for wire in wires(messages.session, messages.selected, messages.indices)]


def newly_seen_flags(messages: Batch, newly_seen: set[int], *, with_uid: bool) -> list[bytes]:
    """FLAGS of messages that fetching marked as seen, nothing for the others; with MODSEQ where it belongs, and with
    the UID, unless it is told anyway (``with_uid``)."""
    uids, session = messages.selected.mailbox.uids, messages.session
    told = _flags(messages)
    if session.wants("QRESYNC") and not with_uid and not session.wants("UIDONLY"):  # RFC 7162 §3.2.4
        told = [b"%b %b" % pair for pair in zip(_uids(messages), told, strict=True)]
    if session.wants("CONDSTORE"):
        told = [b"%b %b" % pair for pair in zip(told, _modseqs(messages), strict=True)]
    return [piece if uids[index] in newly_seen else b"" for piece, index in zip(told, messages.indices, strict=True)]


def _dates(messages: Batch) -> list[bytes]:
    dates = messages.selected.mailbox.dates
    return [fetch_responses.internal_date(dates[index]) for index in messages.indices]


def _sizes(messages: Batch) -> list[bytes]:
    sizes = messages.selected.mailbox.sizes
    return [fetch_responses.size(sizes[index]) for index in messages.indices]


def _modseqs(messages: Batch) -> list[bytes]:
    modseqs = messages.selected.mailbox.modseqs
    return [fetch_responses.modseq(modseqs[index]) for index in messages.indices]


def _email_ids(messages: Batch) -> list[bytes]:
    return [fetch_responses.email_id(email_id(message_id)) for message_id in messages.message_ids]


def email_id(message_id: int) -> str:
    """A message's object id (RFC 8474 §4.2): the same wherever the message lies."""
    return f"M{ids.encode(message_id)}"


def _save_dates(messages: Batch) -> list[bytes]:
    saved = messages.selected.mailbox.saved
    return [fetch_responses.save_date(saved[index]) for index in messages.indices]


def _digested(item: Item, piece: Callable[[bytes], bytes]) -> Callable[[Batch], list[bytes]]:
    def column(messages: Batch) -> list[bytes]:
        return list(map(piece, map(messages.digests[item].__getitem__, messages.message_ids)))

    return column


def _thread_id(wire: bytes) -> bytes:
    return fetch_responses.thread_id(wire.decode("ascii", "replace") or None)


def _previews(messages: Batch) -> list[bytes]:
    found, utf8 = messages.digests[Item.PREVIEW], messages.session.utf8
    return [
        fetch_responses.preview(found[message_id].decode("utf-8", "replace"), utf8=utf8)
        for message_id in messages.message_ids
    ]


def _lazy_previews(messages: Batch) -> list[bytes]:
    found, utf8 = messages.digests[Item.PREVIEW_LAZY], messages.session.utf8
    return [
        fetch_responses.preview(blob.decode("utf-8", "replace") if blob is not None else None, utf8=utf8)
        for blob in map(found.get, messages.message_ids)
    ]


_COLUMNS: dict[Item, Callable[[Batch], list[bytes]]] = {
    Item.UID: _uids,
    Item.FLAGS: _flags,
    Item.INTERNALDATE: _dates,
    Item.SIZE: _sizes,
    Item.MODSEQ: _modseqs,
    Item.EMAILID: _email_ids,
    Item.SAVEDATE: _save_dates,
    Item.THREADID: _digested(Item.THREADID, _thread_id),
    Item.ENVELOPE: _digested(Item.ENVELOPE, fetch_responses.envelope),
    Item.BODY: _digested(Item.BODY, fetch_responses.body),
    Item.BODYSTRUCTURE: _digested(Item.BODYSTRUCTURE, fetch_responses.body_structure),
    Item.PREVIEW: _previews,
    Item.PREVIEW_LAZY: _lazy_previews,
}
