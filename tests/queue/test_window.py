"""The bounds of what is in memory."""

from dataclasses import dataclass, replace

from pillarbox.queue.window import PROMISE, Window, WindowSettings
from pillarbox.store.rows import MessageRow, QueueItem

NOW = 1_800_000_000.0
MESSAGE = MessageRow(1, NOW, "a@b", 10, 5, "7BIT", False, None, None, None, True)
ITEM = QueueItem(1, MESSAGE, "u@x", "x", None, None, None, NOW + 900, True, False, NOW + 5, 0, "", False)


@dataclass
class Clock:
    time: float = NOW

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


def window(clock: Clock, **settings: float) -> Window:
    made = Window(WindowSettings(**settings), clock)  # type: ignore[arg-type]
    made.open()
    return made


def fill(made: Window, domain: str, numbers: range, *, fresh: bool) -> None:
    for number in numbers:
        made.enter(replace(ITEM, id=number, domain=domain), fresh=fresh)


def test_nothing_is_admitted_before_it_opens_and_after_it_closes() -> None:
    made = Window(WindowSettings(), Clock())
    assert made.admit("x") is None
    assert made.room() == 0
    made.open()
    assert made.admit("x") == NOW + 900
    made.close()
    assert made.admit("x") is None
    assert made.room() == 0


def test_fresh_rows_and_waiting_rows_leave_room_for_each_other() -> None:
    made = window(Clock(), window=100, reserve=0.25)
    for number in range(75):
        assert made.admit(f"d{number}") is not None
        fill(made, f"d{number}", range(number, number + 1), fresh=True)
    assert made.admit("one-more") is None
    assert made.room() == 25
    other = window(Clock(), window=100, reserve=0.25)
    assert other.room() == 75
    fill(other, "x", range(75), fresh=False)
    assert other.room() == 0
    assert other.admit("y") is not None


def test_a_domain_has_its_share_once_the_window_is_half_full() -> None:
    made = window(Clock(), window=100, window_share=0.25)
    fill(made, "big", range(25), fresh=True)
    assert list(made.crowded()) == ["big"]
    assert made.admit("big") is not None
    fill(made, "other", range(100, 125), fresh=False)
    assert made.admit("big") is None
    assert made.admit("small") is not None
    made.leave(range(1))
    assert made.admit("big") is not None


def test_promises_that_are_not_kept_are_forgotten() -> None:
    clock = Clock()
    made = window(clock, window=4, reserve=0)
    assert [made.admit(str(n)) is not None for n in range(5)] == [True, True, True, True, False]
    clock.time += PROMISE
    assert made.admit("x") is None
    clock.time += PROMISE
    assert made.admit("x") is not None


def test_a_kept_promise_is_counted_once() -> None:
    made = window(Clock(), window=4, reserve=0)
    for number in range(4):
        assert made.admit("x") is not None
        fill(made, f"d{number}", range(number, number + 1), fresh=True)
    assert made.admit("x") is None
    made.leave([0, 1])
    assert len(made) == 2
    assert made.admit("x") is not None


def test_octets_are_bounded() -> None:
    made = window(Clock(), handover_octets=100)
    assert made.keep(60)
    assert not made.keep(60)
    made.free(60)
    assert made.keep(60)


def test_leases_are_renewed_after_a_third() -> None:
    clock = Clock()
    made = window(clock, lease=900)
    fill(made, "x", range(2), fresh=True)
    assert made.renewals(NOW + 299) == []
    assert made.renewals(NOW + 301) == [0, 1]
    assert made.renewals(NOW + 302) == []
    assert made.remaining() == [0, 1]
    made.leave([0])
    assert made.renewals(NOW + 700) == [1]


def test_leaving_twice_is_harmless() -> None:
    made = window(Clock())
    fill(made, "x", range(1), fresh=True)
    made.leave([0, 0, 7])
    assert len(made) == 0
    assert made.count("x") == 0
