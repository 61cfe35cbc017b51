"""Does the check of a domain see in zones that knot signs what is there? Signed, not signed, expired."""

import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from app.checking.world import FakeFetcher, FakeProber
from interop.names import Names, names
from interop.test_dnssec import resolver
from peers import need
from pillarbox.app.checking.domain import World, examine
from pillarbox.app.checking.findings import Finding
from pillarbox.app.checking.greeting import Greeting
from pillarbox.app.checking.zone import Domain

pytestmark = pytest.mark.interop

GREETING = Greeting(ip_address("192.0.2.25"), trouble="nobody is there")


@pytest.fixture(scope="module")
def zones() -> Iterator[Names]:
    need.peers("knotd", "keymgr", "unbound")
    with names(time.time()) as running:
        yield running


async def findings(zones: Names, name: str) -> dict[str, Finding]:
    async with resolver(zones, "vouching") as asked:
        world = World(asked, FakeProber(GREETING), FakeFetcher(), time.time())
        return {finding.check: finding async for finding in examine(world, Domain(name, f"mx.{name}"))}


async def test_a_signed_domain(zones: Names) -> None:
    found = await findings(zones, "good.test")
    assert found["name servers"].found == "1 name servers, 0 with IPv6"
    for check in ("mx", "dnssec", "dnssec of host", "addresses"):
        assert found[check].ok, found[check]
    assert found["dane"].ok is None  # there is a record, but nobody showed a certificate
    assert "3 1 1 0000" in found["dane"].found
    assert found["spf"].ok is False


async def test_a_domain_that_is_not_signed(zones: Names) -> None:
    found = await findings(zones, "plain.test")
    assert (found["mx"].ok, found["dnssec"].ok, found["dane"].ok) == (True, False, False)


async def test_a_domain_whose_signatures_have_expired(zones: Names) -> None:
    found = await findings(zones, "expired.test")
    assert found["mx"].ok is False
    assert "DNSSEC says that the answer is forged" in found["mx"].found
