"""Retry times, expiry and delay notices, on paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.queue.schedule import (
    DAY,
    HOUR,
    MINUTE,
    Moments,
    RetrySettings,
    expires_at,
    next_try,
    notice_is_due,
    pause,
)

SETTINGS = RetrySettings()
NOW = 1_800_000_000.0


def test_pauses_grow_and_the_last_repeats() -> None:
    pauses = [pause(SETTINGS, tries, 0.5) for tries in range(1, 8)]
    assert pauses == [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR]


@given(tries=st.integers(1, 100), chance=st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_a_fifth(tries: int, chance: float) -> None:
    middle = pause(SETTINGS, tries, 0.5)
    assert 0.8 * middle <= pause(SETTINGS, tries, chance) <= 1.2 * middle


def test_reports_have_an_expiry_of_their_own() -> None:
    settings = RetrySettings(expiry=5 * DAY, report_expiry=DAY)
    assert expires_at(settings, NOW, "ann@us.test") == NOW + 5 * DAY
    assert expires_at(settings, NOW, "") == NOW + DAY


def test_the_last_try_is_when_the_time_ends() -> None:
    row = Moments(NOW - 5 * DAY + HOUR, NOW + HOUR, tries=30, notice_owed=False)
    assert next_try(SETTINGS, row, NOW, 0.5) == NOW + HOUR
    assert next_try(SETTINGS, row, NOW + HOUR, 0.5) is None
    assert next_try(SETTINGS, row, NOW + HOUR + 1, 0.5) is None


def test_a_try_comes_no_later_than_the_delay_notice() -> None:
    arrived = NOW - 90 * MINUTE
    row = Moments(arrived, arrived + 5 * DAY, tries=5, notice_owed=True)
    assert next_try(SETTINGS, row, NOW, 0.5) == arrived + 4 * HOUR
    told = Moments(arrived, arrived + 5 * DAY, tries=5, notice_owed=False)
    assert next_try(SETTINGS, told, NOW, 0.5) == NOW + 4 * HOUR


def test_the_notice_is_due_once_and_can_be_off() -> None:
    row = Moments(NOW, NOW + 5 * DAY, tries=5, notice_owed=True)
    assert not notice_is_due(SETTINGS, row, NOW + 4 * HOUR - 1)
    assert notice_is_due(SETTINGS, row, NOW + 4 * HOUR)
    assert not notice_is_due(RetrySettings(delay_notice=0), row, NOW + 4 * HOUR)
    assert not notice_is_due(SETTINGS, Moments(NOW, NOW + 5 * DAY, 5, notice_owed=False), NOW + 4 * HOUR)


def test_the_brake_counts_where_it_is_later() -> None:
    row = Moments(NOW, NOW + 5 * DAY, tries=1, notice_owed=False)
    assert next_try(SETTINGS, row, NOW, 0.5, not_before=NOW + HOUR) == NOW + HOUR
    assert next_try(SETTINGS, row, NOW, 0.5, not_before=NOW + 1) == NOW + MINUTE


@pytest.mark.parametrize("wrong", [{"retry": ()}, {"retry": (0.0,)}, {"jitter": 1.0}])
def test_settings_that_cannot_be_meant(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"pause|jitter"):
        RetrySettings(**wrong)  # type: ignore[arg-type]
