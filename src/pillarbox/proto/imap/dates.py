"""How are days and moments read? date and date-time, RFC 9051 §9."""

import re
from datetime import date, datetime, timedelta, timezone

from .grammar import Cursor
from .refusals import mistake

_MONTHS = {
    b"JAN": 1, b"FEB": 2, b"MAR": 3, b"APR": 4, b"MAY": 5, b"JUN": 6,
    b"JUL": 7, b"AUG": 8, b"SEP": 9, b"OCT": 10, b"NOV": 11, b"DEC": 12,
}  # fmt: skip
# date = date-text / DQUOTE date-text DQUOTE; date-text = date-day "-" date-month "-" date-year
_DATE = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')
# date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
_DATE_TIME = re.compile(
    rb'"([ 0-9]?[0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)


def day(cursor: Cursor) -> date:
    """date."""
    match = _DATE.match(cursor.data, cursor.at)
    if match is None:
        raise cursor.expected("a date such as 1-Feb-2026")
    cursor.at = match.end()
    try:
        return date(int(match[4]), _MONTHS.get(match[3].upper(), 0), int(match[2]))
    except ValueError as error:
        raise mistake(f"There is no such day: {error}") from error


def took_moment(cursor: Cursor) -> datetime | None:
    """date-time, when one stands here; with its time zone."""
    if not cursor.peek(b'"'):
        return None
    match = _DATE_TIME.match(cursor.data, cursor.at)
    if match is None:
        raise cursor.expected('a date and time such as "17-Jul-2026 02:44:25 -0700"')
    cursor.at = match.end()
    try:
        return _moment(match)
    except (ValueError, OverflowError) as error:
        raise mistake(f"There is no such date and time: {error}") from error


def _moment(match: re.Match[bytes]) -> datetime:
    off = timedelta(hours=int(match[8]), minutes=int(match[9]))
    # A leap second is one that no clock here knows.
    second = min(int(match[6]), 59) if match[6] == b"60" else int(match[6])
    moment = datetime(
        int(match[3]), _MONTHS.get(match[2].upper(), 0), int(match[1]), int(match[4]), int(match[5]), second,
        tzinfo=timezone(off if match[7] == b"+" else -off),
    )  # fmt: skip
    # At the edges of the calendar the moment must exist in UTC too.
    return moment.astimezone(timezone(timedelta(0))).astimezone(moment.tzinfo)
