"""Do reports go only to those who agreed to get them? RFC 9990 §4."""

import pytest

from pillarbox.mail.address import Address
from pillarbox.senderauth.dmarc_destination import Permission, permission
from pillarbox.senderauth.dmarc_record import Destination
from senderauth.zone import Zone

AGREED = "blue.example._report._dmarc.red.example"


def ask(zone: Zone, address: str = "reports@red.example", domain: str = "blue.example") -> Permission:
    return zone.run(permission(domain, Destination(Address.parse(address))))


def zone(*texts: str) -> Zone:
    found = Zone.of({"_dmarc.blue.example": {"TXT": ["v=DMARC1; p=none"]}})
    for text in texts:
        found.add(AGREED, "TXT", text)
    return found


@pytest.mark.parametrize("address", ["r@blue.example", "r@mail.blue.example", "r@BLUE.example"])
def test_inside_of_the_organisation_nobody_is_asked(address: str) -> None:
    names = zone()
    assert [one.address for one in ask(names, address).destinations] == [Address.parse(address)]
    assert not any("_report" in question.name for question in names.asked)


def test_a_stranger_must_have_agreed() -> None:
    refused = ask(zone())
    assert (refused.destinations, refused.again) == ((), False)
    assert AGREED in refused.reason
    assert ask(zone("unrelated")).destinations == ()
    assert str(ask(zone("v=DMARC1")).destinations[0].address) == "reports@red.example"
    assert str(ask(zone("x", "v=DMARC1;")).destinations[0].address) == "reports@red.example"


def test_who_agrees_may_name_another_address_of_its_own() -> None:
    found = ask(zone("v=DMARC1; rua=mailto:other@red.example!1m"))
    assert found.destinations == (Destination(Address.parse("other@red.example"), 1 << 20),)
    assert ask(zone("v=DMARC1; rua=mailto:victim@green.example")).destinations == ()
    assert ask(zone("v=DMARC1; rua=mailto:a@red.example,mailto:b@sub.red.example")).destinations == ()


def test_silence_is_asked_again() -> None:
    names = zone()
    names.silent.add(AGREED)
    assert ask(names).again
    assert ask(names).destinations == ()


def test_a_silent_walk_does_not_make_relatives() -> None:
    names = zone()
    names.silent.add("_dmarc.mail.blue.example")
    found = ask(names, "r@mail.blue.example")
    assert found.destinations == ()


def test_a_name_too_long_for_dns_is_no_agreement() -> None:
    long = ".".join(["x" * 60] * 4)
    assert "too long" in ask(zone("v=DMARC1"), domain=long).reason
