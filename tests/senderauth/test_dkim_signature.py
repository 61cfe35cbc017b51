"""Is a DKIM-Signature field read as RFC 6376 §3.5 says, and every fault of it named?"""

import pytest

from pillarbox.senderauth.dkim_body import Body
from pillarbox.senderauth.dkim_header import Fields
from pillarbox.senderauth.dkim_signature import DkimLimits, DkimVerdict, Signature, read, read_one

TAGS = {
    "v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": "Mailer.example", "s": "S1", "t": "5", "x": "9",
    "h": "From : To", "i": "ann@sub.mailer.example", "l": "7", "q": "x:dns/txt", "bh": "YWJj", "b": "ZGVm\r\n ZGVm",
}  # fmt: skip


def field(**changes: str | None) -> bytes:
    """The field with some tags changed, or (None) left out."""
    tags = {**TAGS, **changes}
    return ("DKIM-Signature: " + "; ".join([f"{k}={v}" for k, v in tags.items() if v is not None])).encode()


def one(**changes: str | None) -> Signature:
    return read_one(field(**changes), DkimLimits())


def test_all_of_it() -> None:
    found = one()
    terms = found.terms
    assert (found.domain, found.selector, found.identity) == ("mailer.example", "s1", "ann@sub.mailer.example")
    assert found.key_name == "s1._domainkey.mailer.example"
    assert terms is not None
    assert found.fault is None
    assert (terms.relaxed, terms.body, terms.names) == (True, Body(False, 7), (b"from", b"to"))
    assert (terms.body_hash, terms.octets, terms.made, terms.expires) == (b"abc", b"defdef", 5, 9)
    assert terms.hollow == field(b="")
    assert found.mark == "ZGVmZGVm"


def test_what_is_not_said() -> None:
    found = one(c=None, i=None, l=None, q=None, t=None, x=None)
    assert found.terms is not None
    assert (found.terms.relaxed, found.terms.body, found.identity) == (False, Body(False), "@mailer.example")
    assert (found.terms.made, found.terms.expires) == (None, None)
    assert one(c="relaxed").terms is not None


def test_only_the_value_of_b_is_left_out() -> None:
    line = b"DKIM-Signature: v=1; a=rsa-sha256; b \r\n =\r\n Z GVm\r\n ; d=a.example; h=from:b; s=x;bh=YWJj"
    terms = read_one(line, DkimLimits()).terms
    assert terms is not None
    assert terms.hollow == b"DKIM-Signature: v=1; a=rsa-sha256; b \r\n =; d=a.example; h=from:b; s=x;bh=YWJj"


def test_names_in_any_script() -> None:
    found = one(d="BÜCHER.example", s="größe", i="jörg@post.bücher.example")
    assert found.fault is None
    assert found.key_name == "xn--gre-6ka8i._domainkey.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"v": "2"}, "neutral", "version"),
        ({"v": None}, "neutral", "no v= tag"),
        ({"a": "rsa-sha1"}, "policy", "SHA-1"),
        ({"a": "rsa-md5"}, "neutral", "algorithm of the signature is unknown"),
        ({"a": "RSA-SHA256"}, "neutral", "unknown"),
        ({"a": "rsa"}, "neutral", "unreadable"),
        ({"c": "nofws"}, "neutral", "canonicalisation"),
        ({"c": "relaxed/"}, "neutral", "canonicalisation"),
        ({"d": None}, "neutral", "no d= tag"),
        ({"d": "example"}, "neutral", "no domain name"),
        ({"d": "a..example"}, "neutral", "no domain name"),
        ({"d": "legit.example(.evil.example", "i": None}, "neutral", "no domain name"),
        ({"d": "mailer.example."}, "neutral", "no domain name"),
        ({"d": "a\xadb\u202e.example"}, "neutral", "no domain name"),
        ({"d": ".".join(["a" * 60] * 4)}, "neutral", "too long"),
        ({"s": ""}, "neutral", "s= tag of the signature is empty"),
        ({"s": "a b"}, "neutral", "selector"),
        ({"h": "to:subject"}, "permerror", "does not cover the From"),
        ({"h": ""}, "permerror", "does not cover the From"),
        ({"h": None}, "neutral", "no h= tag"),
        ({"h": "from:" * 401}, "policy", "more than 400"),
        ({"i": "ann@example"}, "permerror", "not below mailer.example"),
        ({"i": "ann@evilmailer.example"}, "permerror", "not below mailer.example"),
        ({"i": "mailer.example"}, "neutral", "no address"),
        ({"i": "x" * 400 + "@mailer.example"}, "neutral", "no address"),
        ({"l": "-1"}, "neutral", "l= tag of the signature is not a number"),
        ({"t": ""}, "neutral", "t= tag of the signature is not a number"),
        ({"x": "5"}, "neutral", "ends before it begins"),
        ({"q": "dns/x"}, "neutral", "no known way"),
        ({"bh": "!"}, "neutral", "bh= tag of the signature is not base64"),
        ({"b": ""}, "neutral", "b= tag of the signature is empty"),
        ({"b": "YQ"}, "neutral", "b= tag of the signature is not base64"),
        ({"z": "x;v=1"}, "neutral", "the tag v= twice"),
        ({"b": "YWJj; ;z=1"}, "neutral", "an empty tag"),
        ({"z": "x" * 20_000}, "policy", "longer than"),
    ],
)
def test_faults(changes: dict[str, str | None], verdict: str, reason: str) -> None:
    found = one(**changes)
    assert found.terms is None
    assert found.fault is not None
    assert found.fault.verdict is DkimVerdict(verdict), found.fault
    assert reason in found.fault.reason


def test_no_more_than_the_limit_and_from_the_top() -> None:
    header = b"".join([field(s=f"s{number}") + b"\r\n" for number in range(12)]) + b"From: a\r\n\r\n"
    assert [found.selector for found in read(header, DkimLimits())] == [f"s{number}" for number in range(10)]
    assert read(b"From: a\r\n\r\n", DkimLimits()) == ()


def test_a_broken_one_hides_no_other() -> None:
    header = b"DKIM-Signature:\r\nDKIM-Signature : d=x\r\ndkim-signature:" + field()[15:] + b"\r\n"
    assert [found.fault is None for found in read(header, DkimLimits())] == [False, False, True]


def test_its_own_field_ends_what_is_signed() -> None:
    found = one(c="simple", h="from")
    assert found.terms is not None
    assert found.terms.signed(Fields(b"From: A\r\n\r\n")) == b"From: A\r\n" + found.terms.hollow
