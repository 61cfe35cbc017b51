"""How many connections, and when: the policy on paper."""

from pillarbox.queue.allowance import Allowance, AllowanceSettings

NOW = 1_800_000_000.0


def test_it_grows_while_mail_waits_and_no_further_than_the_most() -> None:
    allowance = Allowance(AllowanceSettings(connections_per_destination=5, first_connections=3))
    allowance.succeeded(NOW, more_wait=False)
    assert allowance.connections == 3
    for _ in range(9):
        allowance.succeeded(NOW, more_wait=True)
    assert allowance.connections == 5


def test_it_halves_when_connections_are_dropped() -> None:
    allowance = Allowance(AllowanceSettings(first_connections=8))
    allowance.shrink()
    assert allowance.connections == 4
    for _ in range(5):
        allowance.shrink()
    assert allowance.connections == 1


def test_a_refused_connection_is_remembered_for_a_while() -> None:
    allowance = Allowance(AllowanceSettings(first_connections=8, stay=60))
    allowance.refused(5, NOW)
    allowance.succeeded(NOW + 59, more_wait=True)
    assert allowance.connections == 5
    allowance.succeeded(NOW + 60, more_wait=True)
    assert allowance.connections == 6


def test_the_brake_doubles_up_to_an_hour_and_one_success_ends_it() -> None:
    allowance = Allowance(AllowanceSettings(brake_first=30, brake_longest=3600))
    pauses = [allowance.brake(NOW, "gone", 0.5) - NOW for _ in range(9)]
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert allowance.is_braked(NOW + 3599)
    assert not allowance.is_braked(NOW + 3600)
    allowance.succeeded(NOW + 3601, more_wait=False)
    assert allowance.brake(NOW, "gone", 0.5) == NOW + 30


def test_fresh_connections_that_are_lost_again_and_again_are_a_reason_to_brake() -> None:
    allowance = Allowance(AllowanceSettings(losses=2))
    assert not allowance.lost()
    allowance.succeeded(NOW, more_wait=False)
    assert not allowance.lost()
    assert allowance.lost()
