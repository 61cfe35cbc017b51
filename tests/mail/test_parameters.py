"""Are media types, dispositions and their parameters read as RFC 2045, 2183 and 2231 write them, and as others do?"""

import pytest

from pillarbox.mail.parameters import (
    PARAMETERS_MAX,
    disposition,
    first_word,
    media_type,
    parameters,
    plain,
    readable,
)


@pytest.mark.parametrize(
    ("value", "kind", "subkind", "found"),
    [
        (b"text/plain; charset=utf-8", "text", "plain", (("charset", "utf-8"),)),
        (b'TEXT/Html ;CHARSET = "UTF-8" ; x=y', "text", "html", (("charset", "UTF-8"), ("x", "y"))),
        (b"text/plain; charset=us-ascii (Plain text)", "text", "plain", (("charset", "us-ascii"),)),
        (b'(odd) text/plain; a="b\\"c; d"', "text", "plain", (("a", 'b"c; d'),)),
        (b"image/png; name=my holiday.png; x=1", "image", "png", (("name", "my holiday.png"), ("x", "1"))),
        (b'multipart/mixed; boundary="never closed', "multipart", "mixed", (("boundary", "never closed"),)),
        (b"application/vnd.a+b;;;x=1;x=2", "application", "vnd.a+b", (("x", "1"),)),
    ],
)
def test_media_types(value: bytes, kind: str, subkind: str, found: object) -> None:
    assert media_type(value) == (kind, subkind, found)


@pytest.mark.parametrize("value", [b"", b"text", b"text/", b"/plain", b"; charset=utf-8", b"(text/plain)"])
def test_what_is_no_media_type(value: bytes) -> None:
    assert media_type(value) is None


def test_octets_come_back_as_they_were() -> None:
    [(_, value)] = parameters(b'; name="\xff\xc3\xa9"')
    assert value.encode("utf-8", "surrogateescape") == b"\xff\xc3\xa9"


def test_dispositions() -> None:
    assert disposition(b'Attachment; filename="a.txt"') == ("attachment", (("filename", "a.txt"),))
    assert disposition(b"inline") == ("inline", ())
    assert disposition(b'; filename="a.txt"') is None


def test_an_encoding_is_one_word() -> None:
    assert first_word(b"BASE64 (as ever); x") == "base64"
    assert first_word(b"") == ""


@pytest.mark.parametrize(
    ("value", "found", "shown"),
    [
        # RFC 2231 §3, §4, §4.1
        (b'; URL*0="ftp://"; URL*1="cs.utk.edu/pub"', ("url", "ftp://cs.utk.edu/pub"), "ftp://cs.utk.edu/pub"),
        (b"; url*=us-ascii'en-us'This%20is%20%2A%2A%2Afun", ("url*", "us-ascii'en-us'This%20is%20%2A%2A%2Afun"),
         "This is ***fun"),
        (b"; url*0*=us-ascii'en'This%20is%20; url*1*=%2A; url*2=\"isn't it!\"",
         ("url*", "us-ascii'en'This%20is%20%2Aisn%27t%20it!"), "This is *isn't it!"),
        (b"; url*1=b; url*0=a", ("url", "ab"), "ab"),
        (b"; url*0=a; url*2=c", ("url", "a"), "a"),
        (b"; url*=nowhere'x'%C3%A9", ("url*", "nowhere'x'%C3%A9"), "é"),
        (b"; url*=%41", ("url*", "%41"), "A"),
        (b"; url==?utf-8?q?caf=C3=A9?=", ("url", "=?utf-8?q?caf=C3=A9?="), "café"),
        (b"; url=\xe9t\xe9", ("url", "\udce9t\udce9"), "été"),
    ],
)  # fmt: skip
def test_parameters_of_many_pieces(value: bytes, found: tuple[str, str], shown: str) -> None:
    assert parameters(value) == (found,)
    assert readable(parameters(value), "url") == shown


def test_a_piece_that_is_missing_at_the_start() -> None:
    assert parameters(b"; url*1=b") == ()


def test_the_better_form_is_shown() -> None:
    both = parameters(b"; filename=e.txt; filename*=utf-8''%C3%A9.txt")
    assert readable(both, "filename") == "é.txt"
    assert plain(both, "filename") == "e.txt"
    assert (readable(both, "name"), plain(both, "name")) == ("", None)


def test_there_are_not_more_than_allowed() -> None:
    many = b"".join(b";p%d=1" % number for number in range(10_000))
    assert len(parameters(many)) == PARAMETERS_MAX
