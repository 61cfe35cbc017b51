"""Are connections counted by address and by network, and given back?"""

from pillarbox.net.gate import Gate, GateSettings, canonical, prefixes


class Clock:
    """Stands still unless moved."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        """Not asked here."""
        return self.at

    def monotonic(self) -> float:
        """Where the test put it."""
        return self.at


def gate(**bounds: int) -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(GateSettings(**bounds), clock), clock


def test_one_address_holds_only_so_many() -> None:
    door, _clock = gate(per_address=2)
    assert door.admit("192.0.2.1") is None
    assert door.admit("192.0.2.1") is None
    assert door.admit("192.0.2.1") == "2 connections from 192.0.2.1 are open"
    assert door.admit("192.0.2.2") is None
    door.leave("192.0.2.1")
    assert door.admit("192.0.2.1") is None
    assert door.total == 3


def test_a_network_holds_only_so_many_whatever_its_addresses() -> None:
    door, _clock = gate(per_network=3)
    assert [door.admit(f"192.0.2.{n}") is None for n in range(4)] == [True, True, True, False]
    assert door.admit("192.0.3.1") is None
    assert [door.admit(f"2001:db8:0:{n}::1") is None for n in range(4)] == [True, True, True, False]


def test_an_ipv6_subscriber_is_one_address() -> None:
    door, _clock = gate(per_address=1)
    assert door.admit("2001:db8::1") is None
    assert door.admit("2001:db8::2") is not None
    assert door.admit("::ffff:192.0.2.1") is None
    assert door.admit("192.0.2.1") is not None


def test_the_rate_of_opening_is_bounded_and_forgotten_after_a_minute() -> None:
    door, clock = gate(rate_address=2)
    for _ in range(2):
        assert door.admit("192.0.2.1") is None
        door.leave("192.0.2.1")
    assert door.admit("192.0.2.1") == "192.0.2.1 opened more than 2 connections within a minute"
    clock.at += 61
    assert door.admit("192.0.2.1") is None


def test_loopback_counts_only_in_the_total() -> None:
    door, _clock = gate(per_address=1, total=3)
    assert [door.admit("127.0.0.1") is None for _ in range(4)] == [True, True, True, False]
    assert door.is_crowded(0.8)


def test_nothing_is_left_when_all_have_left() -> None:
    door, _clock = gate()
    for n in range(100):
        door.admit(f"192.0.2.{n}")
    for n in range(100):
        door.leave(f"192.0.2.{n}")
    assert door.total == 0
    assert door._held == {}


def test_forms_of_an_address() -> None:
    assert str(canonical("::ffff:127.0.0.1")) == "127.0.0.1"
    assert str(canonical("fe80::1%eth0")) == "fe80::1"
    assert prefixes("127.0.0.5") is None
    assert prefixes("192.0.2.9") == ("192.0.2.9", "192.0.2.0/24")
    assert prefixes("2001:db8:1:2:3::4") == ("2001:db8:1:2::/64", "2001:db8:1::/48")
