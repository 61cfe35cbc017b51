"""Failed sign-ins slow down and lock out, per address and per account, and never the owner."""

import pytest

from accounts.directory_fake import StillClock
from pillarbox.accounts.throttle import Throttle, ThrottleSettings, source

ANN, BOB = "ann@example.org", "bob@example.org"
HOME, CAFE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def throttle(clock: StillClock) -> Throttle:
    return Throttle(clock)


def test_the_wait_doubles_up_to_its_maximum(throttle: Throttle) -> None:
    waits = [throttle.failed(CAFE, ANN) for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_failures_drip_away(throttle: Throttle, clock: StillClock) -> None:
    for _ in range(4):
        throttle.failed(CAFE, ANN)
    clock.pass_seconds(900)
    assert throttle.failed(CAFE, ANN) == 1


def test_an_address_that_guesses_at_many_names_is_locked(throttle: Throttle, clock: StillClock) -> None:
    for n in range(9):
        throttle.failed(CAFE, f"user{n}@example.org")
    assert throttle.locked_out(CAFE) == 0
    throttle.failed(CAFE, "user9@example.org")
    assert throttle.locked_out(CAFE) == 900
    assert throttle.locked(CAFE, ANN) == 900
    assert throttle.locked(HOME, ANN) == 0
    clock.pass_seconds(900)
    assert throttle.locked_out(CAFE) == 0


def test_slow_guesses_are_not_locked_out(throttle: Throttle, clock: StillClock) -> None:
    for n in range(100):
        throttle.failed(CAFE, f"user{n}@example.org")
        clock.pass_seconds(100)
    assert throttle.locked_out(CAFE) == 0


def test_an_account_attacked_from_everywhere_is_locked_for_strangers_not_for_its_owner(throttle: Throttle) -> None:
    throttle.succeeded(HOME, ANN)
    for n in range(50):
        throttle.failed(f"203.0.113.{n}", ANN)
    assert throttle.locked("203.0.113.200", ANN) > 0
    assert throttle.locked(HOME, ANN) == 0
    assert throttle.locked("203.0.113.200", BOB) == 0


def test_a_known_address_is_open_for_its_user_only(throttle: Throttle) -> None:
    throttle.succeeded(HOME, ANN)
    for n in range(10):
        throttle.failed(HOME, f"user{n}@example.org")
    assert throttle.locked_out(HOME) == 0, "ann still comes from there"
    assert throttle.locked(HOME, ANN) == 0
    assert throttle.locked(HOME, BOB) > 0


def test_guessing_at_ones_own_account_from_a_known_address_ends_too(throttle: Throttle) -> None:
    throttle.succeeded(HOME, ANN)
    for _ in range(10):
        throttle.failed(HOME, ANN)
    assert throttle.locked(HOME, ANN) > 0


def test_a_known_address_is_forgotten_after_its_time(throttle: Throttle, clock: StillClock) -> None:
    throttle.succeeded(HOME, ANN)
    clock.pass_seconds(30 * 86_400 + 1)
    assert not throttle.knows(HOME, ANN)
    for n in range(10):
        throttle.failed(HOME, f"user{n}@example.org")
    assert throttle.locked_out(HOME) > 0


def test_success_with_one_account_does_not_clear_guesses_at_others(throttle: Throttle) -> None:
    for n in range(10):
        throttle.failed(CAFE, f"user{n}@example.org")
        throttle.succeeded(CAFE, BOB)
    assert throttle.locked(CAFE, ANN) > 0


def test_a_program_with_an_old_password_locks_nobody_out(throttle: Throttle) -> None:
    waits = [throttle.failed(HOME, ANN, b"digest of the old password") for _ in range(40)]
    assert throttle.locked_out(HOME) == 0
    assert throttle.locked(HOME, BOB) == 0
    assert waits[-1] == 30, "but it waits"


def test_ipv6_counts_by_the_64(throttle: Throttle) -> None:
    for n in range(10):
        throttle.failed(f"2001:db8:0:1::{n + 1}", f"user{n}@example.org")
    assert throttle.locked_out("2001:db8:0:1:ffff::1") > 0
    assert throttle.locked_out("2001:db8:0:2::1") == 0


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("local", "local"),
    ],
)
def test_what_counts_as_one_address(peer: str, counted: str) -> None:
    assert source(peer) == counted


def test_the_tables_are_bounded_and_lose_the_oldest(clock: StillClock) -> None:
    throttle = Throttle(clock, ThrottleSettings(throttle_entries=5, lockout_failures=1))
    for n in range(8):
        throttle.failed(f"192.0.2.{n}", f"user{n}@example.org")
        throttle.succeeded(f"198.51.100.{n}", f"user{n}@example.org")
    assert [n for n in range(8) if throttle.locked_out(f"192.0.2.{n}")] == [3, 4, 5, 6, 7]
    assert [n for n in range(8) if throttle.knows(f"198.51.100.{n}", f"user{n}@example.org")] == [3, 4, 5, 6, 7]
    assert len(throttle._known_sources) == 5
