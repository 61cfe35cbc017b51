"""Which hosts take a domain's mail, in which order, and which must not be asked?"""

from ipaddress import ip_address

import pytest

from deliver.world import World
from pillarbox.deliver.endpoints import in_turn, is_forbidden
from pillarbox.deliver.outcome import Failure
from pillarbox.deliver.plan import Plan
from pillarbox.deliver.targets import grouped
from pillarbox.mail.route import Credentials, Direct, SmartHost, Tls
from pillarbox.net.dns import DnsTemporary, Mx


async def plan_of(world: World, domain: str) -> Plan | Failure:
    return await world.deliverer.plan(Direct(), domain, world.story)


async def failure_of(world: World, domain: str) -> Failure:
    failure = await plan_of(world, domain)
    assert isinstance(failure, Failure)
    return failure


def test_hosts_are_grouped_by_preference_and_ours_cuts_itself_and_what_is_worse() -> None:
    records = [Mx(20, "c.test"), Mx(10, "b.test"), Mx(10, "a.test"), Mx(30, "d.test")]
    assert grouped(records, frozenset()) == (("a.test", "b.test"), ("c.test",), ("d.test",))
    assert grouped(records, frozenset({"c.test"})) == (("a.test", "b.test"),)
    assert grouped(records, frozenset({"a.test"})) == ()


def test_both_families_in_turn() -> None:
    listed = [ip_address(text) for text in ("192.0.2.1", "192.0.2.2", "2001:db8::1")]
    assert [str(address) for address in in_turn(listed)] == ["2001:db8::1", "192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("0.0.0.0", True), ("0.1.2.3", True), ("224.0.0.1", True),
        ("255.255.255.255", True), ("240.0.0.1", True), ("::1", True), ("::", True), ("ff02::1", True),
        ("::ffff:127.0.0.1", True), ("192.0.2.1", False), ("10.0.0.1", False), ("2001:db8::1", False),
        ("fd00::1", False),
    ],
)  # fmt: skip
def test_addresses_where_no_other_machine_can_be(text: str, forbidden: bool) -> None:
    assert is_forbidden(ip_address(text)) == forbidden


async def test_who_shares_the_best_hosts_only_is_another_destination() -> None:
    world = World()
    world.dns.mail["a.test"] = [(10, "mx.host.test"), (20, "elsewhere.test")]
    world.dns.mail["b.test"] = [(10, "mx.host.test")]
    world.dns.hosts = {"mx.host.test": ["127.0.0.2"], "elsewhere.test": ["127.0.0.3"]}
    plans = [await plan_of(world, name) for name in ("a.test", "b.test")]
    keys = [plan.key for plan in plans if isinstance(plan, Plan)]
    # Else a connection that a.test led to its backup would carry the mail of b.test to it.
    assert keys == ["mx.host.test>elsewhere.test:25", "mx.host.test:25"]


async def test_two_domains_on_the_same_hosts_are_one_destination() -> None:
    world = World()
    world.dns.mail["a.test"] = [(10, "mx2.host.test"), (10, "mx1.host.test")]
    world.dns.mail["b.test"] = [(5, "mx1.host.test"), (5, "mx2.host.test")]
    world.dns.mail["c.test"] = [(5, "mx1.host.test")]
    world.dns.hosts = {"mx1.host.test": ["127.0.0.2"], "mx2.host.test": ["127.0.0.3"]}
    plans = [await plan_of(world, name) for name in ("a.test", "b.test", "c.test")]
    keys = [plan.key for plan in plans if isinstance(plan, Plan)]
    assert keys[0] == keys[1] == "mx1.host.test,mx2.host.test:25"
    assert keys[2] == "mx1.host.test:25"
    demanding = await world.deliverer.plan(Direct(tls=Tls.STARTTLS), "a.test", world.story)
    assert isinstance(demanding, Plan)
    assert demanding.key not in keys


async def test_hosts_of_one_preference_are_tried_in_random_order() -> None:
    world = World()
    world.dns.mail["a.test"] = [(10, f"mx{n}.test") for n in range(4)]
    world.dns.hosts = {f"mx{n}.test": [f"127.0.0.{n + 1}"] for n in range(4)}
    plan = await plan_of(world, "a.test")
    assert isinstance(plan, Plan)
    orders = set()
    for _ in range(20):
        found = await world.deliverer._targets.addresses(plan, 0, world.story)
        assert isinstance(found, list)
        orders.add(tuple(target.host for target in found))
    assert len(orders) > 5


