"""How does a connection become ready for mail? Greeting, EHLO, TLS, sign-in. RFC 5321 §3.1-3.2, RFC 3207, RFC 4954."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Tls
from pillarbox.net.tls import why_broken
from pillarbox.observe.story import Chapter
from pillarbox.proto.scram import NONCE_SIZE
from pillarbox.proto.smtp.client_auth import choose
from pillarbox.proto.smtp.client_events import AuthAnswered, Greeted, TlsAnswered, Welcomed
from pillarbox.senderauth.tlsrpt import FailureType, PolicyType

from .certificates import Untrusted
from .channel import Channel, Lost
from .dane import check
from .dial import Dialer, TlsContexts, result_of
from .outcome import Failure
from .plan import Plan, Target
from .refusals import loops_back
from .safety import Level, demand, level_of, proof, session
from .settings import DeliverySettings
from .tls_counts import TlsCounts
from .tls_memory import TlsMemory


class Turned(Exception):
    """This host will not do, now or ever: ``failure`` says why. ``tls_broken``: without TLS it might."""

    def __init__(self, failure: Failure, tls_broken: bool = False) -> None:
        super().__init__(failure.words)
        self.failure = failure
        self.tls_broken = tls_broken


@dataclass(frozen=True, slots=True)
class Opener:
    """Leads new connections through their opening. ``random`` gives the nonces of SCRAM, ``now`` POSIX seconds."""

    settings: DeliverySettings
    dialer: Dialer
    contexts: TlsContexts
    random: Random
    memory: TlsMemory
    book: TlsCounts
    now: Callable[[], float]

    async def open(self, channel: Channel, plan: Plan, target: Target, level: Level, story: Chapter) -> None:
        """Bring ``channel`` to where MAIL may be said; Turned when that cannot be. ``level`` may be less than what the
        plan asks for where TLS is broken and not demanded."""
        try:
            await self._open(channel, plan, target, level, story)
        except Lost as error:
            raise Turned(_trouble(target, error.status, str(error))) from error

    async def _open(self, channel: Channel, plan: Plan, target: Target, level: Level, story: Chapter) -> None:
        if plan.is_direct:
            self._refuse_ourselves(channel, target)
        trial = _Trial(channel, plan, target, level, story)
        if plan.tls is Tls.IMPLICIT:
            await self._handshake(trial)
        await self._greet(channel, target, story)
        await self._hello(channel, plan, target)
        if level is not Level.PLAIN and not channel.tls:
            await self._start_tls(trial)
        if plan.safety.wish is TlsWish.REQUIRED and not channel.client.offers.requiretls:
            raise Turned(_said_no(target, "5.7.30", "it does not promise to require TLS for the rest of the way"))
        if plan.credentials is not None:
            await self._sign_in(channel, plan, target, story)

    def _refuse_ourselves(self, channel: Channel, target: Target) -> None:
        """We listen on every address of this machine, and the connection leads to this machine (RFC 5321 §5.1)."""
        here, there = channel.socket_info("sockname"), channel.socket_info("peername")
        everywhere = {(address, target.port) for address in ("0.0.0.0", "::")}  # noqa: S104
        is_here = isinstance(here, tuple) and isinstance(there, tuple) and here[0] == there[0]
        if is_here and everywhere & self.settings.own_endpoints:
            raise Turned(loops_back(target.host))

    async def _greet(self, channel: Channel, target: Target, story: Chapter) -> None:
        event = await channel.event(self.settings.timeouts.greeting, "the greeting")
        assert isinstance(event, Greeted)
        story.add("greeted", host=target.host, address=str(target.address), reply=bounded(event.reply))
        if event.reply.code != 220:
            raise Turned(_said(target, event.reply))

    async def _hello(self, channel: Channel, plan: Plan, target: Target) -> None:
        channel.client.hello()
        event = await channel.event(self.settings.timeouts.hello, "the answer to EHLO")
        assert isinstance(event, Welcomed)
        if event.reply.code >= 400:
            raise Turned(_said(target, event.reply))
        name = event.offers.name.lower().rstrip(".")
        if plan.is_direct and name and name == self.settings.hostname.lower():
            raise Turned(loops_back(target.host))

    async def _start_tls(self, trial: "_Trial") -> None:
        channel, target = trial.channel, trial.target
        if not channel.client.offers.starttls:
            await self._without_tls(trial, "it offers no STARTTLS", FailureType.STARTTLS_NOT_SUPPORTED)
            return
        channel.client.start_tls()
        try:
            event = await channel.event(self.settings.timeouts.command, "the answer to STARTTLS")
        except Lost as error:
            raise Turned(_trouble(target, error.status, str(error)), tls_broken=True) from error
        assert isinstance(event, TlsAnswered)
        if event.reply.code != 220:
            words = f"STARTTLS was answered with: {event.reply}"
            trial.story.add("tls_refused", host=target.host, reply=bounded(event.reply))
            if channel.client.closing:
                raise Turned(_trouble(target, "4.7.10", words), tls_broken=True)
            await self._without_tls(trial, words, FailureType.STARTTLS_NOT_SUPPORTED)
            return
        await self._handshake(trial)
        channel.client.tls_started()
        await self._hello(channel, trial.plan, target)

    async def _without_tls(self, trial: "_Trial", words: str, result: str) -> None:
        """The host does not want TLS: on without it where that may be, else Turned."""
        self._count(trial, result, words)
        refusal = await self.refuse_clear(trial.plan, trial.target, trial.level, words)
        if refusal is not None:
            raise Turned(refusal)

    async def refuse_clear(self, plan: Plan, target: Target, level: Level, words: str) -> Failure | None:
        """Why mail must not go to ``target`` in clear although TLS did not come about; None when it may."""
        if plan.safety.wish is TlsWish.REQUIRED:
            return _said_no(target, "5.7.10", f"{words}, and the sender requires TLS")
        if level.is_demanded:
            return _trouble(target, "4.7.10", f"{words}, and {demand(plan, level)}")
        if plan.safety.wish is TlsWish.OPTIONAL:
            return None
        seen = await self.memory.last(target.host, self.now())
        if seen is None:
            return None
        date = datetime.fromtimestamp(seen, UTC).strftime("%Y-%m-%d")
        text = f"{words}, but it was reached with encryption on {date}: somebody may be in between, so the mail waits"
        return _trouble(target, "4.7.10", text)

    async def _handshake(self, trial: "_Trial") -> None:
        channel, target, level = trial.channel, trial.target, trial.level
        dane = target.dane if level is Level.DANE else None
        name = dane.base if dane is not None else target.host
        name = str(target.address) if name.startswith("[") else name
        try:
            await channel.start_tls(self.dialer, self._context(level), name, self.settings.timeouts.tls)
            if dane is not None:
                check(dane, channel.certificates, self.now())
        except Untrusted as error:
            raise self._broken(trial, str(error), error.result) from error
        except (OSError, ValueError) as error:  # ValueError: the name is none that TLS can ask for
            raise self._broken(trial, f"the TLS handshake failed: {why_broken(error)}", result_of(error)) from error
        self._count(trial)
        self.memory.note(target.host, self.now())
        proven = proof(trial.plan, target, level)
        trial.story.add(
            "remote_tls", host=target.host, tls=channel.tls, verified=level.is_proven, proof=proven, level=level.value
        )

    def _context(self, level: Level) -> ssl.SSLContext:
        if level.by_authority:
            return self.contexts.verified
        return self.contexts.unchecked if level is Level.DANE else self.contexts.opportunistic

    def _broken(self, trial: "_Trial", words: str, result: str) -> "Turned":
        """TLS came to nothing, or not to who it should be."""
        target = trial.target
        reason = words.removeprefix("the TLS handshake failed: ")
        trial.story.add("tls_failed", host=target.host, address=str(target.address), reason=reason)
        self._count(trial, result, reason)
        if trial.plan.safety.wish is TlsWish.REQUIRED and result != FailureType.VALIDATION_FAILURE:
            return Turned(_said_no(target, "5.7.10", f"{words}, and the sender requires TLS"))
        return Turned(_trouble(target, "4.7.5", words), tls_broken=True)

    def _count(self, trial: "_Trial", result: str = "", words: str = "") -> None:
        """For the reports of RFC 8460: sessions with hosts that DNS named, under the policy that was obeyed."""
        plan, target = trial.plan, trial.target
        if not plan.is_direct or plan.safety.wish is TlsWish.OPTIONAL or trial.level is Level.PLAIN:
            return
        counted = session(plan, target)
        if trial.level is Level.ENCRYPTED and not result:
            result, words = FailureType.TLSA_INVALID, "none of the TLSA records can be used"
        if counted.kind == PolicyType.STS and trial.level is Level.OPPORTUNISTIC:
            return  # the second try of a test that failed, and was counted
        if result:
            helo, address = trial.channel.client.offers.name[:255], str(target.address)
            failed = counted._replace(result=result, host=target.host, address=address, helo=helo, reason=words[:200])
            self.book.count(failed)
        else:
            self.book.count(counted)

    async def _sign_in(self, channel: Channel, plan: Plan, target: Target, story: Chapter) -> None:
        assert plan.credentials is not None
        if not (channel.tls or plan.auth_in_clear or target.address.is_loopback):
            raise Turned(_trouble(target, "4.7.11", "signing in needs TLS, or auth_in_clear in the route"))
        user = plan.credentials.username
        try:
            password = plan.credentials.password()
            nonce = self.random.randbytes(NONCE_SIZE)
            dialogue = choose(channel.client.offers.auth, user, password, nonce)
        except (OSError, ValueError) as error:
            raise Turned(_trouble(target, "4.7.8", f"the password for {user} cannot be used: {error}")) from error
        if dialogue is None:
            raise Turned(_trouble(target, "4.7.8", "it offers no way of signing in that we know"))
        channel.client.authenticate(dialogue)
        event = await channel.event(self.settings.timeouts.auth, "the answer to AUTH")
        assert isinstance(event, AuthAnswered)
        story.add("remote_auth", host=target.host, user=user, mechanism=dialogue.mechanism, reply=bounded(event.reply))
        if event.reply.code != 235:
            # A wrong password is our trouble, not the recipient's: the mail waits until somebody sets it right.
            raise Turned(_trouble(target, "4.7.8", f"the sign-in as {user} was answered with: {event.reply}"))


def unsigned(plan: Plan, target: Target) -> Turned | None:
    """RFC 8689 §4.2.1: where the sender requires TLS, DNSSEC or MTA-STS must vouch for the names of the hosts."""
    if plan.safety.wish is not TlsWish.REQUIRED or plan.safety.is_secure or level_of(plan, target) is Level.MTA_STS:
        return None
    words = f"the mail hosts of {plan.safety.domain} come from DNS that is not signed, and it has no MTA-STS policy"
    return Turned(_said_no(target, "5.7.10", words))


@dataclass(frozen=True, slots=True)
class _Trial:
    """One opening at one level."""

    channel: Channel
    plan: Plan
    target: Target
    level: Level
    story: Chapter


def bounded(reply: Reply) -> str:
    """A reply as evidence: verbatim up to 1,000 characters."""
    return str(reply)[:1000]


def _said(target: Target, reply: Reply) -> Failure:
    return Failure(reply, target.host, str(target.address), is_remote=True)


def _trouble(target: Target, status: str, words: str) -> Failure:
    return Failure(Reply(451, status, (f"{target}: {words}",)), target.host, str(target.address))


def _said_no(target: Target, status: str, words: str) -> Failure:
    """RFC 8689 §4.2: what the sender wants cannot be had from this host, now or later."""
    return Failure(Reply(550, status, (f"{target}: {words} (REQUIRETLS)",)), target.host, str(target.address))
