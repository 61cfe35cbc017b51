"""When was a message sent, by its Date field? RFC 5322 §3.3 with the obsolete forms of §4.3, and what else is met."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
           "nov": 11, "dec": 12}  # fmt: skip
# RFC 5322 §4.3; military letters mean nothing reliable and stand for -0000.
_ZONES = {"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7, "bst": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "jst": 9,
          "kst": 9, "ist": 5.5, "msk": 3}  # fmt: skip
_COMMENT = re.compile(r"\([^()]*+\)")
_DATE = re.compile(
    r"(?:[^\W\d_]+\.?\s*,?)?\s*(?P<day>\d{1,2})[\s\-]+(?P<month>[A-Za-z]{3})[a-z]*[.,]?[\s\-]+(?P<year>\d{2,4})(?!\d)(?P<rest>.*)",
    re.DOTALL,
)
# "Mon Jan  2 15:04:05 2006", as C writes it.
_C_DATE = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<month>[A-Za-z]{3})[a-z]*\s+(?P<day>\d{1,2}),?\s+(?P<rest>\d\d?:\d\d(?::\d\d)?)"
    r"(?P<zone>\s+[A-Za-z]{1,5}|\s+[+\-]\d{4})?\s+(?P<year>\d{4})(?!\d)(?P<late_zone>.*)",
    re.DOTALL,
)
_ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)(?:[T\s]+(?P<rest>.*))?", re.DOTALL)
_TIME = re.compile(r"[\s,]*(\d{1,2})\s*[:.]\s*(\d{1,2})(?:\s*[:.]\s*(\d{1,2}))?(?:\.\d+)?")
_OFFSET = re.compile(r"\s*(?:GMT|UTC?)?\s*([+\-])\s*(\d\d):?(\d\d)(?!\d)")
_LETTERS = re.compile(r'\s*"?([A-Za-z]{1,5})\b')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sent(NamedTuple):
    """``moment`` in POSIX seconds; ``day`` as the sender's calendar had it (date.toordinal)."""

    moment: float
    day: int


def parse(text: str) -> Sent | None:
    """What a Date field says; None when it names no day.

    RFC 5256 §2.2: a zone that is none counts as UTC, a time that is none as 00:00:00.
    """
    text = text[:200]
    if "(" in text:
        text = _COMMENT.sub(" ", text)
    text = text.strip()
    match = _DATE.match(text) or _C_DATE.match(text) or _ISO_DATE.match(text)
    if match is None:
        return None
    day = _day(match["year"], match["month"], match["day"])
    if day is None:
        return None
    seconds, at = _time(match["rest"] or "")
    zone = (match["rest"] or "")[at:]
    if match.re is _C_DATE:
        zone = match["zone"] or match["late_zone"]
    try:
        moment = datetime(day.year, day.month, day.day, tzinfo=_zone(zone)) + timedelta(seconds=seconds)
        return Sent((moment - _EPOCH).total_seconds(), day.toordinal())
    except OverflowError:  # the last day of the year 9999
        return None


def _day(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower())
    whole = int(year)
    if len(year) == 2:  # RFC 5322 §4.3
        whole += 2000 if whole < 50 else 1900
    elif len(year) == 3:
        whole += 1900
    try:
        return date(whole, number or 0, int(day))
    except ValueError:
        return None


def _time(text: str) -> tuple[int, int]:
    """(seconds since midnight, where it ends)."""
    match = _TIME.match(text)
    if match is None:
        return 0, 0
    hours, minutes, seconds = (int(digits or 0) for digits in match.groups())
    if hours > 24 or minutes > 59 or seconds > 60:
        return 0, match.end()
    return hours * 3600 + minutes * 60 + seconds, match.end()


def _zone(text: str) -> timezone:
    offset = _OFFSET.match(text)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return _fixed(-minutes if offset[1] == "-" else minutes)
    letters = _LETTERS.match(text)
    return _fixed(int(60 * _ZONES.get(letters[1].lower(), 0))) if letters else UTC


def _fixed(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes)) if abs(minutes) < 24 * 60 else UTC