async def test_a_domain_without_mx_takes_mail_at_its_own_address() -> None:
    world = World()
    world.dns.hosts["a.test"] = ["127.0.0.1"]
    plan = await plan_of(world, "A.test")
    assert isinstance(plan, Plan)
    assert plan.groups == (("a.test",),)


@pytest.mark.parametrize("literal", ["[192.0.2.1]", "[ipv6:2001:db8::1]"])
async def test_an_address_literal_asks_no_dns(literal: str) -> None:
    world = World()
    plan = await plan_of(world, literal)
    assert isinstance(plan, Plan)
    assert plan.key == f"{literal}:25"
    assert not world.dns.asked


async def test_what_can_be_wrong_with_a_domain() -> None:
    world = World()
    world.dns.mail["null.test"] = [(0, "")]
    world.dns.mail["lost.test"] = [(10, "nowhere.test")]
    world.dns.mail["bare.test"] = []
    world.dns.mail["silent.test"] = DnsTemporary("silent.test MX: no answer in time")
    world.dns.mail["half.test"] = [(10, "silent-host.test")]
    world.dns.hosts["silent-host.test"] = DnsTemporary("no answer in time")
    cases = {
        "null.test": (556, "5.1.10"),
        "none.test": (550, "5.1.2"),
        "lost.test": (550, "5.4.4"),
        "bare.test": (550, "5.4.4"),
        "silent.test": (451, "4.4.3"),
        "half.test": (451, "4.4.3"),
        "b\u00fccher\u2028.test": (550, "5.1.2"),
    }
    for domain, (code, status) in cases.items():
        failure = await failure_of(world, domain)
        assert (failure.reply.code, failure.reply.status) == (code, status), domain
        assert failure.is_permanent == (code >= 500)
        assert not failure.is_remote


async def test_a_worse_host_may_do_where_the_best_has_no_address() -> None:
    world = World()
    world.dns.mail["a.test"] = [(10, "gone.test"), (20, "mx.test")]
    world.dns.hosts["mx.test"] = ["127.0.0.1"]
    assert isinstance(await plan_of(world, "a.test"), Plan)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1"])
async def test_a_domain_that_leads_to_loopback_is_refused(address: str) -> None:
    world = World(allow_loopback_targets=False)
    world.dns.mail["trap.test"] = [(10, "mx.trap.test")]
    world.dns.hosts["mx.trap.test"] = [address]
    failure = await failure_of(world, "trap.test")
    assert failure.is_permanent
    assert world.told("target_forbidden")
    literal = f"[ipv6:{address}]" if ":" in address else f"[{address}]"
    assert (await failure_of(world, literal)).is_permanent


async def test_mail_that_loops_back_to_us_is_refused() -> None:
    world = World(own_names=frozenset({"us.test"}), own_endpoints=frozenset({("192.0.2.9", 25)}))
    world.dns.mail["byname.test"] = [(10, "us.test"), (20, "other.test")]
    world.dns.mail["byaddress.test"] = [(10, "alias.test"), (20, "other.test")]
    world.dns.hosts = {"alias.test": ["192.0.2.9"], "other.test": ["192.0.2.1"]}
    for domain in ("byname.test", "byaddress.test"):
        assert (await failure_of(world, domain)).reply.status == "5.4.6"


async def test_a_backup_only_asks_better_hosts() -> None:
    world = World(own_names=frozenset({"us.test"}))
    world.dns.mail["a.test"] = [(10, "best.test"), (20, "us.test"), (30, "worst.test")]
    world.dns.hosts["best.test"] = ["192.0.2.1"]
    plan = await plan_of(world, "a.test")
    assert isinstance(plan, Plan)
    assert plan.groups == (("best.test",),)


async def test_a_smart_host_needs_no_dns_for_its_plan_and_is_one_destination_for_each_login() -> None:
    world = World()
    one = SmartHost("smtp.isp.test", credentials=Credentials("me", lambda: "x"))
    other = SmartHost("smtp.isp.test", credentials=Credentials("you", lambda: "x"))
    plans = [await world.deliverer.plan(route, "x.test", world.story) for route in (one, other)]
    keys = [plan.key for plan in plans if isinstance(plan, Plan)]
    assert len(set(keys)) == 2
    assert not world.dns.asked
