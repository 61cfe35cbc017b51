"""Does mail that comes in by SMTP lie in the inbox, octet for octet, with its story?"""

import asyncio
import smtplib
import ssl
from pathlib import Path

import pytest

from pillarbox.mail import ids
from pillarbox.observe.story import decode
from pillarbox.testing import Box, server

ANN, BOB = "ann@example.test", "bob@example.test"
PASSWORD = "a quiet otter"
TEXT = b"From: <x@far.test>\r\nTo: <ann@example.test>\r\nSubject: One\r\n\r\n.dots\r\n..more\r\n\r\nend\r\n"


def send(port: int, sender: str, recipients: list[str], content: bytes, login: str | None = None) -> str:
    """Send with the standard library's client; the text of the last reply."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo("client.test")
        if login is not None:
            client.starttls(context=ssl._create_unverified_context())
            client.login(login, PASSWORD)
        client.mail(sender)
        for recipient in recipients:
            code, text = client.rcpt(recipient)
            if code >= 400:
                raise smtplib.SMTPRecipientsRefused({recipient: (code, text)})
        code, text = client.data(content)
        if code >= 400:
            raise smtplib.SMTPDataError(code, text)
        return text.decode()


async def sent(box: Box, kind: str, *rest: object, **options: object) -> str:
    return await asyncio.to_thread(send, box.port(kind), *rest, **options)  # type: ignore[arg-type]


async def test_what_was_sent_lies_in_the_inbox(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        await sent(box, "smtp", "x@far.test", [ANN], TEXT)
        [message] = await box.inbox(ANN)
    prefix, received, content = message.partition(b"Received: ")
    assert prefix == b"Return-Path: <x@far.test>\r\nDelivered-To: ann@example.test\r\n"
    assert received
    assert content.endswith(b"\r\n" + TEXT)
    assert b"from client.test ([127.0.0.1])" in content


async def test_one_copy_for_each_of_two_and_one_for_a_name_given_twice(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD, BOB: PASSWORD}) as box:
        await sent(box, "smtp", "x@far.test", [ANN, BOB, "ANN@example.test"], TEXT)
        assert len(await box.inbox(ANN)) == 1
        assert len(await box.inbox(BOB)) == 1


async def test_the_story_says_who_came_and_what_was_answered(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        text = await sent(box, "smtp", "x@far.test", [ANN], TEXT)
        chapters = await box.server.store.story(ids.decode(text.rpartition(" ")[2]))
    kinds = [event.kind for chapter in chapters for event in decode(chapter)]
    assert kinds == ["connected", "hello", "sender", "recipient", "filed", "accepted"]


async def test_strangers_do_not_relay(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        for recipient in (
            "x@far.test", '"ann@example.test"@far.test', "ann%example.test@far.test", "<@example.test:x@far.test>",
            "x@[192.0.2.1]", "far.test!x@elsewhere.test", "x@example.test.far.test",
        ):  # fmt: skip
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                await sent(box, "smtp", "x@far.test", [recipient], TEXT)
            [(code, _text)] = refused.value.recipients.values()
            assert code in {550, 501, 553}, recipient
        assert await box.server.store.queue_count() == 0


async def test_submission_asks_for_a_login(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
            await sent(box, "submission", ANN, [ANN], TEXT)
        assert await box.inbox(ANN) == []


async def test_a_user_sends_only_as_themselves(tmp_path: Path) -> None:
    mine = b"From: <ann@example.test>\r\nSubject: One\r\n\r\nHello\r\n"
    stolen = mine.replace(b"ann@", b"bob@")
    async with server(tmp_path, {ANN: PASSWORD, BOB: PASSWORD}) as box:
        await sent(box, "submission", ANN, [BOB], mine, login=ANN)
        with pytest.raises(smtplib.SMTPDataError, match="You may not send as bob"):
            await sent(box, "submission", ANN, [BOB], stolen, login=ANN)
        with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
            await sent(box, "submission", BOB, [BOB], mine, login=ANN)
        [message] = await box.inbox(BOB)
    # Date and Message-ID were missing; where the user sits is nobody's business.
    assert b"\r\nDate: " in message
    assert b"\r\nMessage-ID: <" in message
    assert b"client.test" not in message
    assert b"127.0.0.1" not in message


async def test_two_authors_are_refused(tmp_path: Path) -> None:
    twice = b"From: <ann@example.test>\r\nFrom: <ann@example.test>\r\n\r\nHello\r\n"
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        with pytest.raises(smtplib.SMTPDataError, match="exactly one From"):
            await sent(box, "submission", ANN, [ANN], twice, login=ANN)


async def test_a_message_that_goes_in_circles_is_refused(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        with pytest.raises(smtplib.SMTPDataError, match="circles"):
            await sent(box, "smtp", "x@far.test", [ANN], b"Received: from a by b\r\n" * 51 + TEXT)
        with pytest.raises(smtplib.SMTPDataError, match="circles"):
            await sent(box, "smtp", "x@far.test", [ANN], b"Delivered-To: ann@example.test\r\n" + TEXT)
        assert await box.inbox(ANN) == []


async def test_a_large_message_goes_through_a_file_and_comes_out_the_same(tmp_path: Path) -> None:
    large = TEXT + b"".join(b"%06d of many lines, each a little longer than the last\r\n" % n for n in range(40_000))
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        await sent(box, "smtp", "x@far.test", [ANN], large)
        [message] = await box.inbox(ANN)
        assert message.endswith(b"\r\n" + large)
        assert [path for path in (tmp_path / "incoming").rglob("*") if path.is_file()] == []


async def test_a_header_without_end_is_refused(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        with pytest.raises(smtplib.SMTPDataError, match="header"):
            await sent(box, "smtp", "x@far.test", [ANN], b"X-Line: " + b"x" * 70 + b"\r\n" + b"X: y\r\n" * 40_000)


async def test_a_full_mailbox_is_said_at_once(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        account = await box.server.store.account(ANN)
        assert account is not None
        account.quota_octets = 100
        await box.server.store.change_account(account)
        with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused), match="full"):
            await sent(box, "smtp", "x@far.test", [ANN], TEXT)
        assert await box.inbox(ANN) == []


async def test_in_try_out_mode_everything_lands_in_one_inbox(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}, catch_all=ANN) as box:
        await sent(box, "smtp", "app@shop.test", ["anybody@anywhere.test"], TEXT)
        [message] = await box.inbox(ANN)
        assert b"Delivered-To: anybody@anywhere.test\r\n" in message


async def test_lmtp_answers_for_each_recipient(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD, BOB: PASSWORD}) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("lmtp"))
        lines = [b"LHLO front.test", b"MAIL FROM:<x@far.test>", f"RCPT TO:<{ANN}>".encode()]
        lines += [f"RCPT TO:<{BOB}>".encode(), b"DATA"]
        writer.write(b"\r\n".join(lines) + b"\r\n")
        while b"354" not in await reader.readline():
            pass
        writer.write(b"Subject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n")
        answers = (await reader.read()).split(b"\r\n")
        assert [answer[:3] for answer in answers] == [b"250", b"250", b"221", b""]
        writer.close()
        await writer.wait_closed()
        assert len(await box.inbox(ANN)) == len(await box.inbox(BOB)) == 1
