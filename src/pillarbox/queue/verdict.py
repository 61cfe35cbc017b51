"""What follows from an attempt, recipient by recipient? Pure: outcomes in; rows done, rows put off, fates to report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from pillarbox.deliver.outcome import Deferred, Delivered, Outcome
from pillarbox.mail.envelope import Notify
from pillarbox.observe.story import Chapter, Evidence
from pillarbox.store.rows import Deferral, QueueItem

from .fate import Action, Fate, status_of
from .schedule import Moments, RetrySettings, next_try, notice_is_due

# What of a remote's reply is kept in the queue row, for mailq.
LAST_REPLY = 500


class When(NamedTuple):
    """The time of an attempt, and before when the brake of the destination lets no other be."""

    now: float
    not_before: float = 0.0


@dataclass(slots=True)
class Judgement:
    """What an attempt changes. ``fates`` are to be reported where the sender wants it; ``soonest`` is the earliest
    time in ``deferred``."""

    done: list[int] = field(default_factory=list)
    deferred: list[Deferral] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)

    @property
    def soonest(self) -> float:
        """When the first of the rows put off is due; infinity when none is."""
        return min((deferral.due for deferral in self.deferred), default=inf)


class Judge:
    """Applies the schedule. ``chance`` gives numbers in [0, 1)."""

    def __init__(self, settings: RetrySettings, chance: Callable[[], float]) -> None:
        self._settings = settings
        self._chance = chance

    def judge(self, items: Sequence[QueueItem], outcomes: Sequence[Outcome], chapter: Chapter, when: When) -> Judgement:
        """What becomes of ``items`` (one outcome each), told in ``chapter``."""
        judgement = Judgement()
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, Delivered):
                _delivered(item, outcome, chapter, judgement)
            elif isinstance(outcome, Deferred):
                self._deferred(item, outcome, chapter, judgement, when)
            else:
                _refused(item, outcome, chapter, judgement, when.now)
        return judgement

    def _deferred(self, item: QueueItem, outcome: Outcome, chapter: Chapter, judgement: Judgement, when: When) -> None:
        row = Moments(item.message.arrived, item.expires, item.attempts + 1, wants(item, Notify.DELAY))
        due = next_try(self._settings, row, when.now, self._chance(), when.not_before)
        if due is None:
            chapter.add("expired", **evidence(item, outcome), waited=when.now - item.message.arrived)
            judgement.done.append(item.id)
            _fail(item, fate_of(item, outcome, Action.FAILED, when.now, expired=True), chapter, judgement)
            return
        chapter.add("deferred", **evidence(item, outcome), next=due, tries=row.tries)
        late = notice_is_due(self._settings, row, when.now)
        judgement.deferred.append(Deferral(item.id, due, outcome.text[:LAST_REPLY], item.delay_told or late))
        if late:
            judgement.fates.append(fate_of(item, outcome, Action.DELAYED, when.now))


def _delivered(item: QueueItem, outcome: Delivered, chapter: Chapter, judgement: Judgement) -> None:
    chapter.add("delivered", **evidence(item, outcome))
    judgement.done.append(item.id)
    # RFC 3461 §5.2.2: the next hop reports success where it knows DSN; where it does not, we say "relayed".
    if item.notify is not None and not outcome.dsn_passed_on and wants(item, Notify.SUCCESS):
        judgement.fates.append(fate_of(item, outcome, Action.RELAYED, None))


def _refused(item: QueueItem, outcome: Outcome, chapter: Chapter, judgement: Judgement, now: float) -> None:
    chapter.add("bounced", **evidence(item, outcome))
    judgement.done.append(item.id)
    _fail(item, fate_of(item, outcome, Action.FAILED, now), chapter, judgement)


def _fail(item: QueueItem, fate: Fate, chapter: Chapter, judgement: Judgement) -> None:
    """RFC 3461 §5.2.4; RFC 5321 §6.1: a report is never answered by a report, or two servers would do so for ever."""
    if wants(item, Notify.FAILURE):
        judgement.fates.append(fate)
    elif item.message.sender:
        chapter.add("not_told", recipient=item.recipient, reason="the sender asked not to be told")
    else:
        chapter.add("not_told", recipient=item.recipient, reason="it came from nobody, as reports do")


def wants(item: QueueItem, what: Notify) -> bool:
    """Whether the sender wants a report of this kind. RFC 3461 §4.1: who said nothing hears of failure and of delay."""
    if what is Notify.DELAY and item.delay_told:
        return False
    if not item.message.sender:  # RFC 5321 §6.1: nobody is told what became of a report
        return False
    if item.notify is None:
        return what is not Notify.SUCCESS
    return what in Notify(item.notify)


def evidence(item: QueueItem, outcome: Outcome) -> dict[str, Evidence]:
    """What the story says of one recipient's outcome; parts that are empty are left out."""
    told: dict[str, Evidence] = {"recipient": item.recipient, "reply": str(outcome.reply)[:LAST_REPLY]}
    if outcome.host:
        told["host"] = outcome.host
        told["address"] = outcome.address
    if outcome.command:
        told["command"] = outcome.command
    if not outcome.is_remote:
        told["ours"] = True
    return told


def fate_of(item: QueueItem, outcome: Outcome, action: Action, tried: float | None, *, expired: bool = False) -> Fate:
    """One recipient's part of a report. ``tried``: when, None where that is nobody's concern."""
    return Fate(
        item.recipient,
        action,
        status_of(outcome.reply, action, expired=expired),
        outcome.reply,
        _place(outcome) if outcome.is_remote else "",
        item.original,
        item.attempts + 1 if tried is not None else 0,
        tried,
        item.expires if action is Action.DELAYED else None,
        expired=expired,
    )


def _place(outcome: Outcome) -> str:
    host, address = outcome.host, outcome.address
    return f"{host} [{address}]" if address and address != host else host
