"""Policies of RFC 8461 are read as they are meant, and what is none is refused."""

import pytest

from pillarbox.deliver.mta_sts import InvalidPolicy, Mode, Policy, read, version_of

GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"


def test_a_policy_is_read() -> None:
    policy = read("example.com", GOOD)
    assert policy.mode is Mode.ENFORCE
    assert policy.mx == ("mail.example.com", "*.example.net")
    assert policy.max_age == 604_800
    assert policy.lines[0] == "version: STSv1"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.example.com", True),
        ("MAIL.example.com.", True),
        ("backup.example.net", True),
        ("example.net", False),  # §4.1: a star is one label, not none
        ("a.b.example.net", False),
        ("mail.example.com.evil.example", False),
    ],
)
def test_a_star_is_one_label(host: str, allowed: bool) -> None:
    assert read("example.com", GOOD).allows(host) is allowed


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"mode: enforce\nmx: a.example\nmax_age: 1",
        b"version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1",
        b"version: STSv1\nmode: strict\nmx: a.example\nmax_age: 1",
        b"version: STSv1\nmode: enforce\nmax_age: 1",
        b"version: STSv1\nmode: enforce\nmx: a.example",
        b"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: soon",
        b"version: STSv1\nmode: enforce\nmx: *.*.example\nmax_age: 1",
        b"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n<html>",
        b"\xff\xfe",
    ],
)
def test_what_is_no_policy_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidPolicy):
        read("example.com", text)


def test_small_print_of_the_file() -> None:
    policy = read("e.example", b"version: STSv1\nmode: none\nmode: enforce\nfuture: x\nmax_age: 99999999\n\n")
    assert policy == Policy("e.example", Mode.NONE, (), 31_557_600, policy.lines)


@pytest.mark.parametrize(
    ("records", "version"),
    [
        ([b"v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        ([b"v=STSv1;id=1"], "1"),
        ([b"v=STSv1; ext=2; id=abc"], "abc"),
        ([b"other", b"v=STSv1; id=1;"], "1"),
        ([b"v=STSv1; id=1;", b"v=STSv1; id=2;"], None),
        ([b"v=STSv1; id=;"], None),
        ([b"v=STSv1; id=a-b;"], None),
        ([b"v=STSv2; id=1;"], None),
        ([], None),
    ],
)
def test_the_id_in_dns(records: list[bytes], version: str | None) -> None:
    assert version_of(records) == version
