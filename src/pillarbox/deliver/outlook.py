"""How safe is the way to a domain, before anything is sent? What an administrator sees of each of its mail hosts."""

from dataclasses import dataclass

from pillarbox.observe.story import Chapter

from .dane import told
from .mta_sts import Policy
from .outcome import Failure
from .plan import Plan, Target
from .safety import Level, level_of
from .targets import Targets
from .tls_memory import TlsMemory


@dataclass(frozen=True, slots=True)
class HostOutlook:
    """One mail host: what it must show (``level``), in ``words``; ``records`` are its TLSA records; ``tls_seen`` is
    when it was last reached with TLS (POSIX seconds), where that still counts."""

    host: str
    level: Level
    words: str
    records: str = ""
    tls_seen: float | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """``is_signed``: DNSSEC vouches for the names of the hosts. ``trouble``: why nothing can be sent there now, in
    words; "" when nothing is known to stand in the way."""

    domain: str
    is_signed: bool = False
    sts: Policy | None = None
    hosts: tuple[HostOutlook, ...] = ()
    trouble: str = ""


async def look(plan: Plan | Failure, domain: str, targets: Targets, memory: TlsMemory, now: float) -> Outlook:
    """The outlook of a direct plan for ``domain``. StoreError."""
    if isinstance(plan, Failure):
        return Outlook(domain, trouble=plan.words)
    hosts: dict[str, HostOutlook] = {}
    troubles: list[str] = []
    unheard = Chapter(lambda: now)
    for group in range(len(plan.groups)):
        found = await targets.addresses(plan, group, unheard)
        if isinstance(found, Failure):
            troubles.append(found.words)
            continue
        for target in found:
            if target.host not in hosts:
                hosts[target.host] = _host(plan, target, await memory.last(target.host, now))
    trouble = "" if hosts else "; ".join(dict.fromkeys(troubles))
    return Outlook(domain, plan.safety.is_secure, plan.safety.sts, tuple(hosts.values()), trouble)


def _host(plan: Plan, target: Target, seen: float | None) -> HostOutlook:
    level = level_of(plan, target)
    records = told(target.dane.records) if target.dane is not None else ""
    return HostOutlook(target.host, level, _words(plan, target, level, seen), records, seen)


def _words(plan: Plan, target: Target, level: Level, seen: float | None) -> str:
    domain = plan.safety.domain
    if level is Level.DANE:
        base = target.dane.base if target.dane is not None else target.host
        return f"DANE: it must show the certificate that {base} has published in signed DNS"
    if level is Level.MTA_STS:
        return f"MTA-STS: the policy of {domain} demands TLS and a certificate that a trusted authority gave for it"
    if level is Level.ENCRYPTED:
        return "its TLSA records cannot be used: TLS is demanded, with any certificate"
    if level is Level.VERIFIED:
        return "the route demands TLS and a certificate that a trusted authority gave for it"
    if level is Level.PLAIN:
        return "the route says that it is sent to without TLS"
    testing = f"MTA-STS of {domain} is only testing; " if level is Level.TESTING else ""
    if seen is not None:
        return f"{testing}TLS with any certificate; it spoke TLS before, so nothing is sent to it without"
    return f"{testing}TLS with any certificate where it offers that, else none"
