"""What stands above a message that is taken in, and which of its own fields go?"""

from pillarbox.senderauth import results

from .arrival import Arrival
from .sealing import Sealing
from .session import Service
from .signing import Signing, Whole
from .stamp import received


class Heading:
    """Of all messages. ``hostname``, ``add_missing`` and ``hide_client``: see ``accept.AcceptSettings``."""

    def __init__(self, hostname: str, add_missing: bool, hide_client: bool, signing: Signing, sealing: Sealing) -> None:
        self._hostname = hostname
        self._add_missing = add_missing
        self._hide_client = hide_client
        self._signing = signing
        self._sealing = sealing

    def above(self, arrival: Arrival, header: bytes, now: float) -> bytes:
        """What stands above the message: what we found, that it is ours, the trace, and what was missing."""
        recipients = arrival.transaction.routed
        only = str(recipients[0][0].address) if len(recipients) == 1 else None
        hidden = self._hide_client and arrival.session.is_submission
        trace = received(arrival.session, hidden, self._hostname, arrival.id, only, now)
        added = self._added(arrival)
        # RFC 8601 §4.1: results stand above the trace of the hop that they speak of.
        top = self._sealing.seal(arrival) + arrival.verdict.top
        return top + self._signature(arrival, added, header) + trace + added

    def _added(self, arrival: Arrival) -> bytes:
        repaired = arrival.repaired
        if repaired is None or not self._add_missing:
            return b""
        if repaired.added:
            arrival.transaction.chapter.add("repaired", fields=repaired.added)
        return repaired.head

    def _signature(self, arrival: Arrival, added: bytes, header: bytes) -> bytes:
        if not self._signing.is_for(arrival.session):
            return b""
        spool = arrival.transaction.spool
        body = arrival.body_hash or spool.content().body
        assert isinstance(body, bytes)
        whole = body if arrival.body_hash else Whole(body, len(header))
        return self._signing.sign(added + header, whole, arrival.transaction.chapter)

    def without_forged(self, arrival: Arrival, header: bytes) -> bytes:
        """RFC 8601 §5: results that claim to be ours, and are not, go. The rest stays as it is, octet by octet."""
        if arrival.session.service is Service.LMTP:
            return header
        places = results.forged(header, self._hostname)
        if not places:
            return header
        arrival.transaction.chapter.add("forged_results", count=len(places))
        ends = [0, *(end for _start, end in places)]
        starts = [*(start for start, _end in places), len(header)]
        return b"".join([header[end:start] for end, start in zip(ends, starts, strict=True)])
