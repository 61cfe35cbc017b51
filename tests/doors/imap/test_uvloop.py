"""What depends on the loop, on the loop that servers have where it installs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from doors.imap import test_appending as uploads
from doors.imap import test_connection as on_asyncio
from doors.imap import test_news as news
from doors.imap.house import House, Setup

uvloop = pytest.importorskip("uvloop")

SCENARIOS = [
    on_asyncio.test_answers_come_in_the_order_of_the_commands,
    on_asyncio.test_commands_whose_answers_nobody_reads_wait,
    on_asyncio.test_a_long_message_goes_as_fast_as_it_is_taken,
    on_asyncio.test_a_reader_that_takes_nothing_is_cut_off,
    on_asyncio.test_a_stopping_server_says_so,
    on_asyncio.test_a_peer_that_is_gone_leaves_nothing_behind,
    on_asyncio.test_compression,
    uploads.test_several_at_once,
    news.test_an_idle_client_hears_of_mail_at_once,
    news.test_notify_tells_of_other_mailboxes,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_scenarios(scenario: Callable[[House], Awaitable[None]], tmp_path: Path) -> None:
    async def inside() -> None:
        async with House(tmp_path, Setup()) as house:
            await scenario(house)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(inside())
