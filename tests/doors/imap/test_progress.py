"""A command that takes long says so. RFC 9585."""

import asyncio
from collections.abc import Sequence

import pytest

from doors.imap.house import House
from pillarbox.inbox.tree import Listed, ListOptions


async def test_a_long_command_is_told_to_go_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await house.signed_in()
    begun, done = asyncio.Event(), asyncio.Event()

    async def slow(_user: object, _reference: str, _patterns: Sequence[str], _options: ListOptions) -> list[Listed]:
        begun.set()
        await done.wait()
        return []

    monkeypatch.setattr(house.services.tree, "list", slow)
    tag = talk.begin('LIST "" *')
    await begun.wait()
    house.deadlines.sweep()
    house.clock.ahead += 11
    house.deadlines.sweep()
    assert await talk.text() == f'* OK [INPROGRESS ("{tag}" NIL NIL)] Still at work after 11 seconds'
    house.deadlines.sweep()
    house.clock.ahead += 11
    house.deadlines.sweep()
    assert (await talk.text()).endswith("after 22 seconds")
    done.set()
    assert (await talk.until(tag)).untagged == []


async def test_commands_that_wait_are_not_silence(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the server takes, it is not the client that is late."""
    talk = await house.signed_in()
    begun, done = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> list[Listed]:
        begun.set()
        await done.wait()
        return []

    monkeypatch.setattr(house.services.tree, "list", slow)
    tag = talk.begin('LIST "" *')
    await begun.wait()
    house.clock.ahead += 4_000
    house.deadlines.sweep()
    done.set()
    assert (await talk.until(tag)).ok
