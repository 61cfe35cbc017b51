"""How does a message that the server writes itself leave? By the same way in as all mail: intake, which signs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Envelope, Notify, Recipient
from pillarbox.mail.reply import Reply
from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter

from .accept import Intake
from .policy import Policy
from .session import Service, Session, Transaction
from .spool import Spool


@dataclass(frozen=True, slots=True)
class OwnMail:
    """Hands messages in."""

    policy: Policy
    intake: Intake
    spool: Callable[[], Spool]
    clock: Clock

    async def send(self, content: bytes, recipient: Address, why: str) -> Reply:
        """Send ``content``, a whole message, from the null reverse-path: nobody is told when it cannot be delivered.

        ``why`` is told in its story. OSError when the disk will not.
        """
        chapter = Chapter(self.clock.now)
        chapter.add("own_mail", why=why)
        transaction = Transaction(Envelope(None), chapter, self.spool())
        session = Session(Service.SUBMISSION, "reports", "", 0, trusted=True)
        reply = await _now(self.policy.recipient(session, transaction, Recipient(recipient, Notify.NEVER)))
        if not reply.is_positive:
            return reply
        pending = transaction.spool.write(content)
        if pending is not None:
            await pending
        return await _now(self.intake.accept(session, transaction))


async def _now(answer: Reply | Awaitable[Reply]) -> Reply:
    return answer if isinstance(answer, Reply) else await answer
