"""What waits can be seen, held, released, retried and dropped, with the server running or not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pillarbox.app.trouble import Exit
from pillarbox.testing import Box, FakeResolver, server

from .conftest import Command, Done

Beside = Callable[..., "asyncio.Future[Done]"]
AWAY = FakeResolver({"far.test": None, "off.test": None})  # name servers that do not answer


@pytest.fixture
async def waiting(tmp_path: Path, beside: Beside) -> AsyncIterator[tuple[Box, str]]:
    """A server with one message in its queue that cannot leave, and the id of that."""
    settings = {"delivery": {"retry": ["1h"]}}
    async with server(tmp_path / "box", {"ann@example.test": "pw"}, settings=settings, resolver=AWAY) as box:
        done = await beside(
            "sendmail",
            "--data",
            str(box.folder),
            "-v",
            "-f",
            "ann@example.test",
            "x@far.test",
            "y@off.test",
            stdin=b"hi",
        )
        assert done.code == 0, done.err
        yield box, done.err.split(":")[0]


async def lines(beside: Beside, box: Box, *words: str) -> list[dict[str, object]]:
    done = await beside(*words, "--json", "--data", str(box.folder))
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


async def settled(beside: Beside, box: Box) -> dict[str, object]:
    """The one message in the queue, when its first attempt is over."""
    async with asyncio.timeout(20):
        while True:
            (record,) = await lines(beside, box, "queue", "ls")
            if record["state"] == "waiting" and record["attempts"]:
                return record


async def test_what_waits_is_listed(waiting: tuple[Box, str], beside: Beside) -> None:
    box, name = waiting
    (record,) = await lines(beside, box, "queue", "ls")
    assert record["id"] == name
    assert record["sender"] == "ann@example.test"
    assert record["recipients"] == ["x@far.test", "y@off.test"]
    assert {"size", "arrived", "next_attempt", "attempts", "last_reply"} <= set(record)
    assert [len(await lines(beside, box, "queue", "ls", *words)) for words in (
        ["--domain", "far.test"], ["--sender", "ann@example.test"], ["--recipient", "z@far.test"], ["--sender", "<>"],
    )] == [1, 1, 0, 0]  # fmt: skip
    shown = await beside("queue", "show", name, "--data", str(box.folder))
    assert "x@far.test: " in shown.out
    assert "y@off.test: " in shown.out
    table = await beside("queue", "ls", "--data", str(box.folder))
    assert "x@far.test and 1 more" in table.out


async def test_mailq_speaks_as_postfix_does(waiting: tuple[Box, str], beside: Beside) -> None:
    box, name = waiting
    text = (await beside("mailq", "--data", str(box.folder))).out
    assert text.startswith("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n")
    assert name in text
    assert text.endswith(" Kbytes in 1 Request.\n")
    (record,) = [json.loads(line) for line in (await beside("mailq", "-j", "--data", str(box.folder))).out.splitlines()]
    assert record["queue_id"] == name
    assert [recipient["address"] for recipient in record["recipients"]] == ["x@far.test", "y@off.test"]


async def test_hold_release_retry_and_drop(waiting: tuple[Box, str], beside: Beside) -> None:
    box, name = waiting
    await settled(beside, box)
    data = ("--data", str(box.folder))
    assert "1 message held" in (await beside("queue", "hold", name, *data)).out
    (record,) = await lines(beside, box, "queue", "ls")
    assert (record["state"], record["next_attempt"]) == ("held", None)
    assert await lines(beside, box, "queue", "release", "--domain", "far.test") == [{"id": name, "done": "released"}]
    assert "1 message due now" in (await beside("queue", "retry", "--all", *data)).out
    assert "No message" in (await beside("queue", "drop", "--recipient", "nobody@far.test", *data)).out
    assert "1 message dropped" in (await beside("queue", "drop", name, "--yes", *data)).out
    assert await lines(beside, box, "queue", "ls") == []
    story = (await beside("why", name, *data)).out
    for told in ("took it out of delivery", "put it back into delivery", "removed it from the queue"):
        assert told in story


async def test_which_messages_must_be_said(waiting: tuple[Box, str], beside: Beside) -> None:
    box, _name = waiting
    done = await beside("queue", "drop", "--data", str(box.folder))
    assert done.code == Exit.USAGE
    assert (await beside("queue", "retry", "xyz", "--data", str(box.folder))).code == Exit.USAGE
    assert (await beside("queue", "retry", "--domain", "a b", "--data", str(box.folder))).code == Exit.USAGE
    assert (await beside("queue", "show", "000000000000", "--data", str(box.folder))).code == Exit.DATA


async def test_the_queue_is_read_without_a_server_too(tmp_path: Path, beside: Beside) -> None:
    async with server(tmp_path / "box", {"ann@example.test": "pw"}, resolver=AWAY) as box:
        await beside("sendmail", "--data", str(box.folder), "-f", "ann@example.test", "x@far.test", stdin=b"hi")
    assert "x@far.test" in (await beside("mailq", "--data", str(tmp_path / "box"))).out
    assert len(await lines(beside, box, "queue", "ls")) == 1


def test_an_empty_queue(folder: Path, command: Command) -> None:
    assert command("queue", "ls", "--data", str(folder)).out == "The queue is empty.\n"
    assert command("queue", "ls", "--json", "--data", str(folder)).out == ""
    assert command("mailq", "--data", str(folder)).out == "Mail queue is empty\n"
