"""How are many message numbers written in few octets, and read again? sequence-set, RFC 9051 §9; ``$`` RFC 5182.

Numbers here are message numbers or UIDs; a set does not know which.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pillarbox.mail.query import STAR, NumberSet

LARGEST = 2**32 - 1

# seq-number = nz-number / "*"      seq-range = seq-number ":" seq-number
_NUMBER = rb"(?:[1-9][0-9]{0,9}|\*)"
_ELEMENT = rb"(?:\$|" + _NUMBER + rb"(?::" + _NUMBER + rb")?)"
_SET = re.compile(_ELEMENT + rb"(?:," + _ELEMENT + rb")*\Z")


def parse(octets: bytes) -> NumberSet:
    """The set that ``octets`` write. ValueError when it is none."""
    if not _SET.match(octets):
        raise ValueError("not a set of message numbers")
    elements = octets.split(b",")
    return NumberSet(tuple([_range(element) for element in elements if element != b"$"]), b"$" in elements)


def _range(element: bytes) -> tuple[int, int]:
    first, _, last = element.partition(b":")
    one = _number(first)
    other = _number(last) if last else one
    # RFC 9051 §9: "2:4" and "4:2" are the same.
    return (one, other) if one <= other else (other, one)


def _number(digits: bytes) -> int:
    if digits == b"*":
        return STAR
    number = int(digits)
    if number > LARGEST:
        raise ValueError("a message number is too large")
    return number


def compress(numbers: Sequence[int]) -> bytes:
    """``numbers`` as a sequence-set, b"" for none: "1:3,5".

    The order stays as it is, which is what SORT's results and COPYUID need: only what rises by one becomes a range.
    """
    if not numbers:
        return b""
    # Where a number does not follow its neighbour a range ends; an index a range, not a step a number.
    ends = [at for at, (one, next_one) in enumerate(pairwise(numbers)) if next_one - one != 1]
    firsts = [numbers[0], *[numbers[at + 1] for at in ends]]
    lasts = [*[numbers[at] for at in ends], numbers[-1]]
    return ",".join(map(_written, firsts, lasts)).encode()


def _written(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}:{last}"


def ranges(pairs: Iterable[tuple[int, int]]) -> bytes:
    """Ranges as they are, in their order and direction: UIDBATCHES counts downwards (RFC 10022)."""
    return ",".join([_written(first, last) for first, last in pairs]).encode()
