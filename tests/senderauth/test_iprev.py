"""Are names of addresses believed only where they lead back?"""

from ipaddress import ip_address

import pytest

from pillarbox.senderauth.asking import Kind
from pillarbox.senderauth.iprev import NAMES_MAX, Iprev, IprevResult, check
from senderauth.zone import Zone

REVERSE = "1.2.0.192.in-addr.arpa"


def look(zone: Zone, ip: str = "192.0.2.1") -> Iprev:
    """The check of ``ip``."""
    return zone.run(check(ip_address(ip)))


def test_a_name_that_leads_back() -> None:
    zone = Zone.of(
        {REVERSE: {"PTR": ["liar.example.", "MX.example."]}, "mx.example": {"A": ["192.0.2.7", "192.0.2.1"]}}
    )
    found = look(zone)
    assert (found.result, found.names, found.claimed) == (
        IprevResult.PASS,
        ("mx.example",),
        ("liar.example", "mx.example"),
    )
    assert found.reason == "192.0.2.1 is mx.example: the address and the name point at each other"
    assert look(zone, "::ffff:192.0.2.1") == found


def test_an_ipv6_address() -> None:
    ip = ip_address("2001:db8::1")
    zone = Zone.of({ip.reverse_pointer: {"PTR": ["mx.example"]}, "mx.example": {"A": ["192.0.2.1"]}})
    assert look(zone, str(ip)).result is IprevResult.FAIL
    zone.add("mx.example", "AAAA", "2001:db8::1")
    assert look(zone, str(ip)).result is IprevResult.PASS


def test_a_name_that_does_not_lead_back() -> None:
    found = look(Zone.of({REVERSE: {"PTR": ["bank.example"]}, "bank.example": {"A": ["192.0.2.2"]}}))
    assert (found.result, found.names) == (IprevResult.FAIL, ())
    assert found.reason == "192.0.2.1 calls itself bank.example, but that name does not lead back to it"


def test_no_name() -> None:
    assert look(Zone()).result is IprevResult.PERMERROR
    assert look(Zone.of({REVERSE: {"PTR": ["", "a..b", "a\\b.example"]}})).reason == "192.0.2.1 has no name in DNS"


@pytest.mark.parametrize("silent", [REVERSE, "mx.example"])
def test_nobody_can_say(silent: str) -> None:
    zone = Zone() if silent == REVERSE else Zone.of({REVERSE: {"PTR": ["mx.example"]}})
    zone.silent.add(silent)
    found = look(zone)
    assert found.result is IprevResult.TEMPERROR
    assert "could not be looked up" in found.reason


def test_what_fails_does_not_hide_what_is_true() -> None:
    zone = Zone.of({REVERSE: {"PTR": ["a.example", "mx.example"]}, "mx.example": {"A": ["192.0.2.1"]}})
    zone.silent.add("a.example")
    assert look(zone).names == ("mx.example",)


def test_only_so_many_names_are_asked_for() -> None:
    zone = Zone.of({REVERSE: {"PTR": [f"n{number}.example" for number in range(1000)]}})
    assert look(zone).result is IprevResult.FAIL
    assert sum(question.kind is Kind.A for question in zone.asked) == NAMES_MAX
