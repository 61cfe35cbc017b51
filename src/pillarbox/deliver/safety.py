"""How safe must the way to a host be, and what proves that it is? DANE before MTA-STS before what is offered.

RFC 7672 (DANE), RFC 8461 §2 (MTA-STS must not outvote DANE), RFC 8689 (the sender's wish), RFC 7435 (opportunistic).
"""

from enum import Enum
from typing import NamedTuple

from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.route import Tls
from pillarbox.senderauth.tlsrpt import FailureType, PolicyType

from .mta_sts import Mode, Policy
from .plan import Plan, Target


class Level(Enum):
    """What must be so before mail leaves, from nothing to the surest."""

    PLAIN = "plain"  # no TLS
    OPPORTUNISTIC = "opportunistic"  # TLS where it can be had
    TESTING = "testing"  # the same, after trying whether MTA-STS would hold
    ENCRYPTED = "encrypted"  # TLS, whoever it is: TLSA records of which none can be used (RFC 7672 §2.2)
    VERIFIED = "verified"  # a certificate that an authority gave for the host: the route or the sender demands it
    MTA_STS = "mta-sts"  # the same, and the domain's policy names the host
    DANE = "dane"  # the certificate that signed DNS names

    @property
    def is_demanded(self) -> bool:
        """Nothing leaves without TLS."""
        return self not in {Level.PLAIN, Level.OPPORTUNISTIC, Level.TESTING}

    @property
    def by_authority(self) -> bool:
        """The certificate is checked in the handshake, against the trusted authorities."""
        return self in {Level.VERIFIED, Level.MTA_STS, Level.TESTING}

    @property
    def is_proven(self) -> bool:
        """Who stands at the other end is known for sure."""
        return self in {Level.VERIFIED, Level.MTA_STS, Level.DANE}


class Session(NamedTuple):
    """What is counted of one session: see ``store.trust_rows.TlsCount``."""

    domain: str
    kind: str
    policy: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    result: str = ""
    host: str = ""
    address: str = ""
    helo: str = ""
    reason: str = ""


def level_of(plan: Plan, target: Target) -> Level:
    """What mail to ``target`` needs. The best proof that can be had is asked for, and then it must hold."""
    if plan.tls is Tls.NONE:
        return Level.PLAIN
    wish, sts = plan.safety.wish, plan.safety.sts
    if wish is TlsWish.OPTIONAL:
        return Level.VERIFIED if plan.tls.is_demanded else Level.OPPORTUNISTIC
    if target.dane is not None and target.dane.usable:
        return Level.DANE
    if sts is not None and sts.mode is Mode.ENFORCE:
        return Level.MTA_STS
    if plan.tls.is_demanded or wish is TlsWish.REQUIRED:
        return Level.VERIFIED
    if target.dane is not None:
        return Level.ENCRYPTED
    return Level.TESTING if sts is not None else Level.OPPORTUNISTIC


def weaker(level: Level) -> Level | None:
    """What may be tried when TLS at ``level`` is broken (RFC 7435 §3); None: nothing."""
    return {Level.TESTING: Level.OPPORTUNISTIC, Level.OPPORTUNISTIC: Level.PLAIN}.get(level)


def proof(plan: Plan, target: Target, level: Level) -> str:
    """What proves who the other end is, as the end of a sentence; "" where nothing does."""
    domain = plan.safety.domain or target.host
    if level is Level.DANE:
        base = target.dane.base if target.dane is not None else target.host
        return f"DANE: the host's certificate is the one that {base} has published in signed DNS"
    if level is Level.MTA_STS:
        return f"MTA-STS: the policy of {domain} names this host, and a trusted authority vouches for its certificate"
    if level is Level.TESTING:
        return f"MTA-STS (only testing): all is as the policy of {domain} says"
    if level is Level.VERIFIED:
        return "its certificate was checked: a trusted authority gave it for this host"
    return ""


def demand(plan: Plan, level: Level) -> str:
    """Who demands TLS at ``level``, as a part of a sentence."""
    if level in {Level.DANE, Level.ENCRYPTED}:
        return "it has TLSA records in signed DNS (DANE), so that mail goes there with TLS only"
    if level is Level.MTA_STS:
        return f"the MTA-STS policy of {plan.safety.domain} demands it"
    return "the route demands it"


def session(plan: Plan, target: Target) -> Session:
    """The session as it is counted when nothing goes wrong. A failure adds result, host, address, helo and reason."""
    domain = plan.safety.domain
    if target.dane is not None:
        return Session(domain, PolicyType.TLSA, target.dane.lines, (target.host,))
    sts = plan.safety.sts
    return of_policy(sts) if sts is not None else Session(domain, PolicyType.NONE)


def bogus(domain: str, host: str, words: str) -> Session:
    """What is counted where DNSSEC says that somebody meddled."""
    hosts = (host,) if host else ()
    return Session(domain, PolicyType.TLSA, (), hosts, FailureType.DNSSEC_INVALID, host, reason=words[:200])


def of_policy(policy: Policy) -> Session:
    """What is counted under an MTA-STS policy."""
    return Session(policy.domain, PolicyType.STS, policy.lines, policy.mx)
