"""How does the server take a message from a program on this machine? As a submission by one who may give it orders.

Whoever can read the control token may send; the message passes policy and intake like any other.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formataddr

from pillarbox.intake.accept import Intake
from pillarbox.intake.policy import Policy
from pillarbox.intake.session import Service, Session, Transaction
from pillarbox.intake.spool import Spool
from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.envelope import BodyType, Envelope, Notify, Recipient, Return
from pillarbox.mail.mailboxes import MailboxError, parse
from pillarbox.mail.reply import MESSAGE_TOO_BIG, NO_RECIPIENTS, TOO_MANY_RECIPIENTS, Reply
from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter
from pillarbox.store.interface import Directory

from .control import Json, Request, rest
from .trouble import Exit, Trouble


@dataclass(frozen=True, slots=True)
class SubmissionSettings:
    """``hostname`` completes names without a domain; ``message_size`` in octets; ``recipients`` of one message."""

    hostname: str
    message_size: int
    recipients: int = 1_000


@dataclass(frozen=True, slots=True)
class LocalSubmission:
    """The control command ``submit``."""

    settings: SubmissionSettings
    policy: Policy
    intake: Intake
    directory: Directory
    spool: Callable[[], Spool]
    clock: Clock

    async def __call__(self, request: Request) -> Json:
        """Take the message. Trouble, with nothing kept, when it or one of its recipients is refused."""
        try:
            transaction = await self._transaction(request)
        except Trouble:
            await rest(request)
            raise
        session = Session(Service.SUBMISSION, "control", "", 0, trusted=True)
        try:
            await self._envelope(session, transaction, request)
            reply = await self._take(session, transaction, request)
        except BaseException:
            transaction.spool.discard()
            raise
        if not reply.is_positive:
            raise _refused("the message was refused", reply)
        recipients: list[str] = [str(recipient.address) for recipient, _routed in transaction.routed]
        return {"id": reply.text.rpartition(" ")[2], "reply": str(reply), "recipients": recipients}

    async def _transaction(self, request: Request) -> Transaction:
        fields = request.fields
        if request.size > self.settings.message_size:
            raise _refused("the message is too large", MESSAGE_TOO_BIG)
        origin = await self._origin()
        sender = fields.get("sender")
        given = sender if isinstance(sender, str) else str(fields.get("user") or "postmaster")
        envelope = Envelope(
            None if given in {"", "<>"} else _address(given, origin),
            ret=_choice(Return, fields.get("ret")),
            envelope_id=str(fields["envelope_id"]) if fields.get("envelope_id") else None,
        )
        notify = _notify(str(fields.get("notify") or ""))
        envelope.recipients = [Recipient(address, notify) for address in _recipients(fields, origin)]
        if not envelope.recipients:
            raise _refused("the message has no recipients", NO_RECIPIENTS)
        if len(envelope.recipients) > self.settings.recipients:
            raise _refused("the message has too many recipients", TOO_MANY_RECIPIENTS)
        chapter = Chapter(self.clock.now)
        chapter.add("submitted", user=str(fields.get("user") or ""), program=str(fields.get("program") or ""))
        return Transaction(envelope, chapter, self.spool())

    async def _origin(self) -> str:
        """The domain of names that come without one: our host's when that is ours, or the only one that is."""
        names = [row.name for row in await self.directory.domains()]
        return names[0] if len(names) == 1 and self.settings.hostname not in names else self.settings.hostname

    async def _envelope(self, session: Session, transaction: Transaction, request: Request) -> None:
        reply = await _now(self.policy.sender(session, transaction))
        if not reply.is_positive:
            await rest(request)
            raise _refused(f"the sender {transaction.envelope.sender_text} was refused", reply)
        for recipient in transaction.envelope.recipients:
            reply = await _now(self.policy.recipient(session, transaction, recipient))
            if not reply.is_positive:
                await rest(request)
                raise _refused(f"the recipient {recipient.address} was refused, and nothing was sent", reply)

    async def _take(self, session: Session, transaction: Transaction, request: Request) -> Reply:
        plain = True
        author, sender = str(request.fields.get("author") or ""), transaction.envelope.sender
        if author and sender is not None:  # only asked for where the message has no From of its own
            transaction.spool.write(f"From: {formataddr((_one_line(author), str(sender)))}\r\n".encode())
        async for piece in request.octets:
            plain = plain and piece.isascii()
            pending = transaction.spool.write(piece)
            if pending is not None:
                await pending
        if not plain:
            transaction.envelope.body = BodyType.EIGHT_BIT
            header = transaction.spool.header()
            # RFC 6531 §3.6: a header with other than ASCII needs SMTPUTF8 all the way.
            transaction.envelope.smtputf8 = header is not None and not header.isascii()
        return await _now(self.intake.accept(session, transaction))


def _one_line(text: str) -> str:
    """A name without what would end its header field (RFC 5322 §2.2)."""
    return "".join(c if c.isprintable() else " " for c in text)


async def _now(answer: "Reply | Awaitable[Reply]") -> Reply:
    return answer if isinstance(answer, Reply) else await answer


def _address(text: str, origin: str) -> Address:
    """An address on a command line: with brackets or without, with a domain or without."""
    text = text.strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    try:
        return Address.parse(text if "@" in text else f"{text}@{origin}")
    except AddressError as error:
        raise Trouble(f"{text!r} is no address", str(error), "write it like ann@example.org", Exit.DATA) from error


def _recipients(fields: Json, origin: str) -> list[Address]:
    """Those named and those of the message's own fields, each once, in order."""
    found = [_address(str(text), origin) for text in fields.get("recipients") or []]
    for value in fields.get("recipient_fields") or []:
        try:
            found += [mailbox.address for mailbox in parse(_completed(str(value), origin))]
        except MailboxError as error:
            raise Trouble("a recipient field cannot be read", str(error), "mend To, Cc or Bcc", Exit.DATA) from error
    return list({address.key: address for address in found}.values())


_BARE = re.compile(r"(?:\A|(?<=,))(\s*)([A-Za-z0-9_.-]+)(?=\s*(?:,|\Z))")


def _completed(value: str, origin: str) -> str:
    """Names without a domain get ours: cron writes ``To: root``."""
    return _BARE.sub(rf"\1\2@{origin}", value)


def _choice(kind: type[Return], value: object) -> Return | None:
    try:
        return kind(str(value).upper()) if value else None
    except ValueError as error:
        raise Trouble(
            f"{value!r} is not known", "RET is FULL or HDRS", "write -R full or -R hdrs", Exit.USAGE
        ) from error


def _notify(text: str) -> Notify | None:
    """RFC 3461 §4.1: NEVER, or a list of SUCCESS, FAILURE, DELAY."""
    notify = Notify(0)
    for word in filter(None, (part.strip() for part in text.split(","))):
        try:
            notify |= Notify[word.upper()]
        except KeyError as error:
            cure = "write never, or some of success,failure,delay"
            raise Trouble(f"{word!r} is not known", "it says when to send a report", cure, Exit.USAGE) from error
    if Notify.NEVER in notify and notify is not Notify.NEVER:
        raise Trouble("never goes with nothing else", "RFC 3461 §4.1", "write never alone", Exit.USAGE)
    return notify or None


def _refused(what: str, reply: Reply) -> Trouble:
    if reply.is_temporary:
        return Trouble(what, str(reply), "try again later", Exit.TEMPORARY)
    code = Exit.NO_USER if reply.status == "5.1.1" else Exit.UNAVAILABLE
    return Trouble(what, str(reply), "correct it and send again", code)
