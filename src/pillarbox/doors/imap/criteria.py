"""What does a search criterion speak of? Asked of the tree of criteria before it is searched for."""

from collections.abc import Iterator

from pillarbox.mail import query
from pillarbox.mail.query import Criterion


def leaves(criterion: Criterion) -> Iterator[Criterion]:
    """All criteria in it that are not made of others."""
    waiting = [criterion]
    while waiting:
        one = waiting.pop()
        if isinstance(one, query.And):
            waiting.extend(one.parts)
        elif isinstance(one, query.Or):
            waiting += (one.left, one.right)
        elif isinstance(one, query.Not):
            waiting.append(one.part)
        else:
            yield one


def asks_modseq(criterion: Criterion) -> bool:
    """MODSEQ is in it, so that the answer tells the largest one found (RFC 7162 §3.1.5)."""
    return any(isinstance(leaf, query.ChangedSince) for leaf in leaves(criterion))


def is_lasting(criterion: Criterion) -> bool:
    """It means the same later on: no message numbers, which move, and no ``$``, which every search replaces."""
    for leaf in leaves(criterion):
        if isinstance(leaf, query.Numbers) or (isinstance(leaf, query.Uids) and leaf.uids.saved):
            return False
    return True
