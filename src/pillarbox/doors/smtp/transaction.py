"""One connection's mail transaction: from MAIL over RCPT to the last octet, then to intake."""

import asyncio
from collections.abc import Awaitable

from pillarbox.intake.session import Session, Transaction
from pillarbox.mail.envelope import Envelope, Recipient
from pillarbox.mail.reply import BAD_SEQUENCE, STORE_FULL, STORE_UNAVAILABLE, Reply
from pillarbox.observe.story import Chapter

from .role import SmtpRole

ENOSPC = 28


class Incoming:
    """The transaction that is under way, if one is."""

    __slots__ = ("_role", "_session", "_spoilt", "_transaction", "recipients")

    def __init__(self, role: SmtpRole, session: Session) -> None:
        self._role = role
        self._session = session
        self._transaction: Transaction | None = None
        self._spoilt: Reply | None = None
        self.recipients = 0

    def sender(self, envelope: Envelope) -> Reply | Awaitable[Reply]:
        """MAIL: a transaction begins."""
        self.drop()
        role = self._role
        chapter = Chapter(role.clock.now, self._session.events)
        self._transaction = transaction = Transaction(envelope, chapter, role.spool())
        return role.policy.sender(self._session, transaction)

    def recipient(self, recipient: Recipient) -> Reply | Awaitable[Reply]:
        """RCPT: one more."""
        if self._transaction is None:
            return BAD_SEQUENCE
        return self._role.policy.recipient(self._session, self._transaction, recipient)

    def take(self, data: bytes) -> "asyncio.Future[None] | None":
        """Octets of the message; a future when no more may come before it is done."""
        if self._transaction is None or self._spoilt is not None:
            return None
        return self._transaction.spool.write(data)

    def spoilt(self, error: BaseException) -> None:
        """The octets could not be kept: the rest is read and dropped, then the peer hears of it."""
        self._role.log.event("spool_failed", None, reason=str(error))
        self._spoilt = STORE_FULL if getattr(error, "errno", None) == ENOSPC else STORE_UNAVAILABLE

    def finish(self, data: bytes, defect: Reply | None) -> Reply | Awaitable[Reply]:
        """The last octets: to intake, or back with what is wrong."""
        transaction, self._transaction = self._transaction, None
        refusal = defect or self._spoilt
        if transaction is None:
            return BAD_SEQUENCE
        self.recipients = len(transaction.routed)
        if refusal is not None:
            self._spoilt = None
            transaction.spool.discard()
            self._role.note_refused_message(self._session, transaction, refusal)
            return refusal
        if data:
            pending = transaction.spool.write(data)
            if pending is not None:
                return self._finish_later(transaction, pending)
        return self._role.intake.accept(self._session, transaction)

    async def _finish_later(self, transaction: Transaction, pending: "asyncio.Future[None]") -> Reply:
        try:
            await pending
        except OSError as error:
            transaction.spool.discard()
            self.spoilt(error)
            refusal, self._spoilt = self._spoilt, None
            return refusal or STORE_UNAVAILABLE
        answer = self._role.intake.accept(self._session, transaction)
        return answer if isinstance(answer, Reply) else await answer

    def drop(self) -> None:
        """The transaction is void."""
        if self._transaction is not None:
            self._transaction.spool.discard()
            self._transaction = None
        self._spoilt = None
