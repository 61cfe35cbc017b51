"""What rights come to."""

import pytest

from pillarbox.inbox.rights import RightsError, effective, parse, shown


@pytest.mark.parametrize(
    ("written", "meant"), [("", ""), ("rl", "lr"), ("lll", "l"), ("cd", "kxte"), ("aetxkpiwsrl", "lrswipkxtea")]
)
def test_parse(written: str, meant: str) -> None:
    assert parse(written) == meant


def test_no_such_right() -> None:
    with pytest.raises(RightsError, match="'q'"):
        parse("lq")


@pytest.mark.parametrize(
    ("granted", "may"),
    [
        ({}, ""),
        ({"b": "lr"}, ""),
        ({"a": "lr", "anyone": "rs"}, "lrs"),
        ({"a": "lr", "-a": "r"}, "l"),
        ({"a": "lr", "-anyone": "l"}, "r"),
        ({"anyone": "lrs", "-a": "ls", "-b": "r"}, "r"),
        ({"-a": "l"}, ""),
    ],
)
def test_effective(granted: dict[str, str], may: str) -> None:
    assert effective(granted, "a") == may


@pytest.mark.parametrize(("rights", "text"), [("lr", "lr"), ("lrx", "lrxc"), ("te", "ted"), ("", "")])
def test_shown(rights: str, text: str) -> None:
    assert shown(rights) == text
