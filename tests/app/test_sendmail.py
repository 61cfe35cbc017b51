"""`sendmail` takes what programs have always given it, and ends as they expect."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pillarbox.app.trouble import Exit
from pillarbox.testing import Box, server

from .conftest import Command, Done

Beside = Callable[..., "asyncio.Future[Done]"]
LETTER = b"From: Ann <ann@example.test>\nTo: bob@example.test\nBcc: ann@example.test\nSubject: hi\n\nhello\n"


def data(box: Box) -> tuple[str, str]:
    return "--data", str(box.folder)


async def test_recipients_from_the_fields(box: Box, beside: Beside) -> None:
    done = await beside("sendmail", *data(box), "-t", "-i", "-v", "-f", "ann@example.test", stdin=LETTER)
    assert done.code == 0, done.err
    assert "taken over for bob@example.test, ann@example.test" in done.err
    for user in ("ann@example.test", "bob@example.test"):
        (message,) = await box.inbox(user)
        assert b"\r\nSubject: hi\r\n\r\nhello\r\n" in message
        assert b"Bcc" not in message
        assert message.startswith(b"Return-Path: <ann@example.test>\r\n")
        assert b"\r\nMessage-ID: " in message


async def test_recipients_on_the_command_line(box: Box, beside: Beside) -> None:
    done = await beside(
        "sendmail", *data(box), "-oi", "-F", "Grün, Ann", "bob@example.test", stdin=b"Subject: x\n\n.\nrest"
    )
    assert done.code == 0, done.err
    (message,) = await box.inbox("bob@example.test")
    assert message.endswith(b"\r\n\r\n.\r\nrest")
    assert b"From: =?utf-8?" in message


async def test_a_dot_ends_the_message_without_i(box: Box, beside: Beside) -> None:
    await beside("sendmail", *data(box), "bob@example.test", stdin=b"Subject: x\n\none\n.\ntwo\n")
    (message,) = await box.inbox("bob@example.test")
    assert message.endswith(b"\r\none\r\n")


async def test_names_without_a_domain_are_ours(box: Box, beside: Beside) -> None:
    done = await beside("sendmail", *data(box), "-t", "-f", "ann", stdin=b"To: bob\n\nhi\n")
    assert done.code == 0, done.err
    (message,) = await box.inbox("bob@example.test")
    assert message.startswith(b"Return-Path: <ann@example.test>")


async def test_a_report_has_no_sender(box: Box, beside: Beside) -> None:
    assert (
        await beside("sendmail", *data(box), "-f", "<>", "bob@example.test", stdin=b"From: a@b.test\n\nx")
    ).code == 0
    (message,) = await box.inbox("bob@example.test")
    assert message.startswith(b"Return-Path: <>")


async def test_eight_bit_text_is_declared(box: Box, beside: Beside) -> None:
    text = "Subject: grün\n\nüber\n".encode()
    assert (await beside("sendmail", *data(box), "bob@example.test", stdin=text)).code == 0
    folder = await box.server.store.folder(2, "INBOX")
    assert folder is not None
    (entry,) = await box.server.store.entries(folder.id)
    row = await box.server.store.message(entry.message_id)
    assert row is not None
    assert (row.body_type, row.smtputf8) == ("8BITMIME", True)


async def test_a_large_message(box: Box, beside: Beside) -> None:
    body = b"0123456789abcdef\n" * 40_000
    assert (await beside("sendmail", *data(box), "bob@example.test", stdin=b"Subject: x\n\n" + body)).code == 0
    (message,) = await box.inbox("bob@example.test")
    assert message.endswith(body.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (["nobody@example.test"], b"x", Exit.NO_USER, "No such mailbox"),
        (["bob@example.test", "nobody@example.test"], b"x", Exit.NO_USER, "nothing was sent"),
        (["-f", "a b@c", "bob@example.test"], b"x", Exit.DATA, "is no address"),
        (["-t"], b"Subject: x\n\n", Exit.UNAVAILABLE, "no recipients"),
        (["-t"], b"To: <unclosed\n\n", Exit.DATA, "cannot be read"),
        ([], b"x", Exit.USAGE, "no recipients"),
        (["-bz"], b"", Exit.USAGE, "-bz"),
        (["-N", "sometimes", "bob@example.test"], b"x", Exit.USAGE, "sometimes"),
        (["-N", "never,delay", "bob@example.test"], b"x", Exit.USAGE, "never"),
        (["-R", "half", "bob@example.test"], b"x", Exit.USAGE, "half"),
    ],
)
async def test_what_is_refused(box: Box, beside: Beside, words: list[str], stdin: bytes, code: Exit, said: str) -> None:
    done = await beside("sendmail", *data(box), *words, stdin=stdin)
    assert (done.code, said in done.err) == (code, True), done.err
    assert done.err.count("\n") >= 3, "an error has three parts"
    assert await box.inbox("bob@example.test") == []


async def test_more_than_the_server_takes(tmp_path: Path, beside: Beside) -> None:
    settings = {"limits": {"message_size": "1MiB"}}
    async with server(tmp_path, {"bob@example.test": "pw"}, settings=settings) as small:
        done = await beside("sendmail", *data(small), "bob@example.test", stdin=b"x" * 1_100_000)
        assert done.code == Exit.UNAVAILABLE
        assert "too large" in done.err
        assert await small.inbox("bob@example.test") == []


def test_without_a_server_it_asks_to_try_again(folder: Path, command: Command) -> None:
    done = command("sendmail", "--data", str(folder), "bob@example.test", stdin=b"x")
    assert done.code == Exit.TEMPORARY
    assert "pillarbox run" in done.err


async def test_what_older_programs_say(box: Box, beside: Beside) -> None:
    words = ["-oem", "-odb", "-oi", "-G", "-B", "8BITMIME", "-bm", "-r", "ann@example.test", "-n", "-U"]
    assert (await beside("sendmail", *data(box), *words, "bob@example.test", stdin=b"x")).code == 0
    assert (await beside("newaliases")).code == 0
    assert (await beside("sendmail", *data(box), "-bi")).code == 0
    assert (await beside("sendmail", *data(box), "-q")).code == 0
    assert (await beside("sendmail", *data(box), "-q15m")).code == 0
    assert "Mail queue is empty" in (await beside("sendmail", *data(box), "-bp")).out


async def test_the_story_begins_with_who_handed_it_in(box: Box, beside: Beside) -> None:
    done = await beside("sendmail", *data(box), "-v", "bob@example.test", stdin=b"x")
    story = await beside("why", done.err.split(":")[0], *data(box))
    assert "handed in on this machine by" in story.out
    assert "with sendmail" in story.out
    assert "A copy was put into INBOX of bob@example.test." in story.out
