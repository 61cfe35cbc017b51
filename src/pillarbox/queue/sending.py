"""What goes over the connection? A parcel as deliver's job, its content from memory or from the store."""

from collections.abc import AsyncIterator
from functools import partial
from traceback import format_exception

from pillarbox.deliver.job import Job
from pillarbox.deliver.outcome import Deferred, Outcome
from pillarbox.mail.envelope import BodyType, Return, TlsWish
from pillarbox.mail.reply import INTERNAL_ERROR, STORE_UNAVAILABLE, Reply
from pillarbox.store.interface import Messages, StoreError

from .lane import Connection
from .parcel import Parcel
from .tools import Tools

# What may be read as a whole; the store keeps larger bodies in files anyway.
SMALL = 256 * 1024


class Sending:
    """Sends parcels."""

    def __init__(self, store: Messages, tools: Tools) -> None:
        self._store = store
        self._log = tools.log

    async def attempt(self, connection: Connection, parcel: Parcel) -> list[Outcome]:
        """Send the parcel; one outcome a recipient, whatever happens."""
        try:
            return await connection.send(await self._job(parcel), parcel.chapter)
        except StoreError as error:
            parcel.chapter.add("unreadable", reason=str(error))
            return _deferred(parcel, STORE_UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 - one message that trips over a mistake of ours must not stop a lane
            reason = "".join(format_exception(error))
            self._log.event("attempt_failed", parcel.id, reason=reason)
            parcel.chapter.add("attempt_failed", reason=f"{type(error).__name__}: {error}")
            return _deferred(parcel, INTERNAL_ERROR)

    async def _job(self, parcel: Parcel) -> Job:
        row = parcel.message
        content = parcel.content
        if content is None and row.size <= SMALL:
            content = await self._store.read_small(row.id)
        return Job(
            row.id,
            parcel.sender,
            parcel.recipients(),
            row.size,
            content if content is not None else partial(self._slices, row.id),
            BodyType(row.body_type),
            row.smtputf8,
            Return(row.ret) if row.ret is not None else None,
            row.envelope_id,
            require_tls=row.tls == TlsWish.REQUIRED.value,
        )

    def _slices(self, message_id: int) -> AsyncIterator[bytes]:
        return self._store.read_slices(message_id)


def _deferred(parcel: Parcel, reply: Reply) -> list[Outcome]:
    return [Deferred(recipient, reply) for recipient in parcel.recipients()]
