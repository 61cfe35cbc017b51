"""What leaves in our name is signed with the keys that DNS shows, and with no others."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiosmtplib

from pillarbox.accounts.key_making import KeyMaking
from pillarbox.accounts.keys import KeySettings, Record, State
from pillarbox.net.clock import SystemClock
from pillarbox.senderauth import dkim
from pillarbox.senderauth.asking import Answer, Status
from pillarbox.testing import Box, server

from .checking import BODY, USER, Zone, letter, lying, story

PASSWORD = "a password"


def making(box: Box, pool: ThreadPoolExecutor) -> KeyMaking:
    return KeyMaking(box.server.store, pool, SystemClock(), KeySettings(rsa_bits=1024), lambda: None)


async def look(box: Box) -> None:
    assert box.server.trust is not None
    await box.server.trust.upkeep.look()


async def hand_in(box: Box, message: bytes, sender: str = USER) -> str:
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=box.port("submission"), username=USER, password=PASSWORD, start_tls=False
    )
    async with client:
        _, word = await client.sendmail(sender, [USER], message)
    return word


def verified(message: bytes, records: list[Record]) -> list[tuple[str, str]]:
    """(algorithm, result) of each signature."""
    at = message.index(b"\r\n\r\n") + 4
    fields = dkim.Fields(message[:at])
    signatures = dkim.read_fields(fields, dkim.DkimLimits())
    hashing = dkim.BodyHashes(dkim.bodies(signatures))
    hashing.update(message[at:])
    check = dkim.verify(fields, signatures, hashing.finish(), SystemClock().now(), dkim.DkimSettings())
    texts = {record.name: record.text.encode() for record in records}
    try:
        questions = next(check)
        check.send([Answer(Status.FOUND, (texts[question.name],)) for question in questions])
    except StopIteration as done:
        return [(one.algorithm, one.result.value) for one in done.value]
    raise AssertionError("it asked twice")


async def test_a_submission_is_signed_with_all_keys_that_dns_shows(tmp_path: Path) -> None:
    zone = Zone()
    with ThreadPoolExecutor(1) as pool:
        async with server(tmp_path, {USER: PASSWORD}, resolver=zone) as box:
            records = await making(box, pool).records("example.test")
            await look(box)
            early = await hand_in(box, letter(USER))
            zone.show(records)
            await look(box)
            word = await hand_in(box, letter(USER))
            large = await hand_in(box, letter(USER, body=b"x" * 70 + b"\r\n" + b"0123456789\r\n" * 40_000))
            plain, message, big = await lying(box)
            told = [await story(box, each) for each in (early, word, large)]
    assert b"DKIM-Signature" not in plain
    assert "example.test" in str(told[0]["unsigned"]["why"])
    assert message.startswith(b"DKIM-Signature:")
    assert verified(message, records) == verified(big, records) == [("ed25519-sha256", "pass"), ("rsa-sha256", "pass")]
    assert told[1]["signed"]["domain"] == "example.test"
    assert message.endswith(BODY)


async def test_added_fields_are_signed_too(tmp_path: Path) -> None:
    zone = Zone()
    with ThreadPoolExecutor(1) as pool:
        async with server(tmp_path, {USER: PASSWORD}, resolver=zone) as box:
            records = await making(box, pool).records("example.test")
            zone.show(records)
            await look(box)
            await hand_in(box, f"From: {USER}\r\nSubject: Hi\r\n\r\nHello\r\n".encode())
            [message] = await lying(box)
    assert b"\r\nDate: " in message
    assert [result for _, result in verified(message, records)] == ["pass", "pass"]


async def test_a_key_lives_from_made_to_removed(tmp_path: Path) -> None:
    zone = Zone()
    with ThreadPoolExecutor(1) as pool:
        async with server(tmp_path, {USER: PASSWORD}, resolver=zone) as box:
            maker, store = making(box, pool), box.server.store
            first = await maker.records("example.test")
            assert [record.state for record in first] == [State.MADE] * 2
            assert await maker.ensure("example.test") == []
            zone.show(first)
            await look(box)
            assert {record.state for record in await maker.records("example.test")} == {State.ACTIVE}

            await maker.rotate("example.test")
            both = await maker.records("example.test")
            assert len({record.name for record in both}) == 4
            await look(box)
            assert [record.state for record in await maker.records("example.test")].count(State.ACTIVE) == 2
            zone.show(both)
            await look(box)
            states = {record.name: record.state for record in await maker.records("example.test")}
            assert [states[record.name] for record in first] == [State.RETIRED] * 2
            assert list(states.values()).count(State.ACTIVE) == 2

            for row in await store.dkim_keys():
                if row.state == State.RETIRED.value:
                    await store.put_dkim_key(row._replace(changed=row.changed - 31 * 86_400))
            await look(box)
            left = await maker.records("example.test")
            assert {record.state for record in left} == {State.ACTIVE}
            zone.hide(left[0].name)
            await look(box)
            assert {record.state for record in await maker.records("example.test")} == {State.ACTIVE, State.MADE}


async def test_strangers_and_other_domains_are_not_signed_for(tmp_path: Path) -> None:
    zone = Zone()
    with ThreadPoolExecutor(1) as pool:
        async with server(tmp_path, {USER: PASSWORD}, resolver=zone) as box:
            zone.show(await making(box, pool).records("example.test"))
            await look(box)
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=box.port("smtp"), start_tls=False) as client:
                await client.sendmail("bob@sender.example", [USER], letter(USER))
            [message] = await lying(box)
    assert b"DKIM-Signature" not in message


async def test_our_reports_are_signed(tmp_path: Path) -> None:
    zone = Zone()
    with ThreadPoolExecutor(1) as pool:
        async with server(tmp_path, {USER: PASSWORD}, resolver=zone) as box:
            zone.show(await making(box, pool).records("example.test"))
            await look(box)
            records = await making(box, pool).records("example.test")
            client = aiosmtplib.SMTP(
                hostname="127.0.0.1", port=box.port("submission"), username=USER, password=PASSWORD, start_tls=False
            )
            arrived = asyncio.Event()
            box.server.store.on_change(lambda _folders: arrived.set())
            async with client:
                await client.sendmail(USER, ["someone@elsewhere.example"], letter(USER))
            async with asyncio.timeout(20):
                while not await lying(box):
                    arrived.clear()
                    await arrived.wait()
            [report] = await lying(box)
    assert report.startswith(b"DKIM-Signature:")
    assert [result for _, result in verified(report, records)] == ["pass", "pass"]
