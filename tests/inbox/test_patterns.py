"""Which names a pattern matches, however wild it is."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.inbox.patterns import PATTERN_MAX, matcher


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*", ["a", "a/b", "INBOX"], []),
        ("%", ["a", "INBOX"], ["a/b"]),
        ("a", ["a"], ["A", "ab", "a/b", ""]),
        ("a/%", ["a/b", "a/"], ["a", "a/b/c"]),
        ("a/*", ["a/b", "a/b/c"], ["a", "ab"]),
        ("%/%", ["a/b"], ["a", "a/b/c"]),
        ("*/%", ["a/b", "a/b/c"], ["a"]),
        ("%b*", ["b", "ab", "ab/c", "b/b"], ["a/b", "a"]),
        ("*%*", ["a", "a/b", ""], []),
        ("a%%b", ["ab", "axb"], ["a/b"]),
        ("a[.]+", ["a[.]+"], ["a.", "a+"]),
        ("é%", ["é", "éa"], ["e"]),
    ],
)
def test_patterns(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = matcher(pattern)
    assert [name for name in matching if not matches(name)] == []
    assert [name for name in others if matches(name)] == []


@pytest.mark.parametrize("pattern", ["inbox", "InBoX", "inb*", "iNbOx%", "%", "*box", "i*x"])
def test_inbox_is_the_same_in_any_case(pattern: str) -> None:
    assert matcher(pattern)("INBOX")


def test_inbox_above_others_is_the_same_in_any_case() -> None:
    assert matcher("inbox/%")("INBOX/below")
    assert not matcher("inbox/%")("INBOX/Below/it")
    assert not matcher("inboxes/%")("INBOX/below")
    assert not matcher("i%")("INBOXES")


def model(pattern: str, name: str) -> bool:
    parts = {"*": ".*", "%": "[^/]*"}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, name, re.DOTALL) is not None


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_the_machine_agrees_with_a_regular_expression(pattern: str, name: str) -> None:
    assert matcher(pattern)(name) == model(pattern, name)


def test_no_pattern_takes_long() -> None:
    wild = matcher("*a%" * (PATTERN_MAX // 3) + "b")
    name = "a/" * 127 + "a"
    began = time.process_time()
    assert not wild(name)
    assert time.process_time() - began < 0.1


def test_a_pattern_longer_than_any_name_matches_none() -> None:
    assert not matcher("*" * (PATTERN_MAX + 1))("a")
