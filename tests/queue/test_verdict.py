"""What follows from an attempt, on paper."""

from dataclasses import replace

import pytest

from pillarbox.deliver.outcome import Deferred, Delivered, Outcome, Refused
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Notify, Recipient
from pillarbox.mail.reply import Reply
from pillarbox.observe.sentences import SENTENCES, tell
from pillarbox.observe.story import Chapter
from pillarbox.queue.fate import Action
from pillarbox.queue.schedule import DAY, RetrySettings
from pillarbox.queue.verdict import Judge, Judgement, When, wants
from pillarbox.store.rows import MessageRow, QueueItem

NOW = 1_800_000_000.0
MESSAGE = MessageRow(1, NOW, "ann@us.test", 10, 5, "7BIT", False, None, None, None, True)
REPORT = replace(MESSAGE, sender="")
ROW = QueueItem(
    7, MESSAGE, "bob@far.example", "far.example", None, None, None, NOW + 900, True, False, NOW + 5 * DAY, 0, "", False
)
BOB = Recipient(Address.parse("bob@far.example"))
OK = Delivered(BOB, Reply(250, "2.0.0", ("taken",)), "mx", "192.0.2.1", "end of data", True)
LATER = Deferred(BOB, Reply(451, "4.7.1", ("later",)), "mx", "192.0.2.1", "RCPT TO", True)
NO = Refused(BOB, Reply(550, "5.1.1", ("no",)), "mx", "192.0.2.1", "RCPT TO", True)
SILENT = Deferred(BOB, Reply(451, "4.4.1", ("no answer",)))
AT_ONCE = When(NOW)


def judged(row: QueueItem, outcome: Outcome, when: When = AT_ONCE, **settings: float) -> tuple[Judgement, Chapter]:
    chapter = Chapter(lambda: NOW)
    judge = Judge(RetrySettings(**settings), lambda: 0.5)  # type: ignore[arg-type]
    return judge.judge([row], [outcome], chapter, when), chapter


def test_delivered() -> None:
    judgement, chapter = judged(ROW, OK)
    assert (judgement.done, judgement.deferred, judgement.fates) == ([7], [], [])
    assert judgement.soonest == float("inf")
    assert tell(chapter.events[0]) == "For bob@far.example it was taken over by mx (192.0.2.1): 250 2.0.0 taken."


def test_deferred() -> None:
    judgement, chapter = judged(ROW, LATER)
    [deferral] = judgement.deferred
    assert (deferral.queue_id, deferral.due, deferral.delay_told) == (7, NOW + 60, False)
    assert deferral.reply == "mx [192.0.2.1] said: 451 4.7.1 later (in reply to RCPT TO)"
    assert judgement.soonest == NOW + 60
    assert "mx (192.0.2.1) said 451 4.7.1 later, in reply to RCPT TO" in tell(chapter.events[0])


def test_nobody_said_it() -> None:
    _, chapter = judged(ROW, SILENT)
    assert "it could not be delivered now: 451 4.4.1 no answer. Attempt 1" in tell(chapter.events[0])


def test_a_brake_is_kept() -> None:
    judgement, _ = judged(ROW, SILENT, When(NOW, NOW + 3600))
    assert judgement.deferred[0].due == NOW + 3600


@pytest.mark.parametrize(
    ("notify", "sender", "told"),
    [
        (None, "ann@us.test", True),
        (Notify.FAILURE, "ann@us.test", True),
        (Notify.SUCCESS, "ann@us.test", False),
        (Notify.NEVER, "ann@us.test", False),
        (None, "", False),
        (Notify.FAILURE, "", False),
    ],
)
def test_who_hears_of_a_failure(notify: Notify | None, sender: str, told: bool) -> None:
    row = replace(ROW, notify=None if notify is None else notify.value, message=replace(MESSAGE, sender=sender))
    judgement, chapter = judged(row, NO)
    assert judgement.done == [7]
    assert bool(judgement.fates) is told
    assert [event.kind for event in chapter.events] == ["bounced"] + ([] if told else ["not_told"])


def test_the_fate_says_all_that_a_report_needs() -> None:
    judgement, _ = judged(replace(ROW, attempts=3, original="rfc822;b@x"), NO)
    [fate] = judgement.fates
    assert (fate.action, fate.status, fate.remote, fate.tries) == (Action.FAILED, "5.1.1", "mx [192.0.2.1]", 4)
    assert (fate.original, fate.last_try, fate.expired) == ("rfc822;b@x", NOW, False)


def test_when_the_time_is_over() -> None:
    judgement, chapter = judged(ROW, LATER, When(NOW + 5 * DAY))
    [fate] = judgement.fates
    assert (judgement.done, judgement.deferred, fate.expired, fate.status) == ([7], [], True, "5.4.7")
    assert chapter.events[0].kind == "expired"


def test_a_delay_is_told_once() -> None:
    judgement, _ = judged(ROW, LATER, When(NOW + 4 * 3600))
    [fate] = judgement.fates
    assert (fate.action, fate.retry_until) == (Action.DELAYED, NOW + 5 * DAY)
    assert judgement.deferred[0].delay_told
    again, _ = judged(replace(ROW, delay_told=True), LATER, When(NOW + 5 * 3600))
    assert again.fates == []
    assert again.deferred[0].delay_told
    never, _ = judged(ROW, LATER, When(NOW + 5 * 3600), delay_notice=0.0)
    assert never.fates == []
    assert not never.deferred[0].delay_told


@pytest.mark.parametrize("passed_on", [True, False])
def test_success_is_ours_to_report_where_the_next_host_does_not(passed_on: bool) -> None:
    row = replace(ROW, notify=Notify.SUCCESS.value)
    judgement, _ = judged(row, replace(OK, dsn_passed_on=passed_on))
    assert [fate.action for fate in judgement.fates] == ([] if passed_on else [Action.RELAYED])


def test_what_a_sender_wants_when_nothing_was_said() -> None:
    assert wants(ROW, Notify.FAILURE)
    assert wants(ROW, Notify.DELAY)
    assert not wants(ROW, Notify.SUCCESS)
    assert not wants(replace(ROW, message=REPORT), Notify.FAILURE)


def test_every_kind_has_its_sentence() -> None:
    told = {"bounced", "deferred", "delivered", "expired", "not_told", "told_sender", "report", "braked"}
    assert told <= SENTENCES.keys()
