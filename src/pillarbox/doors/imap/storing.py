"""How are flags changed? STORE and UID STORE. RFC 9051 §6.4.6; UNCHANGEDSINCE RFC 7162 §3.1.3; rights RFC 4314 §4."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pillarbox.inbox.live.marks import SYSTEM_FLAGS
from pillarbox.proto.imap import codes, commands, fetch_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, no, ok
from pillarbox.store.interface import StoreLimit
from pillarbox.store.rows import FlagChange, FlagsChanged

from . import allowed
from .flag_lines import flag_lines, system_flags, tell_keywords
from .limiting import newest
from .refusals import NO_SUCH_NUMBER
from .selected import Selected
from .session import Session

_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a STORE asks for: bits of store.rows.Flags, and keywords."""

    mode: str
    flags: int
    keywords: tuple[str, ...]


async def store(session: Session, command: commands.Store) -> Completion:
    """STORE and UID STORE."""
    selected = session.selected
    assert selected is not None
    wish = _wish(command)
    if isinstance(wish, Completion):
        return wish
    if not command.uid and selected.view.outside(command.numbers):
        return NO_SUCH_NUMBER
    changes = await _permitted(session, selected, wish)
    if isinstance(changes, Completion):
        return changes
    if command.unchanged_since is not None:
        session.conversation.enable("CONDSTORE")
    positions = selected.view.numbers(command.numbers, command.uid, session.saved)
    positions, limited = newest(session, positions)
    if not positions:
        return ok("There was nothing to change")
    try:
        done = await _change(session, selected, [selected.view.uids[at] for at in positions], changes, command)
    except StoreLimit as error:
        return no(f"The flags were not changed: {error}", "LIMIT")
    return _answer(session, selected, command, positions, done, limited)


def _wish(command: commands.Store) -> Wish | Completion:
    flags, keywords = 0, []
    for name in command.flags:
        if not name.startswith("\\"):
            keywords.append(name)
        elif name.lower() in _SYSTEM:
            flags |= SYSTEM_FLAGS[_SYSTEM[name.lower()]]
        elif name.lower() == "\\recent":
            return bad("\\Recent cannot be changed (RFC 3501 section 2.3.2)")
        else:
            return bad(f"There is no flag {name}")
    return Wish(command.mode, flags, tuple(keywords))


async def _permitted(session: Session, selected: Selected, wish: Wish) -> list[Wish] | Completion:
    """What is left of the wish by the client's rights. RFC 4314 §4: who may change some of the flags changes those;
    who may change none is refused."""
    refused = await allowed.refusal(session, selected, "", "change flags")
    if refused is not None:
        return refused
    held = await allowed.rights(session, selected)
    if set("stw") <= set(held):
        return [wish]
    mask = system_flags(held)
    flags, keywords = wish.flags & mask, wish.keywords if "w" in held else ()
    wanted = bool(wish.flags or wish.keywords)
    if not mask or (wanted and not flags and not keywords):
        return no("You may not change these flags here", "NOPERM")
    if wish.mode:
        return [Wish(wish.mode, flags, keywords)]
    # Replacing leaves alone what the client may not change: add what is wished for, take away the others.
    kept = {word.lower() for word in keywords}
    others = tuple(word for word in selected.mailbox.keywords if word.lower() not in kept) if "w" in held else ()
    return [Wish("+", flags, keywords), Wish("-", mask & ~flags, others)]


async def _change(
    session: Session, selected: Selected, uids: list[int], wishes: list[Wish], command: commands.Store
) -> FlagsChanged:
    """Change the store, and wait until this session sees it; what it knows now need not be announced."""
    folder_id, since = selected.mailbox.folder.id, command.unchanged_since
    refused: list[int] = []
    changes: list[tuple[FlagChange, FlagsChanged]] = []
    for wish in wishes:
        change = FlagChange(folder_id, uids, wish.mode, wish.flags, wish.keywords, since)
        done = await session.role.services.store.change_flags(change)
        changes.append((change, done))
        if done.refused:
            refused, left = done.refused, set(done.refused)
            uids = [uid for uid in uids if uid not in left]
        since = None
    modseq = changes[-1][1].modseq
    await selected.mailbox.refresh(modseq)
    for change, done in changes:
        selected.view.known(change.uids, done.modseq, change if command.silent else None)
    return FlagsChanged(modseq, [uid for _, done in changes for uid in done.changed], refused)


def _answer(
    session: Session,
    selected: Selected,
    command: commands.Store,
    positions: Sequence[int],
    done: FlagsChanged,
    limited: str,
) -> Completion:
    refused = set(done.refused)
    uids = selected.view.uids
    told = [at for at in positions if uids[at] not in refused] if refused else positions
    tell_keywords(session, selected)
    with_uid = command.uid or session.wants("QRESYNC")  # RFC 7162 §3.2.4
    if not command.silent:
        session.send(flag_lines(session, selected, told, uid=with_uid))
    elif session.wants("CONDSTORE"):
        # RFC 7162 §3.1.3: the new MODSEQ is told even so.
        changed = [selected.view.position(uid) for uid in done.changed]
        session.send(_modseq_lines(session, selected, changed, with_uid=with_uid))
    code = limited
    if refused:
        # RFC 7162 §3.1.3: with the flags as they are, so that the client can decide anew.
        left = [at for at in positions if uids[at] in refused]
        session.send(flag_lines(session, selected, left, uid=with_uid))
        code = codes.modified([uids[at] if command.uid else at + 1 for at in left])
    if not command.uid and allowed.gone(selected, positions):
        return no(allowed.EXPUNGE_ISSUED.text, code or allowed.EXPUNGE_ISSUED.code)
    if refused:
        return ok("Some were changed by somebody else before, and were left as they are", code)
    return ok("The flags are changed", code)


def _modseq_lines(session: Session, selected: Selected, positions: Sequence[int], *, with_uid: bool) -> bytes:
    mailbox, uid_only = selected.mailbox, session.wants("UIDONLY")
    lines = []
    for at in sorted(positions):
        index = selected.view.at(at)
        if index < 0:
            continue
        uid = mailbox.uids[index]
        pieces = [fetch_responses.modseq(mailbox.modseqs[index])]
        if with_uid and not uid_only:
            pieces.insert(0, fetch_responses.uid(uid))
        lines.append(fetch_responses.fetch(uid if uid_only else at + 1, pieces, uid_only=uid_only))
    return b"".join(lines)


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Store: store}
