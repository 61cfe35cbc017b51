"""Who answers questions of DNS? One resolver that is fast, and one that says what DNSSEC vouches for."""

from dataclasses import dataclass
from random import SystemRandom

from pillarbox.net.dns import Resolver
from pillarbox.net.dns_resolver import DnsResolver
from pillarbox.net.dnssec_resolver import SecureResolver

from . import portions
from .ground import Ground, name_servers


@dataclass(frozen=True, slots=True)
class Resolvers:
    """``secure`` is ``plain`` itself where nothing is validated."""

    plain: Resolver
    secure: Resolver

    async def close(self) -> None:
        """Give up the questions under way."""
        if self.secure is not self.plain:
            await self.secure.close()
        await self.plain.close()


def resolvers(ground: Ground, stand_in: Resolver | None) -> Resolvers:
    """Those that the settings ask for, or ``stand_in`` for both."""
    if stand_in is not None:
        return Resolvers(stand_in, stand_in)
    settings = ground.settings
    plain = DnsResolver(
        name_servers(settings, ground.platform), ground.clock, SystemRandom(), portions.dns(settings),
        metrics=ground.metrics,
    )  # fmt: skip
    if settings.dns.dnssec == "off":
        return Resolvers(plain, plain)
    return Resolvers(plain, SecureResolver(plain, ground.clock, portions.dnssec(settings, ground.loaded.folder)))
