"""How does an authority see in DNS that a name is ours, where we may change the zone? RFC 2136, RFC 8945."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from .acme_keys import b64
from .dns_exchange import Server

TTL = 60  # seconds, of the records that are put there for a moment


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """A TSIG key; ``algorithm`` as hmac-sha256."""

    name: str
    secret: bytes = field(repr=False)
    algorithm: str = "hmac-sha256"

    @classmethod
    def parse(cls, text: str) -> "UpdateKey":
        """From "[algorithm:]name:secret", as `nsupdate -y` has it, the secret in base64; ValueError."""
        from base64 import b64decode  # noqa: PLC0415 - beside its only use

        parts = text.strip().split(":")
        if len(parts) not in {2, 3} or not all(parts):
            raise ValueError('the key is not written as "hmac-sha256:name:secret"')
        return cls(parts[-2], b64decode(parts[-1], validate=True), parts[0] if len(parts) == 3 else "hmac-sha256")


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """``server``: the zone's primary. ``patience``: seconds for one question; ``wait``: until all servers of the zone
    show a change."""

    server: Server
    key: UpdateKey | None
    wait: float
    patience: float = 10.0


class UpdateSolver:
    """Puts the record into the zone and takes it out again. OSError says why it cannot."""

    kind = "dns-01"

    def __init__(self, settings: UpdateSettings, pause: Callable[[float], Awaitable[None]]) -> None:
        self._settings = settings
        self._pause = pause

    async def show(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        owner, zone = await self._place(name)
        change = self._change(zone)
        change.add(owner, TTL, "TXT", _text(authorization))
        await self._send(change)
        await self._pause(self._settings.wait)

    async def hide(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        owner, zone = await self._place(name)
        change = self._change(zone)
        change.delete(owner, "TXT", _text(authorization))
        await self._send(change)

    def _change(self, zone: dns.name.Name) -> dns.update.UpdateMessage:
        key = self._settings.key
        if key is None:
            return dns.update.UpdateMessage(zone)
        signing = dns.tsig.Key(key.name, key.secret, key.algorithm)
        return dns.update.UpdateMessage(zone, keyring=signing)

    async def _place(self, name: str) -> tuple[dns.name.Name, dns.name.Name]:
        """The record's owner, and the zone of the server that it lies in: the nearest name above that has a SOA."""
        owner = dns.name.from_text(f"_acme-challenge.{name}")
        zone = owner
        while zone != dns.name.root:
            answer = await self._send(dns.message.make_query(zone, dns.rdatatype.SOA), {dns.rcode.NXDOMAIN})
            if any(rrset.rdtype == dns.rdatatype.SOA and rrset.name == zone for rrset in answer.answer):
                return owner, zone
            zone = zone.parent()
        raise OSError(f"{self._settings.server} has no zone for {owner}")

    async def _send(
        self, message: dns.message.Message, allowed: "set[dns.rcode.Rcode] | None" = None
    ) -> dns.message.Message:
        server = self._settings.server
        try:
            answer = await dns.asyncquery.tcp(message, server.address, self._settings.patience, server.port)
        except (dns.exception.DNSException, EOFError) as error:
            raise OSError(f"{server} did not take a change of DNS: {str(error) or type(error).__name__}") from error
        if answer.rcode() not in {dns.rcode.NOERROR, *(allowed or ())}:
            raise OSError(f"{server} refused a change of DNS: {dns.rcode.to_text(answer.rcode())}")
        return answer


def _text(authorization: bytes) -> str:
    """RFC 8555 §8.4."""
    return b64(sha256(authorization).digest())
