"""Where exactly does a criterion on numbers begin and end? RFC 9051 §6.4.4, RFC 5032, RFC 7162 §3.1.5."""

from datetime import date

import pytest

from inbox.search.conftest import Scene
from pillarbox.mail.query import (
    Arrived,
    ChangedSince,
    Criterion,
    Larger,
    Marked,
    Older,
    Saved,
    SaveDateSupported,
    Smaller,
    When,
    Younger,
)
from store_contract.engines import START

# START is 14 November 2023, 22:13:20 UTC.
MIDNIGHT = 6_400


@pytest.mark.parametrize(
    ("criterion", "found"),
    [
        (Younger(100), [2, 3]),
        (Younger(99), [3]),
        (Older(100), [1, 2]),
        (Older(101), [1]),
        (Larger(20), [2, 3]),
        (Larger(21), [3]),
        (Smaller(21), [1]),
        (Smaller(22), [1, 2]),
        (Smaller(19), []),
        (ChangedSince(3), [2, 3]),
        (ChangedSince(5), []),
        (Arrived(When.ON, date(2023, 11, 14)), [1]),
        (Arrived(When.ON, date(2023, 11, 15)), [2, 3]),
        (Arrived(When.BEFORE, date(2023, 11, 15)), [1]),
        (Arrived(When.BEFORE, date(2023, 11, 14)), []),
        (Arrived(When.SINCE, date(2023, 11, 15)), [2, 3]),
        (Saved(When.SINCE, date(2023, 11, 14)), [1, 2, 3]),
        (Saved(When.ON, date(2023, 11, 15)), [2, 3]),
        (SaveDateSupported(), [1, 2, 3]),
        (Marked("\\sEEN"), [2]),
        (Marked("$JUNK"), [3]),
        (Marked("$Jun"), []),
        (Marked("\\Recent"), [1, 2, 3]),
        (Marked("\\Unheard"), []),
    ],
)
async def test_the_edges(scene: Scene, criterion: Criterion, found: list[int]) -> None:
    scene.bench.clock.time = START + MIDNIGHT - 1
    await scene.file(b"Subject: 9\r\n\r\n12345")
    scene.bench.clock.time = START + MIDNIGHT
    await scene.file(b"Subject: 9\r\n\r\n1234567", flags=1)
    scene.bench.clock.time += 1
    await scene.file(b"Subject: 9\r\n\r\n12345678", keywords="$Junk later")
    scene.bench.clock.time = START + MIDNIGHT + 100
    assert await scene.search(criterion) == found


async def test_a_second_session_has_no_recent_messages(scene: Scene) -> None:
    await scene.file(b"Subject: x\r\n\r\n")
    await scene.view()
    assert await scene.search(Marked("\\Recent")) == []
