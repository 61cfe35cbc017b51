"""What do the checks of a message come to? What each found, where the message goes for it, and what is told of it."""

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias, TypeVar

from pillarbox.mail.reply import Reply
from pillarbox.net.dns_asking import Done
from pillarbox.observe.story import Chapter
from pillarbox.senderauth import results
from pillarbox.senderauth.arc import Arc, ArcVerdict, Chain
from pillarbox.senderauth.dkim import DkimResult, Fields
from pillarbox.senderauth.dmarc import Dmarc, DmarcResult
from pillarbox.senderauth.dmarc_record import Policy
from pillarbox.senderauth.iprev import Iprev
from pillarbox.senderauth.spf import Spf

T = TypeVar("T")
Run: TypeAlias = Done[T] | asyncio.Task[T]

DMARC_REFUSED = "Nobody vouches for this message. {reason}. {domain} asks that such mail be refused"


@dataclass(frozen=True, slots=True)
class Begun:
    """Checks of the peer and the envelope, which run while the message comes in; None for those that are off."""

    address: IPv4Address | IPv6Address
    iprev: Run[Iprev] | None = None
    spf: Run[Spf] | None = None

    @property
    def are_done(self) -> bool:
        """Whether there is nothing to wait for."""
        return _is_done(self.iprev) and _is_done(self.spf)


@dataclass(frozen=True, slots=True)
class Sealable:
    """What a seal of ours is made of: the header, the chain so far, and the hash of the body for dkim.BODY."""

    fields: Fields
    chain: Chain
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks found; None where one was not made. ``sealable``: None where no seal is wanted."""

    address: IPv4Address | IPv6Address | None = None
    iprev: Iprev | None = None
    spf: Spf | None = None
    dkims: tuple[DkimResult, ...] = ()
    arc: Arc | None = None
    dmarc: Dmarc | None = None
    sealable: Sealable | None = None

    @property
    def is_any(self) -> bool:
        """Whether anything was found at all."""
        return bool(self.dkims) or any(one is not None for one in (self.iprev, self.spf, self.arc, self.dmarc))

    def field(self, authserv_id: str) -> bytes:
        """Authentication-Results (RFC 8601), with its line end; empty when nothing was checked."""
        if not self.is_any:
            return b""
        arc = self.arc if self.arc is not None and self.arc.result is not ArcVerdict.NONE else None
        return results.field(
            authserv_id, self.spf, self.dkims, self.dmarc, arc, self.iprev, ip=self.address
        )  # fmt: skip

    def tell(self, chapter: Chapter) -> None:
        """One event for each check."""
        iprev, spf, arc, dmarc = self.iprev, self.spf, self.arc, self.dmarc
        if iprev is not None:
            chapter.add("iprev", result=iprev.result.value, why=iprev.reason)
        if spf is not None:
            chapter.add(
                "spf", result=spf.result.value, why=spf.reason, domain=spf.domain, mechanism=spf.mechanism,
                record=spf.record,
            )  # fmt: skip
        for dkim in self.dkims:
            chapter.add("dkim", result=dkim.result.value, why=dkim.reason, domain=dkim.domain, selector=dkim.selector)
        if arc is not None and arc.result is not ArcVerdict.NONE:
            chapter.add("arc", result=arc.result.value, why=arc.reason)
        if dmarc is not None:
            text = dmarc.record.text if dmarc.record is not None else ""
            chapter.add("dmarc", result=dmarc.result.value, why=dmarc.reason, policy=dmarc.policy.value, record=text)


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class VerdictSettings:
    """``dmarc_action``: what becomes of a message that fails DMARC where its domain asks for quarantine or reject:
    "junk" files it there, "refuse" does so where the domain asks for that, "note" only tells. ``trusted_sealers``:
    domains whose ARC seal saves a message that failed DMARC, because they say that it passed when they got it."""

    dmarc_action: str = "junk"
    trusted_sealers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """``top``: Authentication-Results to put on top. ``junk``: local copies go to the junk folder. ``refusal``: the
    message is not taken. ``override``: why what the domain's DMARC policy asks for is not done, a word of RFC 9990."""

    evidence: Evidence = NO_EVIDENCE
    top: bytes = b""
    junk: bool = False
    refusal: Reply | None = None
    override: str = ""


NOTHING_CHECKED = Verdict()


def judge(evidence: Evidence, authserv_id: str, settings: VerdictSettings, chapter: Chapter) -> Verdict:
    """What ``evidence`` comes to; ``chapter`` is told of it."""
    evidence.tell(chapter)
    top, dmarc = evidence.field(authserv_id), evidence.dmarc
    if dmarc is None or dmarc.result is not DmarcResult.FAIL or dmarc.disposition is Policy.NONE:
        return Verdict(evidence, top)
    sealer = _trusted_sealer(evidence, settings.trusted_sealers)
    if sealer is not None:
        chapter.add("dmarc_saved", sealer=sealer)
        return Verdict(evidence, top, override="trusted_forwarder")
    if settings.dmarc_action == "note":
        chapter.add("dmarc_noted", domain=dmarc.domain, policy=dmarc.disposition.value)
        return Verdict(evidence, top, override="local_policy")
    if settings.dmarc_action == "refuse" and dmarc.disposition is Policy.REJECT:
        text = DMARC_REFUSED.format(reason=dmarc.reason[:300], domain=dmarc.domain)
        return Verdict(evidence, top, refusal=Reply.of(550, "5.7.26", text))  # RFC 7372 §3.3
    chapter.add("dmarc_junk", domain=dmarc.domain, policy=dmarc.disposition.value)
    return Verdict(evidence, top, junk=True)


def _trusted_sealer(evidence: Evidence, trusted: frozenset[str]) -> str | None:
    """The newest sealer, where we trust all of them and the first saw DMARC pass (RFC 8617 §7.2.1)."""
    arc = evidence.arc
    if not trusted or arc is None or arc.result is not ArcVerdict.PASS:
        return None
    if not all(link.seal.domain.lower() in trusted for link in arc.sets):
        return None
    try:
        found = results.read(arc.sets[0].results.encode()).results
    except results.ResultsError:
        return None
    passed = any((one.method, one.result) == ("dmarc", "pass") for one in found)
    return arc.sets[-1].seal.domain if passed else None


def _is_done(run: Run[T] | None) -> bool:
    return run is None or isinstance(run, Done) or run.done()


def value_of(run: Run[T]) -> T:
    """The result of a check that is done; raises what the check raised."""
    return run.value if isinstance(run, Done) else run.result()
