"""Suggested passwords can be read aloud and are hard enough to guess."""

import re
from itertools import count

from pillarbox.accounts.phrases import LONG, SHORT, bits, phrase, words


def test_a_short_one_and_a_long_one() -> None:
    seeds = count(7)

    def random_bytes(size: int) -> bytes:
        return next(seeds).to_bytes(size, "big")

    assert re.fullmatch(r"[a-z]+-[a-z]+-\d\d", phrase(random_bytes, SHORT))
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d\d-[a-z]+-[a-z]+-[a-z]+", phrase(random_bytes))


def test_a_long_one_has_more_than_40_bits() -> None:
    assert bits(LONG) > 40
    assert bits(SHORT) > 20


def test_no_word_stands_twice() -> None:
    every = [word for kind in words().values() for word in kind]
    assert len(every) - len(set(every)) == len(set(words()["quality"]) & set(words()["thing"]))
    assert all(len(set(kind)) == len(kind) for kind in words().values())
    assert all(re.fullmatch("[a-z]{2,9}", word) for word in every)
