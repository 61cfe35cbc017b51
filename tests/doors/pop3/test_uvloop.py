"""What depends on the loop, on the loop that servers have where it installs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from doors.pop3 import test_connection as on_asyncio
from doors.pop3.house import House, Setup
from proto.pop3.playing import MESSAGES, Dialog, play_over_socket

uvloop = pytest.importorskip("uvloop")

SCENARIOS = [
    on_asyncio.test_a_large_message_is_read_as_fast_as_it_is_taken,
    on_asyncio.test_commands_whose_answers_nobody_reads_wait,
    on_asyncio.test_answers_come_in_the_order_of_the_commands,
    on_asyncio.test_a_reader_that_takes_nothing_is_cut_off,
    on_asyncio.test_a_peer_that_only_stops_talking_is_answered,
    on_asyncio.test_a_stopping_server_says_so,
    on_asyncio.test_nothing_goes_without_quit,
]


def run(scenario: Callable[[House], Awaitable[None]], folder: Path, setup: Setup) -> None:
    async def inside() -> None:
        async with House(folder, setup) as house:
            await scenario(house)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(inside())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_scenarios(scenario: Callable[[House], Awaitable[None]], tmp_path: Path) -> None:
    run(scenario, tmp_path, Setup())


@pytest.mark.parametrize("dialog", on_asyncio.DIALOGS, ids=lambda dialog: dialog.name)
def test_written_conversations(dialog: Dialog, tmp_path: Path) -> None:
    async def play(house: House) -> None:
        await house.file_all(MESSAGES)
        await play_over_socket(dialog, "127.0.0.1", house.port, house.client_tls)

    run(play, tmp_path, Setup(protocol=dialog.settings))
