"""Is a list of tags read as RFC 6376 §3.2 writes it, and nothing else?"""

import random

import pytest

from pillarbox.senderauth import dkim_tags
from pillarbox.senderauth.dkim_tags import TagsError


def values(octets: bytes) -> dict[bytes, bytes]:
    return {name: tag.value for name, tag in dkim_tags.parse(octets).items()}


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        (b"v=1; a=rsa", {b"v": b"1", b"a": b"rsa"}),
        (b" v = 1 ;\r\n\ta=\r\n x y\t;", {b"v": b"1", b"a": b"x y"}),
        (b"b=; x=a=b", {b"b": b"", b"x": b"a=b"}),
        ("d=bücher.example".encode(), {b"d": "bücher.example".encode()}),
        (b"A=1;a=2", {b"A": b"1", b"a": b"2"}),
        (b"n_1=x;\r\n ", {b"n_1": b"x"}),
    ],
)
def test_good(octets: bytes, wanted: dict[bytes, bytes]) -> None:
    assert values(octets) == wanted
    for tag in dkim_tags.parse(octets).values():
        assert octets[tag.start : tag.end].strip(b" \t\r\n") == tag.value


@pytest.mark.parametrize(
    "octets",
    [b"", b"v", b";v=1", b"v=1;;a=2", b"v=1;v=1", b"1=x", b"a-b=x", b"=x", b"a b=c", b"v=\x00", b"v=\x7f", b"a;b=c"],
)
def test_bad(octets: bytes) -> None:
    with pytest.raises(TagsError):
        dkim_tags.parse(octets)


def test_no_end_of_tags() -> None:
    with pytest.raises(TagsError, match="more than 64"):
        dkim_tags.parse(b"".join([b"t%d=1;" % number for number in range(65)]))


def test_base64() -> None:
    assert dkim_tags.base64(b"YWJj\r\n\tZGU =") == b"abcde"
    for bad in (b"", b"YQ", b"Y!==", b"YQ==YQ==", b"=", b"\xff"):
        with pytest.raises(TagsError):
            dkim_tags.base64(bad)


def test_numbers() -> None:
    assert dkim_tags.number(b"1" * 76) == int("1" * 76)
    for bad in (b"", b"-1", b"1 2", b"1" * 77, b"x", b"\xd9\xa1"):
        with pytest.raises(TagsError):
            dkim_tags.number(bad)


def test_the_list_may_begin_anywhere() -> None:
    octets = b"X: a = 1 ;\r\n b=\t2; "
    tags = dkim_tags.parse(octets, 2)
    assert {name: (tag.value, octets[tag.start : tag.end]) for name, tag in tags.items()} == {
        b"a": (b"1", b" 1 "),
        b"b": (b"2", b"\t2"),
    }


def test_good_lists_and_others_are_read_alike() -> None:
    dice = random.Random(6376)
    good = 0
    pieces = [b"a", b"b", b"=", b"=", b";", b" ", b"\r\n", b"1", b"\x00"]
    for _ in range(20_000):
        octets = b"".join(dice.choices(pieces, k=dice.randint(0, 9)))
        try:
            wanted = dkim_tags._carefully(octets, 0)
        except TagsError:
            assert not dkim_tags._quickly(octets, 0), octets
        else:
            good += 1
            assert dkim_tags._quickly(octets, 0) == wanted, octets
    assert good > 500


def test_no_list_takes_long() -> None:
    for octets in (b"a" * 1_000_000, b" " * 1_000_000, b"a=" + b" " * 1_000_000 + b"\x00"):
        with pytest.raises(TagsError):
            dkim_tags.parse(octets)
