"""A domain whose DNS and host are what a test says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pillarbox.app.checking.greeting import Greeting
from pillarbox.deliver.mta_sts_fetch import FetchError
from pillarbox.net.dns import Address, Answer, Kind, Mx, Tlsa
from pillarbox.testing import FakeResolver


class SignedNames(FakeResolver):
    """Like its parent; every answer is secure when ``signed``, and there are TLSA and NS records."""

    def __init__(self, *, signed: bool, tlsas: Mapping[str, Sequence[Tlsa]], servers: Sequence[str], **tables: object):
        super().__init__(**tables)  # type: ignore[arg-type]  # the tables are its parent's affair
        self._signed = signed
        self._tlsas = tlsas
        self._servers = servers

    async def mx(self, domain: str) -> Answer[Mx]:
        return replace(await super().mx(domain), authenticated=self._signed)

    async def addresses(self, host: str) -> Answer[Address]:
        return replace(await super().addresses(host), authenticated=self._signed)

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        return Answer(name, Kind.TLSA, tuple(self._tlsas.get(name, ())), canonical=name, authenticated=self._signed)

    async def ask(self, name: str, kind: Kind) -> Answer[object]:
        if kind is Kind.NS:
            return Answer(name, kind, tuple(self._servers) if name == "example.test" else (), canonical=name)
        return await super().ask(name, kind)


@dataclass
class FakeProber:
    """Greets as it is told to."""

    greeting: Greeting

    async def greet(self, host: str, address: Address) -> Greeting:
        return replace(self.greeting, address=address)


@dataclass
class FakeFetcher:
    """The policies of domains; none is an error."""

    policies: dict[str, bytes] = field(default_factory=dict)

    async def fetch(self, domain: str) -> bytes:
        if domain not in self.policies:
            raise FetchError(f"mta-sts.{domain} has no address that may be asked")
        return self.policies[domain]
