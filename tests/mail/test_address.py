"""Is what people write read as the address they mean, and nothing else as an address?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.address import Address, AddressError, to_ascii


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("ann@example.test", "ann", "example.test"),
        ("Ann.B+tag@Example.TEST", "Ann.B+tag", "example.test"),
        ('"a b"@example.test', "a b", "example.test"),
        (r'"a\"b"@example.test', 'a"b', "example.test"),
        ('"ann"@example.test', "ann", "example.test"),
        ("x@[192.0.2.1]", "x", "[192.0.2.1]"),
        ("x@[IPv6:2001:DB8::1]", "x", "[ipv6:2001:db8::1]"),
        ("x@a_b.test", "x", "a_b.test"),
        ("ü@bücher.test", "ü", "bücher.test"),
        ("a%b.test@example.test", "a%b.test", "example.test"),
        ("b.test!a@example.test", "b.test!a", "example.test"),
        ("postmaster", "postmaster", ""),
    ],
)
def test_addresses(text: str, local: str, domain: str) -> None:
    address = Address.parse(text)
    assert (address.local, address.domain) == (local, domain)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "a@", "@b", "a b@c.test", "a@b@c.test", "a..b@c.test", ".a@c.test", "a.@c.test", "a@c..test",
        "a@-c.test", "a@c.test-", "a@c.test.", "a@[300.0.0.1]", "a@[c.test]", '"a@c.test', '"a"b@c.test', "a\n@c.test",
        "a@c.test\r\n", "a@c\x00.test", "<a@c.test>", "a@c.test>", '""@c.test', "a" * 65 + "@c.test",
        "a@" + "b." * 127 + "test", "nobody", "a@\ud800.test",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        Address.parse(text)


def test_the_domain_in_dns() -> None:
    assert Address.parse("a@Bücher.test").ascii_domain == "xn--bcher-kva.test"
    assert to_ascii("EXAMPLE.test") == "example.test"
    assert Address.parse("Ann@Bücher.test").key == "ann@xn--bcher-kva.test"


@given(st.text(max_size=80))
def test_nothing_but_an_address_error_comes_out(text: str) -> None:
    try:
        address = Address.parse(text)
    except AddressError:
        return
    assert Address.parse(str(address)) == address
