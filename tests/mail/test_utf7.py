"""Mailbox names for old clients. RFC 3501 §5.1.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import utf7

NAMES = [
    ("INBOX", b"INBOX"),
    ("Tom & Jerry", b"Tom &- Jerry"),
    ("Entwürfe", b"Entw&APw-rfe"),
    ("日本語", b"&ZeVnLIqe-"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("📮", b"&2D3c7g-"),
    ("a\tb", b"a&AAk-b"),
    ("", b""),
    ("&&", b"&-&-"),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_go_and_come_back(name: str, wire: bytes) -> None:
    assert utf7.encode(name) == wire
    assert utf7.decode(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_comes_back(name: str) -> None:
    wire = utf7.encode(name)
    assert utf7.decode(wire) == name
    assert wire.isascii()


@pytest.mark.parametrize(
    "wire",
    [
        b"&",
        b"Tom & Jerry",
        b"&ZeVnLIqe",  # does not end
        b"&Jjo!",  # RFC 3501's own bad example
        b"&AGE-",  # "a" stands for itself
        b"&U,BTFw-&ZeVnLIqe-",  # RFC 3501: no shift out and straight in again
        b"&2D0-",  # half a pair
        b"&3K4-",
        b"&AP-",
        b"&APwA-",
        b"&APx-",  # bits left over
        b"&A-",
        b"Entw\xc3\xbcrfe",
        b"a\tb",
    ],
)
def test_what_is_not_modified_utf7_is_refused(wire: bytes) -> None:
    with pytest.raises(ValueError):
        utf7.decode(wire)


@given(st.binary(max_size=60))
def test_nothing_but_a_value_error_comes_of_rubbish(octets: bytes) -> None:
    try:
        name = utf7.decode(octets)
    except ValueError:
        return
    assert utf7.encode(name) == octets
