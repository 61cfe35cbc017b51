"""Which message was sent before which? RFC 5256 §2.2: where the sent dates are the same the numbers decide."""

from collections.abc import Sequence

from pillarbox.store.digests import Threading


def ranks(rows: Sequence[Threading]) -> list[int]:
    """For each row the number of those that were sent before it; ``rows`` in the order of their numbers."""
    sent = [row.sent for row in rows]
    rank = [0] * len(rows)
    for place, index in enumerate(sorted(range(len(rows)), key=sent.__getitem__)):
        rank[index] = place
    return rank
