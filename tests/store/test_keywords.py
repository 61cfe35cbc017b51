"""How keywords are kept."""

import pytest

from pillarbox.store.interface import StoreLimit
from pillarbox.store.keywords import KEYWORDS_MAX, changed, in_order


@pytest.mark.parametrize(
    ("written", "kept"), [("", ""), ("b  a", "a b"), ("$X a $x A", "$X a"), ("B a C", "a B C"), (" one\t", "one")]
)
def test_in_order(written: str, kept: str) -> None:
    assert in_order(written) == kept


@pytest.mark.parametrize(
    ("mode", "given", "then"),
    [
        ("+", ["C", "A"], "a B C"), ("-", ["b", "x"], "a"), ("", ["b", "N"], "B N"), ("", [], ""), ("+", [], "a B"),
        ("+", ["n", "N"], "a B n"),
    ],
)  # fmt: skip
def test_changed(mode: str, given: list[str], then: str) -> None:
    assert changed("a B", mode, given) == then


def test_what_there_is_too_much_of_can_still_be_taken_away() -> None:
    many = " ".join(f"k{number}" for number in range(KEYWORDS_MAX + 5))
    assert len(changed(many, "-", ["k1"]).split()) == KEYWORDS_MAX + 4
    with pytest.raises(StoreLimit):
        changed(many, "+", ["x"])
