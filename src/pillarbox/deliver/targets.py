"""Which hosts take a domain's mail, in which order, and which of them must not be asked? RFC 5321 §5.1, RFC 7505."""

import asyncio
from collections.abc import Iterable
from itertools import zip_longest
from random import Random

from pillarbox.mail.address import parse_literal
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Direct, SmartHost, Tls
from pillarbox.net.dns import Address, Answer, DnsTemporary, Mx, Resolver
from pillarbox.observe.story import Chapter

from .outcome import Failure
from .plan import Plan, Target
from .settings import DeliverySettings

# RFC 3463 §3.5: X.4.6, routing loop.
LOOP = "5.4.6"


def null_mx(domain: str) -> Failure:
    """RFC 7505 §3: the domain says that it takes no mail; RFC 7504 gives the code."""
    return Failure(Reply(556, "5.1.10", (f"{domain} says in DNS (null MX) that it takes no mail",)))


def no_such_domain(domain: str) -> Failure:
    """RFC 3463 §3.2: X.1.2, bad destination system address."""
    return Failure(Reply(550, "5.1.2", (f"there is no domain {domain} in DNS",)))


def no_address(host: str) -> Failure:
    """RFC 3463 §3.5: X.4.4, unable to route."""
    return Failure(Reply(550, "5.4.4", (f"{host}, where the mail should go, has no address in DNS",)))


def dns_trouble(error: DnsTemporary) -> Failure:
    """RFC 3463 §3.5: X.4.3, directory server failure."""
    return Failure(Reply(451, "4.4.3", (f"DNS gave no answer: {error}",)))


def loops_back(domain: str) -> Failure:
    """RFC 5321 §5.1: it must be treated as an error."""
    text = f"the mail for {domain} loops back to us: its best mail host is this server, which does not know the domain"
    return Failure(Reply(554, LOOP, (text,)))


def forbidden_target(domain: str) -> Failure:
    """A domain whose mail hosts are only loopback or no addresses at all (0.0.0.0): mail for it would come to us."""
    return Failure(Reply(550, "5.4.4", (f"the mail hosts of {domain} have only addresses that are no mail host's",)))


class Targets:
    """Finds hosts and addresses. ``random`` spreads load over hosts of one preference (RFC 5321 §5.1)."""

    def __init__(self, resolver: Resolver, random: Random, settings: DeliverySettings) -> None:
        self._resolver = resolver
        self._random = random
        self._settings = settings

    async def direct(self, route: Direct, domain: str, story: Chapter) -> Plan | Failure:
        """The plan for ``domain`` (A-labels, or an address literal) by DNS."""
        groups = ((domain,),) if parse_literal(domain) is not None else await self._mail_hosts(domain, story)
        if isinstance(groups, Failure):
            return groups
        port = self._settings.port
        # What demands TLS must not leave over a connection that was opened without.
        safety = "" if route.tls is Tls.OPPORTUNISTIC else f"/{route.tls.value}"
        plan = Plan(f"{','.join(sorted(groups[0]))}:{port}{safety}", groups, port, route.tls)
        best = await self.addresses(plan, 0, story)
        if isinstance(best, Failure) and (len(groups) == 1 or best.reply.status == LOOP):
            return best
        return plan  # where the best group has no address, a worse one may

    async def _mail_hosts(self, domain: str, story: Chapter) -> tuple[tuple[str, ...], ...] | Failure:
        try:
            answer = await self._resolver.mx(domain)
        except DnsTemporary as error:
            story.add("dns_failed", question=f"{domain} MX", reason=str(error))
            return dns_trouble(error)
        _tell(story, answer)
        if not answer.exists:
            return no_such_domain(domain)
        if not answer.records:
            return ((domain,),)  # RFC 5321 §5.1: the implicit MX, preference 0
        if all(record.host == "" for record in answer.records):
            return null_mx(domain)
        groups = grouped(answer.records[: self._settings.mail_hosts], self._settings.own_names)
        return groups or loops_back(domain)

    async def addresses(self, plan: Plan, group: int, story: Chapter) -> list[Target] | Failure:
        """The addresses of the hosts of one preference in the order to try them, those of both families in turn.

        A Failure of status 5.4.6 means: we are among them, so that neither they nor any worse host may be asked.
        """
        hosts = list(plan.groups[group])
        self._random.shuffle(hosts)
        found: list[Target] = []
        trouble: Failure | None = None
        for host, answer in zip(hosts, await asyncio.gather(*map(self._addresses_of, hosts)), strict=True):
            if isinstance(answer, DnsTemporary):
                story.add("dns_failed", question=f"{host} A AAAA", reason=str(answer))
                trouble = dns_trouble(answer)
                continue
            if isinstance(answer, Answer):
                _tell(story, answer)
            records = answer.records if isinstance(answer, Answer) else answer
            found.extend(Target(host, address, plan.port) for address in in_turn(records))
        if not plan.is_direct:
            # A smart host without address is our mistake, not the recipient's: the mail waits until it is set right.
            return found or trouble or Failure(Reply(451, "4.4.4", (f"the smart host {hosts[0]} has no address",)))
        return self._allowed(found, hosts[0], story) if found else trouble or no_address(hosts[0])

    async def _addresses_of(self, host: str) -> Answer[Address] | tuple[Address] | DnsTemporary:
        literal = parse_literal(host) or parse_literal(f"[{host}]") or parse_literal(f"[ipv6:{host}]")
        if literal is not None:
            return (literal,)
        try:
            return await self._resolver.addresses(host)
        except DnsTemporary as error:
            return error

    def _allowed(self, found: list[Target], name: str, story: Chapter) -> list[Target] | Failure:
        settings = self._settings
        if any(is_own(target.address, target.port, settings.own_endpoints) for target in found):
            return loops_back(name)
        if settings.allow_loopback_targets:
            return found
        allowed = [target for target in found if not is_forbidden(target.address)]
        if len(allowed) < len(found):
            story.add("target_forbidden", targets=[str(target) for target in found if target not in allowed])
        return allowed or forbidden_target(name)


