"""Are results read whoever wrote them, and written so that nobody can slip in another one? RFC 8601."""

import pytest

from pillarbox.senderauth.results_text import (
    FIELD_MAX,
    PROPERTIES_MAX,
    REASON_MAX,
    RESULTS_MAX,
    Property,
    Result,
    ResultsError,
    read,
    write,
)  # fmt: skip


def test_nothing_was_checked() -> None:
    assert write("mx.example.org", []) == b"Authentication-Results: mx.example.org; none\r\n"
    found = read(b" mx.example.org 1; none\r\n")
    assert (found.authserv_id, found.results) == ("mx.example.org", ())


def test_what_is_written_is_read() -> None:
    results = (
        Result("spf", "fail", "it says: -all; (so)", (Property("smtp", "mailfrom", "x.example"),)),
        Result("dkim", "pass", "", (Property("header", "d", "x.example"), Property("header", "b", "a+/=="))),
        Result("auth", "pass", "", (Property("smtp", "auth", 'o"hara\\@x.example'),)),
    )
    octets = write("mx.example.org", results)
    assert max(map(len, octets.split(b"\r\n"))) <= 80
    assert read(octets.partition(b":")[2]).results == results


@pytest.mark.parametrize("evil", ['"; dkim=pass', "(", ")", "\\", '\\"; dkim=pass header.d=bank.example', "a\r\nX: y"])
def test_no_value_ends_before_its_time(evil: str) -> None:
    results = [Result("spf", "fail", evil, (Property("smtp", "mailfrom", evil),)), Result("iprev", "pass")]
    octets = write(f"mx.example.org{evil}", results)
    assert octets.count(b"\r\n") == octets.count(b"\r\n\t") + 1
    found = read(octets.partition(b":")[2])
    assert [(one.method, one.result) for one in found.results] == [("spf", "fail"), ("iprev", "pass")]
    assert b"\r\nX:" not in octets


def test_what_is_written_is_bounded_ascii() -> None:
    octets = write("m\u00fcller.example", [Result("spf", "fail", "\u00e4\0\x7f" + "x" * 5_000)])
    assert octets.isascii()
    assert len(octets) < REASON_MAX + 100
    assert b'"m?ller.example"' in octets
    with pytest.raises(ValueError, match="keyword"):
        write("mx", [Result("spf=pass; dkim", "pass")])


def test_example_of_the_document() -> None:  # RFC 8601 §B.6, and §2.2 with comments in every place
    found = read(
        b" foo.example.net (foobar) 1 (baz);\r\n"
        b"\tdkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
        b"\tpolicy (A dot can go here) . (like that) expired\r\n"
        b"\t(this surprised me) = (as I wasn't expecting it) 1362471462"
    )
    assert found.authserv_id == "foo.example.net"
    assert found.results == (Result("dkim", "fail", "", (Property("policy", "expired", "1362471462"),)),)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"mx; spf=pass (x; dkim=pass) smtp.mailfrom=a@b.example", [("spf", "pass", "a@b.example")]),
        (b"mx; spf=Pass smtp.mailfrom=\"a;b\"@b.example;", [("spf", "pass", "a;b@b.example")]),
        (b"mx; spf=pass reason=\"good (really)\" smtp.MailFrom=b.example", [("spf", "pass", "b.example")]),
        (b"mx;\tspf=pass\r\n\tsmtp.mailfrom=2001:db8::1", [("spf", "pass", "2001:db8::1")]),
        (b"\"mx\"; spf=none; ;; x", [("spf", "none", "")]),
        ("mx; spf=pass smtp.mailfrom=b\u00fccher.example".encode(), [("spf", "pass", "b\u00fccher.example")]),
        (b"mx; smtp.mailfrom=x", []),
        (b"mx; spf=pass (((( smtp.mailfrom=x", [("spf", "pass", "")]),
    ],
)
def test_what_others_write(value: bytes, wanted: list[tuple[str, str, str]]) -> None:
    found = read(value)
    assert found.authserv_id == "mx"
    assert [(one.method, one.result, one.value("smtp", "mailfrom")) for one in found.results] == wanted


@pytest.mark.parametrize("value", [b"", b"(only a comment)", b"spf=pass", b"; spf=pass", b"mx;" + b" " * FIELD_MAX])
def test_what_names_nobody(value: bytes) -> None:
    with pytest.raises(ResultsError):
        read(value)


def test_reading_is_bounded() -> None:
    with pytest.raises(ResultsError):
        read(b"mx" + b";a=b" * (RESULTS_MAX + 1))
    assert len(read(b"mx;a=b" + b" c.d=e" * 500).results[0].properties) == PROPERTIES_MAX


@pytest.mark.parametrize(
    "piece", [b"a", b" ", b"(", b'"', b'\\"', b'"\\', b".", b"a.", b"=", b"/", b"a/1", b"()", b"\\("]
)
def test_nothing_is_read_again_and_again(piece: bytes) -> None:
    read(b"mx; a=" + piece * ((FIELD_MAX - 10) // len(piece)))  # seconds, if it were


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("all is well; (so)", b'"all is well; (so)"'),
        ("two  spaces\r\nand a line", b'"two spaces and a line"'),
        ('a "quote" \\', b'"a \\"quote\\" \\\\"'),
        ("b\u00fccher", b'"b?cher"'),
        ("x" * 301, b'"' + b"x" * 300 + b'"'),
        (" around ", b'" around "'),
    ],
)
def test_a_reason_is_quoted(reason: str, written: bytes) -> None:
    for method in ("spf", "dkim"):
        assert b"reason=" + written + b"\r\n" in write("mx.example.test", [Result(method, "fail", reason)])
