"""How do those who get a message from us learn what we found? By our set on its ARC chain (RFC 8617 §5.1).

Only if the operator wants that. What an alias sends on comes from an address of which SPF of the author's domain knows
nothing: the seal says that it was good when it came to us.
"""

from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.senderauth import arc, dkim

from .arrival import Arrival
from .session import Transaction

NO_CHAIN = arc.Arc(arc.ArcVerdict.NONE, "")


class Sealers(Protocol):
    """Who has the keys: accounts.keys.Keys."""

    def domain_of(self, author: str) -> str | None: ...

    def sealer(self, domain: str) -> arc.Sealer | None: ...


class Sealing:
    """Seals what strangers brought and the checks have looked at. ``hostname``: its domain seals where that of the
    recipient has no key."""

    def __init__(self, keys: Sealers, clock: Clock, hostname: str) -> None:
        self._keys = keys
        self._clock = clock
        self._hostname = hostname

    def seal(self, arrival: Arrival) -> bytes:
        """The three fields of our set with their line ends, to stand above all others; empty when none is added."""
        if arrival.verdict.evidence.sealable is None:
            return b""
        chapter = arrival.transaction.chapter
        try:
            domain, field = self._sealed(arrival)
        except (Unsealed, dkim.UnsoundHeader) as error:
            chapter.add("unsealed", why=str(error))
            return b""
        chapter.add("sealed", domain=domain)
        return field

    def _sealed(self, arrival: Arrival) -> tuple[str, bytes]:
        """Who seals, and the set. Unsealed or dkim.UnsoundHeader when there is none."""
        evidence = arrival.verdict.evidence
        sealable, found = evidence.sealable, evidence.arc or NO_CHAIN
        assert sealable is not None
        if found.temporary:
            # A seal that says "fail" cannot be taken back (RFC 8617 §5.1.2), and the next server may get its answers.
            raise Unsealed("DNS did not answer about the seals that it has")
        domain, sealer = self._sealer(arrival.transaction)
        results = arrival.verdict.top.partition(b":")[2]
        now = self._clock.now()
        field = sealer.seal(sealable.fields, sealable.chain, found, results, sealable.body_hash, now)
        if not field:
            raise Unsealed("nobody may add to the seals that it has")
        return domain, field

    def _sealer(self, transaction: Transaction) -> tuple[str, arc.Sealer]:
        """The domain of ours that the message came for, or that of this host, and its key."""
        names = [recipient.address.ascii_domain for recipient, _ in transaction.routed[:1]] + [self._hostname]
        domains = [domain for domain in map(self._keys.domain_of, names) if domain is not None]
        for domain in domains:
            sealer = self._keys.sealer(domain)
            if sealer is not None:
                return domain, sealer
        if domains:
            raise Unsealed(f"DNS does not show an RSA key of {domains[0]} yet")
        raise Unsealed(f"there is no key of {names[0] or self._hostname}")


class Unsealed(Exception):
    """Why a message gets no seal."""