def smart(route: SmartHost) -> Plan:
    """The plan for a smart host: needs no DNS yet."""
    user = f"{route.credentials.username}@" if route.credentials else ""
    return Plan(
        f"{user}{route.host}:{route.port}/{route.tls.value}{'/lmtp' if route.lmtp else ''}",
        ((route.host,),),
        route.port,
        route.tls,
        is_direct=False,
        credentials=route.credentials,
        auth_in_clear=route.auth_in_clear,
        lmtp=route.lmtp,
    )


def grouped(records: Iterable[Mx], own_names: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Hosts by preference, best first; where we ourselves stand in the list, our preference and all worse are cut.

    RFC 5321 §5.1: a relay that finds itself in the list must drop those, or two backup hosts play ping-pong.
    """
    groups: dict[int, list[str]] = {}
    for record in sorted(records):
        if record.host:
            groups.setdefault(record.preference, []).append(record.host)
    ours = min((p for p, hosts in groups.items() if own_names.intersection(hosts)), default=1 << 16)
    return tuple(tuple(dict.fromkeys(hosts)) for p, hosts in groups.items() if p < ours)


def in_turn(addresses: Iterable[Address]) -> list[Address]:
    """IPv6 and IPv4 in turn (RFC 8305 §4), so that a family that does not work costs only every second try."""
    listed = list(addresses)
    six = [address for address in listed if address.version == 6]
    four = [address for address in listed if address.version == 4]
    return [address for pair in zip_longest(six, four) for address in pair if address is not None]


def is_forbidden(address: Address) -> bool:
    """No other machine can be there: loopback, 0.0.0.0/8, multicast, reserved."""
    plain = (address.ipv4_mapped or address) if address.version == 6 else address
    this_network = plain.version == 4 and int(plain) >> 24 == 0
    broadcast_or_reserved = plain.version == 4 and plain.is_reserved
    return plain.is_loopback or plain.is_unspecified or plain.is_multicast or this_network or broadcast_or_reserved


def is_own(address: Address, port: int, endpoints: frozenset[tuple[str, int]]) -> bool:
    """We listen exactly there. What listens on every address is noticed once connected: see ``opening``."""
    plain = (address.ipv4_mapped or address) if address.version == 6 else address
    return (str(plain), port) in endpoints


def _tell(story: Chapter, answer: Answer[Mx] | Answer[Address]) -> None:
    text = str(answer)
    if not any(event.kind == "dns" and event.evidence["answer"] == text for event in story.events):
        story.add("dns", answer=text, ttl=answer.ttl, stale=answer.stale)
