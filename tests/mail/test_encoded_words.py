"""Do encoded words become text: those of RFC 2047 §8, and those that programs really write?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.encoded_words import decode


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        # RFC 2047 §8
        (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
        (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this you understand the example."),
        # RFC 2231 §5
        (b"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        # as it should not be, and is
        (b"=?utf-8?B?ww==?= =?utf-8?B?qQ==?=", "é"),
        (b"=?utf-8?Q?=C3?= =?UTF-8?q?=A9?=", "é"),
        (b"=?utf-8?Q?a b?=", "a b"),
        (b"=?utf-8?B?4pyT!?=", "✓"),
        (b"=?utf-8?B?YWJjZ?=", "abc"),
        (b"Re:=?utf-8?q?caf=C3=A9?=!", "Re:café!"),
        (b"=?x?q?=C3=A9?=", "é"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?q?abc", "=?utf-8?q?abc"),
        (b"=?utf-8?q??= =?utf-8?q?a?=", "a"),
        (b"a =?utf-8?q?b?= c =?utf-8?q?d?=", "a b c d"),
    ],
)  # fmt: skip
def test_decode(value: bytes, text: str) -> None:
    assert decode(value) == text


@given(
    st.lists(
        st.sampled_from([b"=?", b"utf-8", b"?q?", b"?B?", b"?=", b" ", b"=C3", b"w6k=", b"\xff", b"a"]), max_size=30
    )
)
def test_it_never_fails(pieces: list[bytes]) -> None:
    assert isinstance(decode(b"".join(pieces)), str)
