"""Is work done at once when it does not wait, and carried on faithfully when it does?"""

import asyncio

import pytest

from pillarbox.doors.imap.at_once import Done, Waits, begin


async def test_what_does_not_wait_is_done() -> None:
    async def work() -> int:
        return 7

    assert begin(work()) == Done(7)


async def test_what_waits_goes_on_in_a_task() -> None:
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> int:
        first = await ready
        await asyncio.sleep(0)
        return first + await asyncio.sleep(0, 1)

    begun = begin(work())
    assert isinstance(begun, Waits)
    task = asyncio.ensure_future(begun.rest)
    ready.set_result(7)
    assert await task == 8


async def test_an_error_before_the_first_wait_is_raised_at_once() -> None:
    async def work() -> None:
        raise KeyError("at once")

    with pytest.raises(KeyError):
        begin(work())


async def test_an_error_of_what_is_waited_for_reaches_the_work() -> None:
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            await ready
        except OSError as error:
            return str(error)
        return ""

    begun = begin(work())
    assert isinstance(begun, Waits)
    ready.set_exception(OSError("no disk"))
    assert await begun.rest == "no disk"


async def test_who_is_cancelled_may_clean_up() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append(True)

    begun = begin(work())
    assert isinstance(begun, Waits)
    task = asyncio.ensure_future(begun.rest)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == [True]
