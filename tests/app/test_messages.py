"""`pillarbox send` and `why`, and the orders of a running server, as somebody at a terminal meets them."""

import asyncio
import json
from collections.abc import Callable

from pillarbox.app.trouble import Exit
from pillarbox.mail import ids
from pillarbox.testing import Box

from .conftest import Done

Beside = Callable[..., "asyncio.Future[Done]"]


async def test_a_greeting_and_its_story(box: Box, beside: Beside) -> None:
    data = ("--data", str(box.folder))
    done = await beside("send", "hello", "--to", "ann@example.test", "--from", "bob@example.test", *data)
    assert done.code == 0, done.err
    name = done.out.split(":")[0]
    (message,) = await box.inbox("ann@example.test")
    assert b"Subject: Hello from Pillarbox" in message
    story = json.loads((await beside("why", name, "--json", *data)).out)
    assert [event["kind"] for event in story][:2] == ["submitted", "sender"]
    assert all({"at", "kind", "text"} <= set(event) for event in story)
    assert [event["at"] for event in story] == sorted(event["at"] for event in story)
    told = (await beside("why", name, *data)).out.splitlines()
    assert told[0].startswith(f"{name}  from bob@example.test  arrived 20")
    assert told[-1].endswith("and then we said OK.")


async def test_what_was_put_into_a_folder_has_no_sender(box: Box, beside: Beside) -> None:
    data = ("--data", str(box.folder))
    letter = box.folder / "letters"
    letter.write_bytes(b"From bob@example.test Thu Jan  1 00:00:00 2026\nSubject: kept\n\nhi\n")
    done = await beside("import", "mbox", str(letter), "ann@example.test", *data)
    assert done.code == 0, done.err
    account = await box.server.store.account("ann@example.test")
    assert account is not None
    folder = await box.server.store.folder(account.id, "INBOX")
    assert folder is not None
    (entry,) = await box.server.store.entries(folder.id)
    name = ids.encode(entry.message_id)
    told = (await beside("why", name, *data)).out.splitlines()
    assert told[0].startswith(f"{name}  arrived ")
    assert "imported into INBOX" in told[-1]


async def test_a_file_to_somebody(box: Box, beside: Beside) -> None:
    data = ("--data", str(box.folder))
    letter = box.folder / "letter"
    letter.write_text("From: bob@example.test\nTo: ann@example.test\nSubject: x\n\nhi\n", encoding="utf-8")
    assert json.loads((await beside("send", str(letter), "--json", *data)).out)["recipients"] == ["ann@example.test"]
    assert (await beside("send", "-", "--to", "bob@example.test", *data, stdin=b"hi")).code == 0
    assert (await beside("send", str(letter) + "x", *data)).code == Exit.NO_INPUT
    assert (await beside("send", str(letter), "--to", "eve@example.test", *data)).code == Exit.NO_USER
    assert len(await box.inbox("ann@example.test")) == len(await box.inbox("bob@example.test")) == 1


async def test_orders(box: Box, beside: Beside) -> None:
    data = ("--data", str(box.folder))
    await beside("send", "hello", "--to", "ann@example.test", *data)
    status = json.loads((await beside("status", "--json", *data)).out)
    assert status["accepted"] == 1
    assert len(status["listeners"]) == len(box.server.listeners)
    assert "pid: " in (await beside("status", *data)).out
    assert "pillarbox_messages_accepted_total 1.0" in (await beside("metrics", *data)).out
    assert (await beside("reload", *data)).code == 0
    assert not box.server.stop.is_set()
    assert (await beside("stop", *data)).code == 0
    assert box.server.stop.is_set()


async def test_a_new_user_gets_mail_at_once(box: Box, beside: Beside) -> None:
    data = ("--data", str(box.folder))
    assert (await beside("send", "hello", "--to", "eve@example.test", *data)).code == Exit.NO_USER
    assert (await beside("user", "add", "eve@example.test", *data)).code == 0
    assert (await beside("send", "hello", "--to", "eve@example.test", *data)).code == 0


async def test_the_doctor_finds_a_running_server_well(box: Box, beside: Beside) -> None:
    (box.folder / "pillarbox.toml").write_text('hostname = "mx.example.test"\n', encoding="utf-8")
    done = await beside("doctor", "--json", "--data", str(box.folder))
    report = json.loads(done.out)
    found = {check["check"]: check for check in report["checks"] if check["check"] != "listener"}
    for name in ("settings", "rights", "disk", "store", "domains", "queue", "clock", "server"):
        assert found[name]["ok"] is True, found[name]
    assert found["domains"]["text"] == "1 domains, 2 users"
