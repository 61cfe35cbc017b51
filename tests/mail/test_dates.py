"""Is a Date field read: RFC 5322 §3.3, its Appendix A.5 and A.6, and what programs have really written?"""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.dates import parse

NEW_YEAR = datetime(2024, 1, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("Mon, 1 Jan 2024 10:00:00 +0000", NEW_YEAR, date(2024, 1, 1)),
        ("1 Jan 2024 11:00 +0100", NEW_YEAR, date(2024, 1, 1)),
        ("Sun, 31 Dec 2023 23:30:00 -1030 (somewhere (far))", NEW_YEAR, date(2023, 12, 31)),
        ("Mon,1 Jan 2024 10:00:00 GMT", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 01 Jan 24 05:00:00 EST", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 1 January 2024 10:00:00 UT", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 1 Jan 2024 11:00:00 GMT+0100", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 1 Jan 2024 11:00:00 +01:00", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 1 Jan 2024 10:00:00 Z", NEW_YEAR, date(2024, 1, 1)),
        ("Mon, 1-Jan-2024 10:00:00 +0000", NEW_YEAR, date(2024, 1, 1)),
        ('Mon, 1 Jan 2024 05:00:00 "EST"', NEW_YEAR, date(2024, 1, 1)),
        ("Mon Jan  1 10:00:00 2024", NEW_YEAR, date(2024, 1, 1)),
        ("Mon Jan  1 05:00:00 EST 2024", NEW_YEAR, date(2024, 1, 1)),
        ("Mon Jan  1 11:00:00 2024 +0100", NEW_YEAR, date(2024, 1, 1)),
        ("2024-01-01T11:00:00+01:00", NEW_YEAR, date(2024, 1, 1)),
        ("2024-01-01", datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)),
        # RFC 5322 Appendix A.6.2 and A.5
        ("21 Nov 97 09:55:06 GMT", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC), date(1997, 11, 21)),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
         datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC), date(1997, 11, 21)),
        ("Thu,      13        Feb    1969      23:32               -0330 (Newfoundland Time)",
         datetime(1969, 2, 14, 3, 2, tzinfo=UTC), date(1969, 2, 13)),
        # RFC 5322 §4.3: years of two and three digits.
        ("1 Jan 49 10:00 +0000", datetime(2049, 1, 1, 10, tzinfo=UTC), date(2049, 1, 1)),
        ("1 Jan 50 10:00 +0000", datetime(1950, 1, 1, 10, tzinfo=UTC), date(1950, 1, 1)),
        ("1 Jan 124 10:00 +0000", NEW_YEAR, date(2024, 1, 1)),
        # RFC 5256 §2.2: a time or zone that is none.
        ("1 Jan 2024 25:00:00 +0000", datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)),
        ("1 Jan 2024", datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)),
        ("1 Jan 2024 10:00:00 XYZ", NEW_YEAR, date(2024, 1, 1)),
        ("1 Jan 2024 10:00:00 +9900", NEW_YEAR, date(2024, 1, 1)),
        ("1 Jan 2024 09:59:60 +0000", NEW_YEAR, date(2024, 1, 1)),
        ("1 Jan 2024 10.00.00 +0000", NEW_YEAR, date(2024, 1, 1)),
    ],
)  # fmt: skip
def test_dates(text: str, moment: datetime, day: date) -> None:
    assert parse(text) == (moment.timestamp(), day.toordinal())


@pytest.mark.parametrize(
    "text", ["", "yesterday", "32 Jan 2024 10:00", "1 Foo 2024", "30 Feb 2024", "1 Jan", "2024-13-01", "1 Jan 0"]
)
def test_what_is_no_day(text: str) -> None:
    assert parse(text) is None


def test_the_ends_of_the_calendar() -> None:
    assert parse("31 Dec 9999 24:59:60 -2359") is None
    first = parse("1 Jan 0001 00:00:00 +2359")
    assert first is not None
    assert first.day == 1


@given(
    st.lists(
        st.sampled_from(["1", "31", " ", "Jan", "Mon", ",", "2024", ":", "-", "+0100", "EST", "(", ")", "99", "T"]),
        max_size=14,
    )
)
def test_it_never_fails(pieces: list[str]) -> None:
    parse("".join(pieces))


@given(st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)))  # noqa: DTZ001 - only what the calendar shows
def test_it_reads_what_is_written_in_the_usual_way(at: datetime) -> None:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    text = f"{at.day} {months[at.month - 1]} {at.year:04} {at:%H:%M:%S} +0000"
    assert parse(text) == (at.replace(microsecond=0, tzinfo=UTC).timestamp(), at.toordinal())
