"""How does a connection become ready for mail? Greeting, EHLO, TLS, sign-in. RFC 5321 §3.1-3.2, RFC 3207, RFC 4954."""

from dataclasses import dataclass
from random import Random

from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Tls
from pillarbox.observe.story import Chapter
from pillarbox.proto.scram import NONCE_SIZE
from pillarbox.proto.smtp.client_auth import choose
from pillarbox.proto.smtp.client_events import AuthAnswered, Greeted, TlsAnswered, Welcomed

from .channel import Channel, Lost
from .dial import Dialer, TlsContexts, why_not
from .outcome import Failure
from .plan import Plan, Target
from .settings import DeliverySettings
from .targets import loops_back


class Turned(Exception):
    """This host will not do, now or ever: ``failure`` says why. ``tls_broken``: without TLS it might."""

    def __init__(self, failure: Failure, tls_broken: bool = False) -> None:
        super().__init__(failure.words)
        self.failure = failure
        self.tls_broken = tls_broken


@dataclass(frozen=True, slots=True)
class Opener:
    """Leads new connections through their opening. ``random`` gives the nonces of SCRAM."""

    settings: DeliverySettings
    dialer: Dialer
    contexts: TlsContexts
    random: Random

    async def open(self, channel: Channel, plan: Plan, target: Target, tls: Tls, story: Chapter) -> None:
        """Bring ``channel`` to where MAIL may be said; Turned when that cannot be. ``tls`` may be less than the plan's
        after a broken handshake."""
        try:
            await self._open(channel, plan, target, tls, story)
        except Lost as error:
            raise Turned(_trouble(target, error.status, str(error))) from error

    async def _open(self, channel: Channel, plan: Plan, target: Target, tls: Tls, story: Chapter) -> None:
        if plan.is_direct:
            self._refuse_ourselves(channel, target)
        if tls is Tls.IMPLICIT:
            await self._handshake(channel, target, tls, story)
        await self._greet(channel, target, story)
        await self._hello(channel, plan, target)
        if tls in {Tls.OPPORTUNISTIC, Tls.STARTTLS}:
            await self._start_tls(channel, plan, target, tls, story)
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

    async def _start_tls(self, channel: Channel, plan: Plan, target: Target, tls: Tls, story: Chapter) -> None:
        if not channel.client.offers.starttls:
            if tls.is_demanded:
                raise Turned(_trouble(target, "4.7.10", "it offers no STARTTLS, which the route demands"))
            return
        channel.client.start_tls()
        try:
            event = await channel.event(self.settings.timeouts.command, "the answer to STARTTLS")
        except Lost as error:
            raise Turned(_trouble(target, error.status, str(error)), tls_broken=not tls.is_demanded) from error
        assert isinstance(event, TlsAnswered)
        if event.reply.code != 220:
            story.add("tls_refused", host=target.host, reply=bounded(event.reply))
            if tls.is_demanded or channel.client.closing:
                raise Turned(_trouble(target, "4.7.10", f"STARTTLS was answered with: {event.reply}"), True)
            return
        await self._handshake(channel, target, tls, story)
        channel.client.tls_started()
        await self._hello(channel, plan, target)

    async def _handshake(self, channel: Channel, target: Target, tls: Tls, story: Chapter) -> None:
        context = self.contexts.verified if tls.is_demanded else self.contexts.opportunistic
        name = str(target.address) if target.host.startswith("[") else target.host
        try:
            await channel.start_tls(self.dialer, context, name, self.settings.timeouts.tls)
        except (OSError, ValueError) as error:  # ValueError: the name is none that TLS can ask for
            words = why_not(error)
            story.add("tls_failed", host=target.host, address=str(target.address), reason=words)
            failure = _trouble(target, "4.7.5", f"the TLS handshake failed: {words}")
            raise Turned(failure, tls_broken=not tls.is_demanded) from error
        story.add("remote_tls", host=target.host, tls=channel.tls, verified=tls.is_demanded)

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


def bounded(reply: Reply) -> str:
    """A reply as evidence: verbatim up to 1,000 characters."""
    return str(reply)[:1000]


def _said(target: Target, reply: Reply) -> Failure:
    return Failure(reply, target.host, str(target.address), is_remote=True)


def _trouble(target: Target, status: str, words: str) -> Failure:
    return Failure(Reply(451, status, (f"{target}: {words}",)), target.host, str(target.address))
