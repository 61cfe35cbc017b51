"""When is a recipient tried again, when is the sender told, when is it over? Pure. RFC 5321 §4.5.4.1."""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """All in seconds. RFC 5321 §4.5.4.1 wants at least 30 minutes between later tries and 4 to 5 days until the end.

    ``retry`` are the pauses after the first, second, … try; the last one repeats. ``delay_notice`` is the age at which
    a waiting message is reported to its sender, 0 never.
    """

    retry: tuple[float, ...] = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR)
    expiry: float = 5 * DAY
    report_expiry: float = 5 * DAY
    delay_notice: float = 4 * HOUR
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if not self.retry or min(self.retry) <= 0:
            raise ValueError("the retry schedule needs at least one pause, and each must be longer than nothing")
        if not 0 <= self.jitter < 1:
            raise ValueError("the jitter is a share of the pause: from 0 to less than 1")


def expires_at(settings: RetrySettings, arrived: float, sender: str) -> float:
    """Until when a message that came at ``arrived`` is tried; reports (``sender`` "") have an expiry of their own."""
    return arrived + (settings.expiry if sender else settings.report_expiry)


def pause(settings: RetrySettings, tries: int, chance: float) -> float:
    """Seconds to wait after ``tries`` tries (1 or more). ``chance`` in [0, 1) spreads what failed together."""
    chosen = settings.retry[min(tries, len(settings.retry)) - 1]
    return chosen * (1 + settings.jitter * (2 * chance - 1))


@dataclass(frozen=True, slots=True)
class Moments:
    """What the schedule needs to know of one recipient; times are POSIX seconds.

    ``tries`` counts the one that just failed. ``notice_owed``: the sender wants to hear of a delay and did not yet.
    """

    arrived: float
    expires: float
    tries: int
    notice_owed: bool


def next_try(settings: RetrySettings, row: Moments, now: float, chance: float, not_before: float = 0.0) -> float | None:
    """When to try again; None when it is over.

    There is a last try when the time ends, and one when the delay notice becomes due, so that neither comes later than
    promised. ``not_before`` is the brake of the destination.
    """
    if now >= row.expires:
        return None
    moment = min(now + pause(settings, row.tries, chance), row.expires)
    notice = row.arrived + settings.delay_notice
    if row.notice_owed and settings.delay_notice and now < notice:
        moment = min(moment, notice)
    return max(moment, not_before)


def notice_is_due(settings: RetrySettings, row: Moments, now: float) -> bool:
    """True when the sender should hear now that the message still waits."""
    return row.notice_owed and settings.delay_notice > 0 and now >= row.arrived + settings.delay_notice
