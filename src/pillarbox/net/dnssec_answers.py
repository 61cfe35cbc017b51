"""Is an answer secure, insecure or bogus? Each alias and record, or the proof of absence: RFC 4035 §4.3, §5."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import dns.exception
import dns.name
import dns.rrset

from .dns import DnsTemporary, Kind
from .dns_wire import CNAME_MAX, negative_ttl
from .dnssec_chain import Ask, Chain, Unsigned
from .dnssec_denial import Verdict
from .dnssec_reply import Reply, redirected, signer_of
from .dnssec_signatures import Effort, verify


@dataclass(frozen=True, slots=True)
class Found:
    """``rrset`` of ``name``, the end of the aliases; None: there is none, and no such name unless it ``exists``.

    ``secure``: all of it is proven; ``ttl``: seconds to keep it.
    """

    name: dns.name.Name
    ttl: int
    secure: bool = True
    exists: bool = True
    rrset: dns.rrset.RRset | None = None


class Validator:
    """Finds answers that are secure or proven to be insecure; others are DnsBogus."""

    def __init__(self, ask: Ask, chain: Chain, now: Callable[[], float]) -> None:
        self._ask = ask
        self._chain = chain
        self._now = now

    async def find(self, name: dns.name.Name, kind: Kind, effort: Effort) -> Found:
        """What DNS says to (name, kind)."""
        found = Found(name, 2**31 - 1)
        asked: dns.name.Name | None = None
        reply = await self._ask(name, kind)
        for _ in range(CNAME_MAX):
            rrset = reply.records(found.name, kind)
            if rrset is not None:
                return replace(await self._told(found, reply, rrset, effort), rrset=rrset)
            alias = None if kind is Kind.CNAME else _alias(reply, found.name)
            if alias is not None:
                found = replace(await self._told(found, reply, alias, effort), name=_target(found.name, alias))
            elif found.name in {name, asked} or reply.speaks_of_nothing:
                return await self._nothing(found, reply, kind, effort)
            else:
                asked = found.name  # the server did not follow the alias
                reply = await self._ask(asked, kind)
        raise DnsTemporary(f"{name} {kind.name}: a chain of more than {CNAME_MAX} aliases")

    async def _told(self, found: Found, reply: Reply, rrset: dns.rrset.RRset, effort: Effort) -> Found:
        """``found`` with what ``rrset`` adds to it."""
        signatures = reply.signatures(rrset)
        signer = signer_of(signatures, rrset.name)
        zone = await self._chain.trust(rrset.name if signer is None else signer)
        if isinstance(zone, Unsigned):
            return replace(found, secure=False, ttl=min(found.ttl, rrset.ttl))
        signed = verify(rrset, signatures, zone, self._now(), effort)
        ttl = min(found.ttl, signed.ttl)
        if signed.closest is None:
            return replace(found, ttl=ttl)
        denials = reply.denials(zone, self._now(), effort)
        secure = denials.speak_for(rrset.name, signed)
        return replace(found, secure=found.secure and secure, ttl=min(ttl, denials.ttl or ttl))

    async def _nothing(self, found: Found, reply: Reply, kind: Kind, effort: Effort) -> Found:
        """``found`` with the proof that there is nothing of this kind."""
        name = found.name
        signer = reply.signer_of_nothing(name)
        zone = await self._chain.trust(name if signer is None else signer)
        if isinstance(zone, Unsigned):
            ttl = min(found.ttl, negative_ttl(reply.message))
            return replace(found, secure=False, exists=reply.exists, ttl=ttl)
        denials = reply.denials(zone, self._now(), effort)
        secure = found.secure and denials.of(name, kind, reply.exists).verdict is Verdict.PROVEN
        return replace(found, secure=secure, exists=reply.exists, ttl=min(found.ttl, denials.ttl))


def _alias(reply: Reply, name: dns.name.Name) -> dns.rrset.RRset | None:
    return reply.redirection(name) or reply.records(name, Kind.CNAME)


def _target(name: dns.name.Name, alias: dns.rrset.RRset) -> dns.name.Name:
    try:
        return redirected(name, alias)
    except dns.exception.DNSException as error:  # RFC 6672 §2.2: YXDOMAIN
        raise DnsTemporary(f"{name} leads to a name that is too long") from error
