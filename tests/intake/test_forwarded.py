"""Mail that an alias sends on: in whose name it leaves, and how a report of failure finds its way back."""

from pathlib import Path

import aiosmtplib
import pytest

from pillarbox.accounts.aliases import Aliases
from pillarbox.store.rows import QueueFilter, QueueItem
from pillarbox.testing import Box, server

from .checking import USER, letter, send, story

HELD = [{"smart_host": "127.0.0.1:1", "tls": "none"}]
ALIAS = "friends@example.test"


async def waiting(box: Box) -> list[QueueItem]:
    return await box.server.store.queue_rows(QueueFilter(everything=True))


async def test_it_leaves_in_our_name_and_reports_come_back(tmp_path: Path) -> None:
    async with server(tmp_path, {USER: "a password"}, settings={"route": HELD}) as box:
        await Aliases(box.server.store, box.server.recipients.clear).put(ALIAS, [USER, "carl@far.example"])
        word = await send(box, letter(), to=ALIAS)
        told = await story(box, word)
        [item] = await waiting(box)
        sender = item.sender
        assert sender.startswith("SRS0=")
        assert sender.endswith("=sender.example=bob@example.test")
        assert told["forwarded"]["sender"] == sender
        assert (await box.server.store.queue_rows(QueueFilter(everything=True)))[
            0
        ].message.sender == "bob@sender.example"
        await send(box, letter("x@far.example"), sender="", to=sender)
        assert sorted(item.recipient for item in await box.server.store.queue_rows(QueueFilter(everything=True))) == [
            "bob@sender.example",
            "carl@far.example",
        ]
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused, match="takes only reports"):
            await send(box, letter("x@far.example"), to=sender)
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused, match="too old"):
            await send(box, letter("x@far.example"), sender="", to=sender.replace("bob", "rob"))
