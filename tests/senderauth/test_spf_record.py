"""Is a record read term by term, and does a wrong one say which term is wrong?"""

import pytest

from pillarbox.senderauth.spf_record import (
    RECORD_MAX,
    Hosts,
    Include,
    Network,
    Record,
    RecordError,
    SpfResult,
    is_spf,
)


def test_terms() -> None:
    record = Record.parse(
        b"v=spf1 ip4:192.0.2.0/24 ~IP6:2001:DB8::/32 ?a/24//64 -mx:%{d2} include:a.b  -all exp=e.org x=y"
    )
    assert [directive.result for directive in record.directives] == [
        SpfResult.PASS, SpfResult.SOFTFAIL, SpfResult.NEUTRAL, SpfResult.FAIL, SpfResult.PASS, SpfResult.FAIL,
    ]  # fmt: skip
    four, six, a, mx, include, _ = (directive.mechanism for directive in record.directives)
    assert four == Network(4, 0xC00002, 8)
    assert six == Network(6, 0x20010DB8, 96)
    assert a == Hosts(None, False, 8, 64)
    assert isinstance(mx, Hosts)
    assert (mx.is_mx, mx.shift4, mx.shift6, str(mx.target)) == (True, 0, 0, "%{d2}")
    assert isinstance(include, Include)
    assert record.directives[1].text == "~IP6:2001:DB8::/32"
    assert (str(record.explanation), record.redirect) == ("e.org", None)


@pytest.mark.parametrize(
    ("text", "term", "reason"),
    [
        ("v=spf1 moo", "moo", "no such mechanism"),
        ("v=spf1 a:192.0.2.1", "a:192.0.2.1", "addresses follow ip4:"),
        ("v=spf1 ip4:192.0.2", "ip4:192.0.2", "no IPv4 address"),
        ("v=spf1 ip6:fe80::1%eth0", "ip6:fe80::1%eth0", "no scope"),
        ("v=spf1 ip4:192.0.2.1/33", "ip4:192.0.2.1/33", "at most 32 bits"),
        ("v=spf1 mx//129", "mx//129", "at most 128 bits"),
        ("v=spf1 ip4:192.0.2.1/", "ip4:192.0.2.1/", "no length of a network"),
        ("v=spf1 -all:x", "-all:x", "nothing may follow"),
        ("v=spf1 include", "include", "a colon and a domain"),
        ("v=spf1 redirect=a.b redirect=a.b", "redirect=a.b", "twice"),
        ("v=spf1 EXP=a.b exp=c.d", "exp=c.d", "twice"),
        ("v=spf1 x=%x", "x=%x", "holds a %"),
        ("v=spf1 a\tmx", "", "printable ASCII"),
        ("v=spf1 a:b\xe4r.org", "", "printable ASCII"),
        ("v=spf1 " + "a " * RECORD_MAX, "", "longer than"),
    ],
)
def test_wrong_records(text: str, term: str, reason: str) -> None:
    with pytest.raises(RecordError, match=reason) as caught:
        Record.parse(text.encode("latin-1"))
    assert caught.value.term == term


@pytest.mark.parametrize("text", [b"v=spf1", b"V=SPF1 ", b"v=spf1 a"])
def test_spf_records(text: bytes) -> None:
    assert is_spf(text)


@pytest.mark.parametrize("text", [b"", b"v=spf10", b"v=spf1\ta", b" v=spf1", b"spf2.0/pra", b"v=spf1-all"])
def test_other_records(text: bytes) -> None:
    assert not is_spf(text)
