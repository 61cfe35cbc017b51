"""Who vouches for the message, and for the same organisation as its From? RFC 9989 §4.4 and §4.10.2."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from .asking import Answer, Question
from .dkim_signature import DkimVerdict
from .dkim_verify import DkimResult
from .dmarc_record import Record
from .dmarc_walk import Walk, Walker
from .organisation import canonical
from .spf import Spf
from .spf_record import SpfResult


@dataclass(frozen=True, slots=True)
class Identifier:
    """A domain that SPF or a signature speaks for. ``sure``: it passed; else DNS failed, and it may have."""

    domain: str
    by_spf: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """``spf`` and ``dkim``: the aligned domains that passed; ``doubt``: why another one might have, None for none."""

    spf: str | None = None
    dkim: str | None = None
    doubt: str | None = None

    @property
    def passes(self) -> bool:
        """One is enough (§5.3.5)."""
        return self.spf is not None or self.dkim is not None


def identifiers(spf: Spf | None, dkims: Sequence[DkimResult], most: int) -> list[Identifier]:
    """What passed or may have passed, each domain once for SPF and once for DKIM, ``most`` at most."""
    found: dict[Identifier, None] = {}
    if spf is not None and spf.result in {SpfResult.PASS, SpfResult.TEMPERROR}:
        _add(found, spf.domain, True, spf.result is SpfResult.PASS)
    passed = sorted(dkims, key=lambda one: one.result is not DkimVerdict.PASS)
    for one in passed:
        if one.result in {DkimVerdict.PASS, DkimVerdict.TEMPERROR} and len(found) < most:
            _add(found, one.domain, False, one.result is DkimVerdict.PASS)
    return list(found)


def _add(found: dict[Identifier, None], domain: str, by_spf: bool, sure: bool) -> None:
    name = canonical(domain)
    if name is not None:
        found[Identifier(name, by_spf, sure)] = None


def same(author: str, found: Sequence[Identifier]) -> Alignment:
    """Those that are the author domain itself: they are aligned in every mode, and nobody need be asked (§4.10.2)."""
    return _alignment([one for one in found if one.domain == author])


def align(
    walk: Walk, record: Record, found: Sequence[Identifier], walker: Walker
) -> Generator[Sequence[Question], Sequence[Answer], Alignment]:
    """Those that are aligned with the author domain of ``walk``."""
    aligned: list[Identifier] = []
    doubt = walk.failed
    for one in found:
        if one.domain == walk.start:
            aligned.append(one)
        elif not (record.strict_spf if one.by_spf else record.strict_dkim) and _below(one.domain, walk.organisation):
            other = yield from walker.walk(one.domain)
            if other.failed is not None or walk.failed is not None:
                doubt = doubt or other.failed  # a record that nobody saw may have cut the one off from the other
            elif other.organisation == walk.organisation:
                aligned.append(one)
    return _alignment(aligned, doubt)


def _below(domain: str, organisation: str) -> bool:
    """Whether the organisation of ``domain`` can be ``organisation`` at all."""
    return domain == organisation or domain.endswith(f".{organisation}")


def _alignment(aligned: Sequence[Identifier], doubt: str | None = None) -> Alignment:
    spf = next((one.domain for one in aligned if one.by_spf and one.sure), None)
    dkim = next((one.domain for one in aligned if not one.by_spf and one.sure), None)
    unsure = next((one for one in aligned if not one.sure), None)
    if unsure is not None and doubt is None:
        doubt = f"{'SPF' if unsure.by_spf else 'the signature'} of {unsure.domain} could not be checked for now"
    return Alignment(spf, dkim, doubt)
