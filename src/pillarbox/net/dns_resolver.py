"""How does an answer come about? The servers in turn, and along the aliases; kept and shared by ``dns_lookups``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from pillarbox.mail.address import AddressError, to_ascii
from pillarbox.observe.metrics import Metrics

from .clock import Clock
from .dns import Answer, DnsTemporary, Kind
from .dns_cache import Cache, CacheSettings
from .dns_exchange import Exchange, Server, SocketExchange
from .dns_lookups import Lookups
from .dns_servers import NameServers, Patience
from .dns_wire import CNAME_MAX, BadName, Record, parse_name, understand


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """``timeout``: seconds that one server gets for one try; ``rounds``: tries for each; ``total``: seconds for all."""

    timeout: float = 2.0
    rounds: int = 3
    total: float = 10.0
    cache: CacheSettings = field(default_factory=CacheSettings)


class DnsResolver(Lookups):
    """Asks ``servers()`` (called for each question, so that a changed network counts at once). ``random`` gives ids.

    Questions sent and answers out of the cache are counted in ``metrics``.
    """

    def __init__(
        self,
        servers: Callable[[], Sequence[Server]],
        clock: Clock,
        random: Random,
        settings: DnsSettings | None = None,
        exchange: Exchange | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.settings = settings or DnsSettings()
        self.metrics = metrics or Metrics()
        patience = Patience(self.settings.timeout, self.settings.rounds)
        self.servers = NameServers(servers, random, patience, exchange or SocketExchange(), self.metrics)
        cache = Cache(self.settings.cache)
        super().__init__(self.find, cache, clock, self.metrics, self.settings.total)

    async def find(self, name: str, kind: Kind, servers: Sequence[Server] | None = None) -> Answer[Record]:
        """What ``servers`` say (without them: all), past the cache; aliases that they did not follow are followed."""
        try:
            target = to_ascii(name)
            ttl = self.settings.cache.ttl_max
            authenticated = True
            for _ in range(CNAME_MAX):
                parse_name(target)
                server, response = await self.servers.ask(self.servers.question(target, kind), understand, servers)
                ttl = min(ttl, response.ttl)
                # RFC 4035 §4.9.3: AD counts only from a server that we have reason to trust, on a safe way.
                authenticated = authenticated and response.authenticated and server in self.servers.vouching
                if response.records or response.canonical == target or response.rcode != "NOERROR":
                    exists = response.rcode != "NXDOMAIN"
                    return Answer(name, kind, response.records, exists, ttl, response.canonical, authenticated)
                target = response.canonical
        except (BadName, AddressError):
            return unwritable(name, kind, self.settings)
        raise DnsTemporary(f"{name} {kind.name}: a chain of more than {CNAME_MAX} aliases")


def unwritable(name: str, kind: Kind, settings: DnsSettings) -> Answer[Record]:
    """What cannot be written in DNS cannot exist there."""
    return Answer(name, kind, (), exists=False, ttl=settings.cache.negative_max, canonical=name)
