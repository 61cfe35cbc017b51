"""What did our checks find? As Authentication-Results (RFC 8601) tells it to filters and mail programs."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from .arc import Arc
from .dkim_verify import DkimResult
from .dmarc import Dmarc, DmarcResult
from .iprev import Iprev
from .organisation import canonical
from .results_forged import forged
from .results_text import Property, Result, Results, ResultsError, read, write
from .spf import Spf

__all__ = ["Property", "Result", "Results", "ResultsError", "field", "forged", "read", "write"]


def field(  # noqa: PLR0913, PLR0917  one argument for each method that RFC 8601 knows
    authserv_id: str,
    spf: Spf | None = None,
    dkims: Sequence[DkimResult] | None = None,
    dmarc: Dmarc | None = None,
    arc: Arc | None = None,
    iprev: Iprev | None = None,
    auth: str | None = None,
    ip: IPv4Address | IPv6Address | None = None,
) -> bytes:
    """The field with its line end. ``auth``: who logged in; ``ip``: the peer, for iprev. None: nothing was checked."""
    results = []
    if auth is not None:
        results.append(Result("auth", "pass", properties=(Property("smtp", "auth", auth),)))
    if iprev is not None:
        results.append(of_iprev(iprev, ip))
    if spf is not None:
        results.append(of_spf(spf))
    if dkims is not None:
        results += map(of_dkim, dkims) if dkims else [Result("dkim", "none", "there is no signature")]
    if dmarc is not None:
        results.append(of_dmarc(dmarc))
    if arc is not None:
        results.append(of_arc(arc))
    return write(authserv_id, results)


def of_spf(spf: Spf) -> Result:
    """§2.7.2: smtp.mailfrom or smtp.helo; the domain alone, for the local part is nobody's business."""
    return Result("spf", spf.result.value, spf.reason, (Property("smtp", spf.identity, _domain(spf.domain)),))


def of_dkim(dkim: DkimResult) -> Result:
    """§2.7.1, with header.b of RFC 6008, which tells signatures of one domain apart."""
    properties = (
        Property("header", "d", _domain(dkim.domain)),
        Property("header", "s", dkim.selector),
        Property("header", "a", dkim.algorithm),
        Property("header", "b", dkim.value),
    )
    return Result("dkim", dkim.result.value, dkim.reason, properties)


def of_dmarc(dmarc: Dmarc) -> Result:
    """RFC 9989 §9: header.from, and in policy.dmarc what the domain asks for, t=y and sp heeded."""
    properties = [Property("header", "from", _domain(dmarc.domain))]
    if dmarc.result in {DmarcResult.PASS, DmarcResult.FAIL}:
        asked = dmarc.policy.milder if dmarc.testing else dmarc.policy
        properties.append(Property("policy", "dmarc", asked.value))
    return Result("dmarc", dmarc.result.value, dmarc.reason, tuple(properties))


def of_arc(arc: Arc) -> Result:
    """RFC 8617 §10.1: header.oldest-pass where the chain is whole."""
    oldest = "" if arc.oldest_pass is None else str(arc.oldest_pass)
    return Result("arc", arc.result.value, arc.reason, (Property("header", "oldest-pass", oldest),))


def of_iprev(iprev: Iprev, ip: IPv4Address | IPv6Address | None) -> Result:
    """§2.7.3."""
    address = "" if ip is None else str(ip)
    return Result("iprev", iprev.result.value, iprev.reason, (Property("policy", "iprev", address),))


def _domain(text: str) -> str:
    """A-labels, which every message can hold (RFC 8616 §6); what is no domain stays as it is, to be quoted."""
    return canonical(text) or text
