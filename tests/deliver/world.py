"""What delivery tests stand on: a deliverer with a fake DNS, loopback allowed, a clock that tests turn."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from random import Random

from pillarbox.deliver.connection import Connection
from pillarbox.deliver.deliverer import Deliverer, Tools
from pillarbox.deliver.dial import TcpDialer, TlsContexts
from pillarbox.deliver.job import Job
from pillarbox.deliver.keeping import InMemory
from pillarbox.deliver.mta_sts_fetch import FetchError
from pillarbox.deliver.outcome import Failure, Outcome
from pillarbox.deliver.plan import Plan
from pillarbox.deliver.settings import DeliverySettings
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Recipient
from pillarbox.mail.route import Direct, Route
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.dns import Address as IpAddress
from pillarbox.net.dns import Answer, DnsTemporary, Kind, Mx, Tlsa
from pillarbox.observe.story import Chapter
from pillarbox.store.trust_rows import TlsCount

BODY = b"Subject: hello\r\n\r\nhello\r\n.\r\n..dots\r\n"


class FakeClock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class FakeDns:
    """Zones from a dict: name -> MX list or address list; a DnsTemporary is raised; what is missing does not exist.

    ``secure``: the names whose answers DNSSEC vouches for. ``certificates``: TLSA records; ``aliases``: where a host's
    addresses really are.
    """

    def __init__(self) -> None:
        self.mail: dict[str, list[tuple[int, str]] | DnsTemporary] = {}
        self.hosts: dict[str, list[str] | DnsTemporary] = {}
        self.texts: dict[str, list[bytes] | DnsTemporary] = {}
        self.certificates: dict[str, list[Tlsa] | DnsTemporary] = {}
        self.aliases: dict[str, str] = {}
        self.secure: set[str] = set()
        self.asked: list[str] = []

    async def mx(self, domain: str) -> Answer[Mx]:
        self.asked.append(f"{domain} MX")
        found = self.mail.get(domain)
        if isinstance(found, DnsTemporary):
            raise found
        exists = domain in self.mail or domain in self.hosts
        records = tuple(Mx(*record) for record in found or ())
        return Answer(domain, Kind.MX, records, exists, 60, domain, authenticated=domain in self.secure)

    async def addresses(self, host: str) -> Answer[IpAddress]:
        self.asked.append(f"{host} A")
        canonical = self.aliases.get(host, host)
        found = self.hosts.get(canonical)
        if isinstance(found, DnsTemporary):
            raise found
        records = tuple(ip_address(text) for text in found or ())
        secure = {host, canonical} <= self.secure
        return Answer(host, Kind.A, records, found is not None, 60, canonical, authenticated=secure)

    async def txt(self, name: str) -> Answer[bytes]:
        self.asked.append(f"{name} TXT")
        found = self.texts.get(name)
        if isinstance(found, DnsTemporary):
            raise found
        return Answer(name, Kind.TXT, tuple(found or ()), found is not None)

    async def ptr(self, address: IpAddress) -> Answer[str]:
        return Answer(str(address), Kind.PTR, (), exists=False)

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        self.asked.append(f"{name} TLSA")
        found = self.certificates.get(name)
        if isinstance(found, DnsTemporary):
            raise found
        return Answer(name, Kind.TLSA, tuple(found or ()), found is not None, authenticated=name in self.secure)

    async def alias(self, name: str) -> Answer[str]:
        found = self.aliases.get(name)
        records = () if found is None else (found,)
        return Answer(name, Kind.CNAME, records, found is not None, authenticated=name in self.secure)

    def known(self, name: str, kind: Kind) -> Answer[object] | DnsTemporary | None:
        return None

    async def ask(self, name: str, kind: Kind) -> Answer[object]:
        return Answer(name, kind, (), exists=False)

    async def close(self) -> None:
        """Nothing is under way."""


class FakeWeb:
    """Policies from a dict: what is missing cannot be fetched."""

    def __init__(self) -> None:
        self.policies: dict[str, bytes] = {}
        self.fetched: list[str] = []

    async def fetch(self, domain: str) -> bytes:
        self.fetched.append(domain)
        if domain not in self.policies:
            raise FetchError(f"mta-sts.{domain} says nothing")
        return self.policies[domain]


class World:
    """A deliverer and all it stands on; ``settings`` may be changed before ``deliverer`` is first asked for."""

    def __init__(self, port: int = 25, trusted: Path | None = None, **settings: object) -> None:
        self.dns = FakeDns()
        self.clock = FakeClock()
        self.deadlines = Deadlines(asyncio.get_running_loop(), self.clock)
        self.settings = DeliverySettings("us.test", port=port, allow_loopback_targets=True)
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]
        self.story = Chapter(self.clock.now)
        self.contexts = TlsContexts(trusted)
        self.kept = InMemory()
        self.web = FakeWeb()
        tools = Tools(self.dns, TcpDialer(), self.contexts, self.deadlines, self.clock, Random(7))
        self.deliverer = Deliverer(replace(tools, keeping=self.kept, fetcher=self.web), self.settings)

    async def connect(self, domain: str = "remote.test", route: Route | None = None) -> Connection | Failure:
        plan = await self.deliverer.plan(route or Direct(), domain, self.story)
        return await self.deliverer.connect(plan, self.story) if isinstance(plan, Plan) else plan

    async def deliver(self, job: Job, domain: str = "remote.test", route: Route | None = None) -> list[Outcome]:
        """Plan, connect, send, close."""
        connection = await self.connect(domain, route)
        if isinstance(connection, Failure):
            return connection.outcomes(job.recipients)
        outcomes = await connection.send(job, self.story)
        await connection.close()
        self.deadlines.close()
        return outcomes

    async def counted(self) -> list[TlsCount]:
        """The sessions that were counted; nothing is counted after."""
        await self.deliverer.close()
        return self.kept.counts

    def told(self, kind: str) -> list[dict[str, object]]:
        """The evidence of all events of ``kind``."""
        return [dict(event.evidence) for event in self.story.events if event.kind == kind]


def a_job(*recipients: str, content: bytes = BODY, sender: str = "s@us.test", **more: object) -> Job:
    listed = [Recipient(Address.parse(text)) for text in recipients or ("u@remote.test",)]
    return Job(1, sender, listed, len(content), content, **more)  # type: ignore[arg-type]
