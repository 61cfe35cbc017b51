"""Which hosts take a domain's mail, in which order, and which of them must not be asked? RFC 5321 §5.1, RFC 7505."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

from pillarbox.mail.address import parse_literal
from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Direct, Tls
from pillarbox.net.dns import Address, Answer, DnsBogus, DnsTemporary, Mx, Resolver
from pillarbox.observe.story import Chapter
from pillarbox.senderauth.tlsrpt import FailureType

from .dane import Dane, told
from .dane_lookup import find
from .endpoints import in_turn, is_forbidden, is_own
from .mta_sts import Mode
from .mta_sts_policies import Policies
from .outcome import Failure
from .plan import Plan, Safety, Target
from .plan_key import key_of
from .refusals import (
    LOOP,
    dns_trouble,
    forbidden_target,
    loops_back,
    no_address,
    no_such_domain,
    not_in_policy,
    null_mx,
)
from .safety import Session, bogus, of_policy
from .settings import DeliverySettings
from .tls_counts import TlsCounts


class Targets:
    """Finds hosts and addresses. ``random`` spreads load over hosts of one preference (RFC 5321 §5.1)."""

    def __init__(
        self, resolver: Resolver, random: Random, settings: DeliverySettings, policies: Policies, book: TlsCounts
    ) -> None:
        self._resolver = resolver
        self._random = random
        self._settings = settings
        self._policies = policies
        self._book = book

    async def direct(self, route: Direct, domain: str, story: Chapter) -> Plan | Failure:
        """The plan for ``domain`` (A-labels, or an address literal) by DNS."""
        found: tuple[tuple[tuple[str, ...], ...], bool] = ((domain,),), True
        if parse_literal(domain) is None:
            answer = await self._mail_hosts(domain, story)
            if isinstance(answer, Failure):
                return answer
            found = answer
        groups, is_secure = found
        safety = await self._safety(route, domain, is_secure, story)
        plan = Plan("", groups, self._settings.port, route.tls, safety=safety)
        best = await self.addresses(plan, 0, story)
        if isinstance(best, Failure) and (len(groups) == 1 or best.reply.status == LOOP):
            return best
        key = key_of(plan, has_dane=await self._has_dane(plan))
        return replace(plan, key=key)  # where the best group has no address, a worse one may

    async def _safety(self, route: Direct, domain: str, is_secure: bool, story: Chapter) -> Safety:
        """RFC 8689 §3: a message that needs no safe way is not asked about; nor does a route without TLS ask."""
        asked = route.tls is not Tls.NONE and route.wish is not TlsWish.OPTIONAL and not domain.startswith("[")
        sts = await self._policies.find(domain, story) if asked and self._settings.mta_sts else None
        return Safety(domain, is_secure, sts, route.wish)

    async def _has_dane(self, plan: Plan) -> bool:
        """Some host of the plan, the worse ones included, has TLSA records, or nobody can say."""
        hosts = [host for group in plan.groups for host in group]
        found = await asyncio.gather(*(self._host(plan, host) for host in hosts)) if self._asks_dane(plan) else []
        return any(host.dane is not None or isinstance(host.trouble, DnsTemporary) for host in found)

    async def _mail_hosts(self, domain: str, story: Chapter) -> tuple[tuple[tuple[str, ...], ...], bool] | Failure:
        """Host names by preference, and whether DNSSEC vouches for them."""
        try:
            answer = await self._resolver.mx(domain)
        except DnsTemporary as error:
            story.add("dns_failed", question=f"{domain} MX", reason=str(error))
            if isinstance(error, DnsBogus):
                self._book.count(bogus(domain, "", str(error)))
            return dns_trouble(error)
        _tell(story, answer)
        if not answer.exists:
            return no_such_domain(domain)
        if not answer.records:
            return ((domain,),), answer.authenticated  # RFC 5321 §5.1: the implicit MX, preference 0
        if all(record.host == "" for record in answer.records):
            return null_mx(domain)
        groups = grouped(answer.records[: self._settings.mail_hosts], self._settings.own_names)
        return (groups, answer.authenticated) if groups else loops_back(domain)

    async def addresses(self, plan: Plan, group: int, story: Chapter) -> list[Target] | Failure:
        """The addresses of the hosts of one preference in the order to try them, those of both families in turn.

        A Failure of status 5.4.6 means: we are among them, so that neither they nor any worse host may be asked.
        """
        hosts = list(plan.groups[group])
        self._random.shuffle(hosts)
        found: list[Target] = []
        trouble: Failure | None = None
        refused: list[Session] = []
        for host in await asyncio.gather(*(self._host(plan, name) for name in hosts)):
            host.tell(story, plan)
            refusal = self._refusal(plan, host, story, refused)
            if refusal is not None:
                trouble = refusal
                continue
            found.extend(Target(host.name, address, plan.port, host.dane) for address in in_turn(host.addresses))
        if plan.key or not found:  # while planning only what will not be asked again
            for session in refused:
                self._book.count(session)
        if not plan.is_direct:
            # A smart host without address is our mistake, not the recipient's: the mail waits until it is set right.
            return found or trouble or Failure(Reply(451, "4.4.4", (f"the smart host {hosts[0]} has no address",)))
        return self._allowed(found, hosts[0], story) if found else trouble or no_address(hosts[0])

    def _refusal(self, plan: Plan, host: "_Host", story: Chapter, refused: list[Session]) -> Failure | None:
        """Why a host must not be asked, whatever its addresses; what is to be counted goes into ``refused``."""
        if host.trouble is not None:
            if isinstance(host.trouble, DnsBogus):
                refused.append(bogus(plan.safety.domain, host.name, str(host.trouble)))
            return dns_trouble(host.trouble)
        sts = plan.safety.sts
        if sts is None or host.name.startswith("[") or sts.allows(host.name):
            return None
        unnamed, words = FailureType.VALIDATION_FAILURE, "the policy does not name it"
        refused.append(of_policy(sts)._replace(result=unnamed, host=host.name, reason=words))
        has_dane = host.dane is not None and bool(host.dane.usable)
        enforced = sts.mode is Mode.ENFORCE and not has_dane
        story.add("sts_other_host", host=host.name, domain=plan.safety.domain, enforced=enforced, tested=not enforced)
        return not_in_policy(plan.safety.domain, host.name) if enforced else None

    def _asks_dane(self, plan: Plan) -> bool:
        """RFC 7672 §2.2.1: names that came over unsigned DNS may be anybody's, and TLSA records prove nothing then."""
        safety = plan.safety
        return (
            self._settings.dane
            and safety.is_secure
            and plan.tls is not Tls.NONE
            and safety.wish is not TlsWish.OPTIONAL
            and not plan.lmtp
        )

    async def _host(self, plan: Plan, name: str) -> "_Host":
        literal = parse_literal(name) or parse_literal(f"[{name}]") or parse_literal(f"[ipv6:{name}]")
        if literal is not None:
            return _Host(name, (literal,))
        try:
            answer = await self._resolver.addresses(name)
        except DnsTemporary as error:
            return _Host(name, trouble=error, question="A AAAA")
        if not self._asks_dane(plan) or not answer.records:
            return _Host(name, answer.records, answer)
        try:
            dane = await find(self._resolver, answer, plan.port, plan.safety.domain)
        except DnsTemporary as error:
            return _Host(name, trouble=error, question="TLSA")
        return _Host(name, answer.records, answer, dane)

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


@dataclass(frozen=True, slots=True)
class _Host:
    """What DNS says of one mail host. ``trouble``: nobody could say ``question``."""

    name: str
    addresses: tuple[Address, ...] = ()
    answer: Answer[Address] | None = None
    dane: Dane | None = None
    trouble: DnsTemporary | None = None
    question: str = ""

    def tell(self, story: Chapter, plan: Plan) -> None:
        if self.trouble is not None:
            story.add("dns_failed", question=f"{self.name} {self.question}", reason=str(self.trouble))
        if self.answer is not None:
            _tell(story, self.answer)
        if self.dane is not None and plan.key:  # told where a connection is made, not while it is planned
            usable = bool(self.dane.usable)
            records = told(self.dane.usable or self.dane.records)
            story.add("dane" if usable else "dane_unusable", host=self.name, base=self.dane.base, records=records)


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


def _tell(story: Chapter, answer: Answer[Mx] | Answer[Address]) -> None:
    text = str(answer)
    if not any(event.kind == "dns" and event.evidence["answer"] == text for event in story.events):
        story.add("dns", answer=text, ttl=answer.ttl, stale=answer.stale)
