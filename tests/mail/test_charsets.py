"""Do octets become the characters they stand for, whatever their label says?"""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import charsets


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"caf\xc3\xa9", "utf-8", "café"),
        (b"caf\xe9", "ISO-8859-1", "café"),
        (b"\x80 5", "iso-8859-1", "€ 5"),
        (b"\xa4 5", "iso-8859-15", "€ 5"),
        (b"\xcf\xf0\xe8", "windows-1251", "При"),
        (b"\xf0\xd2\xc9", "KOI8-R", "При"),
        ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本"),
        ("日本".encode("iso2022_jp"), None, "日本"),
        ("日本".encode("iso2022_jp"), "us-ascii", "日本"),
        ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
        ("한국".encode("iso2022_kr"), None, "한국"),
        ("中文".encode("gb18030"), "GB2312", "中文"),
        ("中文".encode("big5"), "Big5", "中文"),
        (b"+AOk-", "UTF-7", "é"),
        (b"+2AA-x", "UTF-7", "\ufffdx"),
        ("é".encode("utf-16"), "utf-16", "é"),
        # Labels that lie, are missing or mean nothing.
        (b"caf\xc3\xa9", "us-ascii", "café"),
        (b"caf\xe9", "us-ascii", "café"),
        (b"caf\xe9", "utf-8", "caf\ufffd"),
        (b"caf\xc3\xa9", "gb2312", "caf茅"),
        (b"caf\xc3\xa9", None, "café"),
        (b"caf\xe9", None, "café"),
        (b"\x81\xe9", None, "\x81é"),
        (b"\x81\xe9", "iso-8859-1", "\x81é"),
        (b"caf\xe9", "x-no-such", "café"),
        (b"caf\xc3\xa9", "base64", "café"),
        (b"abc", "unicode_escape", "abc"),
        (b"", "utf-8", ""),
        (b"\xef\xbb\xbfa", None, "a"),
        (b"\xff\xfea\0", None, "a"),
    ],
)
def test_decode(octets: bytes, charset: str | None, text: str) -> None:
    assert charsets.decode(octets, charset) == text


def test_a_text_that_was_cut_stays_what_it_is() -> None:
    assert charsets.guess("ééé".encode()[:-1]) == "éé\ufffd"
    assert charsets.decode("ééé".encode()[:-1], "utf-8") == "éé\ufffd"


@pytest.mark.parametrize("label", ["utf8", " UTF-8 ", '"utf-8"', "utf-8*en", "x-windows-1252", "CP1252", "iso_8859-2"])
def test_labels_as_they_are_met(label: str) -> None:
    assert charsets.codec_of(label) is not None


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "zlib", "rot13", "mbcs", "undefined", "iso-8859-12", "iso-8859-99", ""]
)
def test_what_is_no_charset_is_none(label: str) -> None:
    assert charsets.codec_of(label) is None


def test_python_knows_every_codec_of_the_list() -> None:
    for codec in set(charsets._LABELS.values()):
        assert codecs.lookup(codec)


@given(st.binary(max_size=200), st.sampled_from([*charsets._LABELS, "windows-1255", "iso-8859-7", "nonsense"]))
def test_it_never_fails(octets: bytes, label: str) -> None:
    assert charsets.decode(octets, label).encode("utf-8")[:0] == b""
