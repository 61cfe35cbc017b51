"""Crowds, quick and slow, on paper."""

from pillarbox.queue.spread import LATEST, Spread

NOW = 1_800_000_000.0


def test_a_crowd_is_given_a_moment() -> None:
    spread = Spread()
    count = {"big": 500}.__getitem__
    assert spread.look(["big"], count, NOW) == (["big"], [])
    assert spread.look(["big"], count, NOW + 0.9) == (["big"], [])
    assert not spread.is_slow("big")
    spread.left("big", 100)
    assert spread.look(["big"], count, NOW + 1) == ([], ["big"])
    assert spread.is_slow("big")


def test_it_ends_when_half_of_it_has_left() -> None:
    spread = Spread()
    left = {"big": 500}
    spread.look(["big"], left.__getitem__, NOW)
    spread.look(["big"], left.__getitem__, NOW + 1)
    left["big"] = 250
    assert spread.look([], left.__getitem__, NOW + 2) == ([], ["big"])
    left["big"] = 249
    assert spread.look([], left.__getitem__, NOW + 3) == ([], [])
    assert not spread.is_slow("big")


def test_rows_are_put_off_as_far_as_the_pace_says() -> None:
    spread = Spread()
    count = {"big": 500}.__getitem__
    spread.look(["big"], count, NOW)
    spread.left("big", 100)
    spread.look(["big"], count, NOW + 1)  # 100 a second
    assert spread.until("big", NOW + 1, 0) == NOW + 1 + 2.5
    assert spread.until("big", NOW + 1, 10_000) == NOW + 1 + 102.5
    assert spread.until("big", NOW + 1, 10_000_000) == NOW + 1 + LATEST


def test_a_crowd_that_stands_still_is_looked_at_every_minute() -> None:
    spread = Spread()
    count = {"big": 500}.__getitem__
    spread.look(["big"], count, NOW)
    spread.look(["big"], count, NOW + 1)
    assert spread.until("big", NOW + 1, 0) == NOW + 61


def test_the_pace_is_measured_anew() -> None:
    spread = Spread()
    count = {"big": 500}.__getitem__
    spread.look(["big"], count, NOW)
    spread.look(["big"], count, NOW + 1)
    spread.left("big", 2500)
    spread.look(["big"], count, NOW + 11)
    assert spread.until("big", NOW + 11, 0) == NOW + 12
