"""May this address send for that domain? check_host() of RFC 7208, with RFC 8616 for internationalized senders."""

from dataclasses import dataclass
from typing import Literal

from pillarbox.mail.address import AddressError, to_ascii

from .asking import Check, Kind, Question
from .iprev import Ip, unmapped
from .spf_macros import MacroError, is_name, parse_explanation
from .spf_record import RECORD_MAX, SpfResult
from .spf_walk import SpfSettings, Trouble, Verdict, Walk

__all__ = ["Spf", "SpfResult", "SpfSettings", "check_host"]

# The word of RFC 7208 §9.1 for a record of which no mechanism matched.
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Spf:
    """What SPF says of one identity.

    ``domain``: the one that was asked, as A-labels; "" where it is no name, but spaces and odd signs may stand in it.
    ``mechanism``: the term whose qualifier is the result, the one at fault where it is an error, "default" where none
    matched, "" where there is no record. ``path``: the terms that led to the result, through redirects and includes.
    ``reason``: for people. ``explanation``: the domain's own words on a fail (RFC 7208 §6.2: printable ASCII, to be
    shown as a stranger's). ``lookups``, ``voids``: what it cost (§4.6.4). ``record``: that of ``domain``, as published,
    or its first 1000 characters. ``personal``: for another local part, or at another time, it may be another.
    """

    result: SpfResult
    identity: Literal["mailfrom", "helo"]
    domain: str
    mechanism: str
    reason: str
    explanation: str | None = None
    lookups: int = 0
    voids: int = 0
    record: str = ""
    path: tuple[str, ...] = ()
    personal: bool = False


def check_host(ip: Ip, sender: str, helo: str, settings: SpfSettings, now: float = 0.0) -> Check[Spf]:
    """Whether ``ip`` may send for ``sender``, a reverse-path without brackets; for "" the identity is ``helo`` (RFC
    7208 §2.4, and how the HELO identity of §2.3 is asked for). ``now``: POSIX seconds, for %{t}.

    The whole may take long: whoever asks DNS answers FAILED when 20 seconds are over (§4.6.4).
    """
    ip = unmapped(ip)  # §5
    identity: Literal["mailfrom", "helo"] = "mailfrom" if sender else "helo"
    local, name = ("postmaster", helo) if not sender else _split(sender)
    domain = _in_dns(name)
    if not is_name(domain) or "." not in domain or domain.startswith("["):  # §4.3
        reason = f"“{name[:100]}” is no name that could have an SPF record"
        return Spf(SpfResult.NONE, identity, domain if is_name(domain) else "", "", reason)
    walk = Walk(ip, local, domain, helo, settings)
    try:
        verdict = yield from walk.judge(domain)
    except Trouble as trouble:
        return Spf(
            trouble.result,
            identity,
            domain,
            trouble.term,
            str(trouble),
            lookups=walk.lookups,
            voids=walk.voids,
            record=walk.record,
            personal=walk.personal,
        )
    lookups, voids = walk.lookups, walk.voids  # §4.6.4: an explanation does not count
    more = {"c": str(ip), "r": settings.receiver, "t": str(int(now))}
    explanation = yield from _explanation(walk, verdict, more, settings.explanation)
    return Spf(
        verdict.result,
        identity,
        domain,
        _mechanism(verdict),
        _reason(ip, domain, verdict),
        explanation,
        lookups,
        voids,
        walk.record,
        verdict.path,
        walk.personal,
    )


def _split(sender: str) -> tuple[str, str]:
    """Local part, "postmaster" for none (§4.3), and domain."""
    local, _, domain = sender.rpartition("@")
    return local or "postmaster", domain


def _in_dns(name: str) -> str:
    """``name`` as A-labels (RFC 8616 §4); "" when it has no such form."""
    try:
        return to_ascii(name.removesuffix("."))
    except AddressError:
        return ""


def _explanation(walk: Walk, verdict: Verdict, more: dict[str, str], longest: int) -> Check[str | None]:
    """What the domain says to those that fail; whatever is wrong with it, there is just none (§6.2)."""
    record = verdict.record
    if verdict.result is not SpfResult.FAIL or record is None or record.explanation is None:
        return None
    try:
        name = yield from walk.name(record.explanation, verdict.domain)
        if not name:
            return None
        [answer] = yield [Question(Kind.TXT, name)]
        octets = answer.records[0] if len(answer.records) == 1 else None
        if not isinstance(octets, bytes) or len(octets) > RECORD_MAX:
            return None
        words = parse_explanation(octets.decode("ascii"))
        values = yield from walk.values(words, verdict.domain)
    except (Trouble, MacroError, UnicodeDecodeError):
        return None
    text = words.expand(values | more)
    return text if len(text) <= longest and text.isascii() and text.isprintable() else None


def _mechanism(verdict: Verdict) -> str:
    """The outermost term that is no redirect: its qualifier is the result."""
    if verdict.record is None:
        return ""
    return next((term for term in verdict.path if not term.startswith("redirect=")), _DEFAULT)


def _reason(ip: Ip, domain: str, verdict: Verdict) -> str:
    if verdict.record is None:
        return f"{domain} publishes no SPF record" if verdict.exists else f"there is no domain {domain}"
    record = "its SPF record says " + ", which says ".join(verdict.path) if verdict.path else "its SPF record"
    if _mechanism(verdict) == _DEFAULT:
        tail = f"{record}, where nothing matches" if verdict.path else f"nothing in {record} matches"
        return f"{domain} does not say whether {ip} may send: {tail}"
    match verdict.result:
        case SpfResult.PASS:
            head = f"{domain} lets {ip} send"
        case SpfResult.FAIL:
            head = f"{domain} does not let {ip} send"
        case SpfResult.SOFTFAIL:
            head = f"{domain} doubts that {ip} may send"
        case _:
            head = f"{domain} does not say whether {ip} may send"
    return f"{head}: {record}"
