"""How is a message named? One short, sortable id in Received:, log, mailq, story, API and screens.

An id is a 60-bit integer: 42 bits of milliseconds since 2020 and 18 bits that tell apart what came in the same
millisecond. People see it as 12 characters of Crockford's base 32, which has no letters that look like digits.
"""

EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
_SEQUENCE_BITS = 18
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {"o": 0, "i": 1, "l": 1}
_PAIRS = [a + b for a in _DIGITS for b in _DIGITS]
LENGTH = 12


def encode(number: int) -> str:
    """The 12 characters that name ``number``; they sort as the numbers do."""
    pairs = _PAIRS
    return (
        pairs[number >> 50 & 1023]
        + pairs[number >> 40 & 1023]
        + pairs[number >> 30 & 1023]
        + pairs[number >> 20 & 1023]
        + pairs[number >> 10 & 1023]
        + pairs[number & 1023]
    )


def decode(text: str) -> int:
    """The number that ``text`` names, whatever its case; ValueError when it is no id."""
    if len(text) != LENGTH:
        raise ValueError(f"a message id has {LENGTH} characters: {text!r}")
    number = 0
    for digit in text.lower():
        value = _VALUES.get(digit)
        if value is None:
            raise ValueError(f"a message id has no {digit!r}: {text!r}")
        number = number << 5 | value
    return number


class IdSource:
    """Gives ids that only rise, also when the clock is set back. ``salt`` (18 bits) keeps machines apart."""

    def __init__(self, salt: int = 0) -> None:
        self._last = 0
        self._salt = salt & ((1 << _SEQUENCE_BITS) - 1)

    def next(self, now: float) -> int:
        """The next id at ``now`` (POSIX seconds)."""
        candidate = (int(now * 1000) - EPOCH_MS << _SEQUENCE_BITS) | self._salt
        self._last = max(candidate, self._last + 1)
        return self._last


def moment(number: int) -> float:
    """When the id was given, in POSIX seconds."""
    return ((number >> _SEQUENCE_BITS) + EPOCH_MS) / 1000
