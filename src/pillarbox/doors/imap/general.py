"""What is answered without looking at mailboxes? CAPABILITY, NOOP, ID, ENABLE, COMPRESS, LOGOUT, UNAUTHENTICATE.

RFC 9051 §6.1, §6.3.1; ID RFC 2971, COMPRESS RFC 4978, UNAUTHENTICATE RFC 8437.
"""

from collections.abc import Awaitable, Callable

from pillarbox import __version__
from pillarbox.proto.imap import codes, commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok
from pillarbox.proto.imap.general_responses import capability, enabled, id_response

from . import selecting, watching
from .session import Session

# How much of what a client says of itself goes into the log.
_SHOWN = 100


async def capabilities(session: Session, _command: commands.Capability) -> Completion:
    """CAPABILITY."""
    session.send(capability(session.conversation.capabilities()))
    return ok("That is what can be done")


async def noop(session: Session, _command: commands.Noop) -> Completion:
    """NOOP: what has happened is told before its answer, whoever asks."""
    if session.selected is not None:
        await session.selected.mailbox.refresh()
    return ok("Still here")


async def logout(session: Session, _command: commands.Logout) -> Completion:
    """LOGOUT; BYE has been said."""
    await leave_all(session)
    return ok("Bye")


async def identify(session: Session, command: commands.Id) -> Completion:
    """ID: who we are, and note who they are."""
    name, version = command.fields.get("name"), command.fields.get("version")
    if name:
        session.role.note_program(session.visit, f"{name} {version or ''}".strip()[:_SHOWN])
    known: dict[str, str | None] = {"name": "Pillarbox"}
    if session.visit.account is not None:  # RFC 2971 §6: no more than needed to those we do not know
        known["version"] = __version__
    session.send(id_response(known))
    return ok("Pleased to meet you")


async def enable(session: Session, command: commands.Enable) -> Completion:
    """ENABLE; the conversation has done it."""
    session.send(enabled(command.enabled))
    selected = session.selected
    if selected is not None and not {"CONDSTORE", "QRESYNC"}.isdisjoint(command.enabled):
        # RFC 7162 §3.1.2: whoever enables it in the middle of a mailbox is told where it stands.
        code = codes.highest_modseq(selected.mailbox.folder.modseq)
        session.send(ok("The highest MODSEQ", code).encode("*"))
    return ok(f"Enabled: {' '.join(command.enabled) or 'nothing new'}")


async def compress(_session: Session, _command: commands.Compress) -> Completion:
    """COMPRESS; behind its answer the stream is compressed."""
    return ok("Deflate from now on")


async def unauthenticate(session: Session, _command: commands.Unauthenticate) -> Completion:
    """UNAUTHENTICATE: as before the sign-in (RFC 8437 §3)."""
    await leave_all(session)
    return ok("Nobody is signed in now")


async def leave_all(session: Session) -> None:
    """Close the mailbox, listen to nothing any more."""
    watching.stop(session)
    await selecting.leave(session)


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.Capability: capabilities,
    commands.Noop: noop,
    commands.Logout: logout,
    commands.Id: identify,
    commands.Enable: enable,
    commands.Compress: compress,
    commands.Unauthenticate: unauthenticate,
}
