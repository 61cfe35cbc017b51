"""Why did DMARC pass or fail, in words for people? Names of strangers stand in them only as canonical A-labels."""

from collections.abc import Sequence

from .dkim_signature import DkimVerdict
from .dkim_verify import DkimResult
from .dmarc_identifiers import Alignment
from .organisation import canonical
from .spf import Spf
from .spf_record import SpfResult

NAMED_MAX = 3
"""Domains that a sentence names."""


def passed(domain: str, alignment: Alignment) -> str:
    """Who vouches for the author domain."""
    proofs = []
    if alignment.dkim is not None:
        proofs.append(f"the signature is by {alignment.dkim}")
    if alignment.spf is not None:
        proofs.append(f"the server may send for {alignment.spf}")
    return f"the From says {domain}, and {' and '.join(proofs)}"


def failed(domain: str, spf: Spf | None, dkims: Sequence[DkimResult]) -> str:
    """Why nobody does: "the From says bank.example, the signature is by mailer.example, and ..."."""
    return f"the From says {domain}, {_signatures(domain, dkims)}, and {_server(spf)}"


def _signatures(domain: str, dkims: Sequence[DkimResult]) -> str:
    if not dkims:
        return "there is no signature"
    # The one that should have vouched is worth more words than those of mailing services.
    own = [one for one in dkims if one.result is not DkimVerdict.PASS and _related(domain, one.domain)]
    if own:
        return f"its signature does not count ({own[0].reason})"
    good = [one.domain for one in dkims if one.result is DkimVerdict.PASS]
    names = list(dict.fromkeys(filter(None, map(canonical, good or [one.domain for one in dkims]))))[:NAMED_MAX]
    if not names:
        return "no signature can be read"
    return f"the {'' if good else 'broken '}signature is by {' and '.join(names)}"


def _related(domain: str, other: str) -> bool:
    name = canonical(other)
    return name is not None and (name == domain or domain.endswith(f".{name}") or name.endswith(f".{domain}"))


def _server(spf: Spf | None) -> str:
    if spf is None:
        return "SPF was not asked"
    name = canonical(spf.domain) or "a domain that is none"
    if spf.result is SpfResult.PASS:
        return f"the server may send for {name} only"
    return f"SPF says {spf.result.value} for {name}"
