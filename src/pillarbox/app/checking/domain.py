"""Is all well with a domain, as others see it? What internet.nl's test of mail looks at, and a little more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from pillarbox.deliver.mta_sts_fetch import Fetcher
from pillarbox.net.dns import Mx, Resolver

from . import hosts, names
from .findings import Finding, told
from .greeting import Prober
from .zone import Domain

HOSTS = 10  # of the MX that are looked at
_NOT_SEEN = Finding(
    "routes",
    None,
    "whether routes are authorised (RPKI), and renegotiation and 0-RTT in TLS, are not looked at from here",
    "a ROA for each address",
    "ask your provider; https://internet.nl shows it",
)


@dataclass(frozen=True, slots=True)
class World:
    """Whom a check asks. ``now``: POSIX seconds."""

    resolver: Resolver
    prober: Prober
    fetcher: Fetcher
    now: float


async def examine(world: World, domain: Domain) -> AsyncIterator[Finding]:
    """Look at everything, from the name to the hosts."""
    resolver, name = world.resolver, domain.name
    for finding in await told("name servers", partial(names.servers, resolver, name)):
        yield finding
    exchangers: list[Mx] = []

    async def mx() -> list[Finding]:
        answer = await resolver.mx(name)
        exchangers.extend(sorted(answer.records)[:HOSTS])
        return [names.exchangers(answer, domain.hostname), names.dnssec("dnssec", name, answer)]

    for finding in await told("mx", mx):
        yield finding
    found = [record.host for record in exchangers if record.host]
    for check, look in {
        "spf": partial(names.spf, resolver, name, domain.hostname),
        "spf of helo": partial(names.spf, resolver, domain.hostname, domain.hostname),
        "dkim": partial(names.dkim_keys, resolver, domain.keys),
        "dmarc": partial(names.dmarc, resolver, name),
        "mta-sts": partial(names.policy, resolver, world.fetcher, name, found, domain.policy_id),
        "tlsrpt": partial(names.tlsrpt, resolver, name),
    }.items():
        for finding in await told(check, look):
            yield finding
    for host in found or [domain.hostname]:
        pins = domain.pins if host == domain.hostname else ()
        look_at = partial(hosts.look, resolver, world.prober, hosts.Host(host, name, pins, world.now))
        for finding in await told(host, look_at):
            yield finding
    yield _NOT_SEEN
