"""One message over one connection: what the remote says becomes an outcome for each recipient."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deliver.remote import HANG_UP, OFFERS, SILENCE, Remote, Script, remote
from deliver.world import BODY, World, a_job
from pillarbox.deliver.connection import Connection
from pillarbox.deliver.job import Job
from pillarbox.deliver.outcome import Deferred, Delivered, Outcome, Refused
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import BodyType, Notify, Recipient, Return
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import SmartHost, Tls

PLAIN = b"250 remote.test\r\n"


def world_for(there: Remote, messages: int = 100) -> World:
    world = World(there.port, messages=messages)
    world.dns.hosts["remote.test"] = [there.address]
    return world


async def deliver(script: Script, job: Job | None = None) -> tuple[list[Outcome], Remote]:
    async with remote(script) as there:
        return await world_for(there).deliver(job or a_job()), there


def replies(outcomes: list[Outcome]) -> list[tuple[type[Outcome], str]]:
    return [(type(outcome), str(outcome.reply)) for outcome in outcomes]


async def connected(world: World) -> Connection:
    connection = await world.connect()
    assert isinstance(connection, Connection)
    return connection


async def test_a_message_takes_two_writes_and_arrives_unchanged() -> None:
    outcomes, there = await deliver(Script(), a_job("a@remote.test", "b@remote.test"))
    assert replies(outcomes) == [(Delivered, "250 2.0.0 taken")] * 2
    assert there.messages == [BODY]
    assert len(there.writes) == 4  # EHLO, envelope, content, QUIT
    first = outcomes[0]
    assert isinstance(first, Delivered)
    assert first.dsn_passed_on
    assert first.text == "remote.test [127.0.0.1] said: 250 2.0.0 taken (in reply to end of data)"


async def test_each_recipient_has_its_own_outcome() -> None:
    script = Script(answers={b"RCPT TO:<b@": b"550 5.1.1 who?\r\n", b"RCPT TO:<c@": b"451 4.7.1 greylisted\r\n"})
    outcomes, there = await deliver(script, a_job("a@remote.test", "b@remote.test", "c@remote.test"))
    assert replies(outcomes) == [
        (Delivered, "250 2.0.0 taken"),
        (Refused, "550 5.1.1 who?"),
        (Deferred, "451 4.7.1 greylisted"),
    ]
    assert len(there.messages) == 1
    assert outcomes[1].command == "RCPT TO"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script(answers={b"MAIL": b"550 5.7.1 not you\r\n"}), (Refused, "550 5.7.1 not you")),
        (Script(answers={b"MAIL": b"451 4.3.0 later\r\n"}), (Deferred, "451 4.3.0 later")),
        (Script(answers={b"MAIL": b"530 5.7.0 sign in first\r\n"}), (Deferred, "530 5.7.0 sign in first")),
        (Script(answers={b"RCPT": b"550\r\n"}), (Refused, "550")),
        (Script(answers={b"DATA": b"554 5.5.1 no\r\n"}), (Refused, "554 5.5.1 no")),
        (Script(final=b"554 5.7.1 spam\r\n"), (Refused, "554 5.7.1 spam")),
        (Script(final=b"452 4.3.1 disk full\r\n"), (Deferred, "452 4.3.1 disk full")),
        (Script(final=b"250-2.0.0 taken\r\n250 2.0.0 twice\r\n"), (Delivered, "250 2.0.0 taken twice")),
        (Script(final=b"421 4.3.2 stopping\r\n"), (Deferred, "421 4.3.2 stopping")),
        (Script(offers=PLAIN, answers={b"RCPT": b"550 5.1.1 no\r\n"}), (Refused, "550 5.1.1 no")),
    ],
)
async def test_the_answers_reply_becomes_the_outcome_verbatim(
    script: Script, expected: tuple[type[Outcome], str]
) -> None:
    outcomes, _ = await deliver(script)
    assert replies(outcomes) == [expected]
    assert outcomes[0].is_remote


@pytest.mark.parametrize(
    "answers",
    [
        {b"MAIL": HANG_UP},
        {b"RCPT": HANG_UP},
        {b"DATA": HANG_UP},
        {b"MAIL": b"250 x" * 100_000},
        {b"MAIL": b"250-x\r\n" * 10_000},
        {b"MAIL": b"what?\r\n"},
        {b"RCPT": b"354 x\r\n"},
        {b"DATA": b"250 x\r\n"},
    ],
)
async def test_a_remote_without_sense_or_manners_defers(answers: dict[bytes, bytes]) -> None:
    outcomes, there = await deliver(Script(answers=answers))
    (outcome,) = outcomes
    assert isinstance(outcome, Deferred)
    assert not outcome.is_remote
    assert outcome.host == "remote.test"
    assert outcome.status in {"4.4.2", "4.5.0"}
    assert not there.messages


async def test_a_connection_lost_after_the_content_defers() -> None:
    outcomes, there = await deliver(Script(final=HANG_UP))
    assert isinstance(outcomes[0], Deferred)
    assert "the answer to the message" in outcomes[0].reply.text
    assert there.messages == [BODY]


async def test_what_was_decided_before_the_connection_was_lost_counts() -> None:
    script = Script(offers=PLAIN, answers={b"RCPT TO:<a@": b"550 5.1.1 no\r\n", b"DATA": HANG_UP})
    outcomes, _ = await deliver(script, a_job("a@remote.test", "b@remote.test"))
    assert [type(outcome) for outcome in outcomes] == [Refused, Deferred]


async def test_content_wanted_by_nobody_is_only_a_dot() -> None:
    outcomes, there = await deliver(Script(answers={b"RCPT": b"550 5.1.1 no\r\n"}))
    assert isinstance(outcomes[0], Refused)
    assert there.messages == [b""]


# --- connections that are kept


async def test_many_messages_over_one_connection() -> None:
    async with remote(Script(answers={b"RCPT TO:<no@": b"550 5.1.1 no\r\n", b"DATA": [b"354 go\r\n"]})) as there:
        connection = await connected(world := world_for(there, messages=3))
        for recipient in ("a@remote.test", "b@remote.test"):
            assert isinstance((await connection.send(a_job(recipient), world.story))[0], Delivered)
            assert connection.usable
        await connection.send(a_job("a@remote.test"), world.story)
        assert not connection.usable
        await connection.close()
        world.deadlines.close()
    assert there.connections == 1
    assert len(there.messages) == 3


async def test_a_transaction_that_was_left_open_is_reset_before_the_next() -> None:
    async with remote(Script(answers={b"DATA": [b"451 4.3.0 no\r\n", b"354 go\r\n"]})) as there:
        connection = await connected(world := world_for(there))
        assert isinstance((await connection.send(a_job(), world.story))[0], Deferred)
        assert isinstance((await connection.send(a_job(), world.story))[0], Delivered)
        await connection.close()
        world.deadlines.close()
    assert there.lines.count(b"RSET") == 1


@pytest.mark.parametrize("answer", [HANG_UP, b"421 4.4.2 too old\r\n"])
async def test_a_kept_connection_that_ends_may_be_replaced_at_once(answer: bytes) -> None:
    async with remote(Script(answers={b"MAIL": [b"250 ok\r\n", answer]})) as there:
        connection = await connected(world := world_for(there))
        (fresh,) = await connection.send(a_job(), world.story)
        (kept,) = await connection.send(a_job(), world.story)
        assert isinstance(fresh, Delivered)
        assert isinstance(kept, Deferred)
        assert kept.at_once
        assert not connection.usable
        await connection.close()
        world.deadlines.close()


async def test_a_fresh_connection_that_ends_may_not() -> None:
    outcomes, _ = await deliver(Script(answers={b"MAIL": HANG_UP}))
    assert isinstance(outcomes[0], Deferred)
    assert not outcomes[0].at_once


async def test_an_idle_connection_says_goodbye_when_it_was_kept_long_enough() -> None:
    async with remote() as there:
        connection = await connected(world := world_for(there))
        ended = asyncio.Event()
        connection.on_end = ended.set
        world.clock.time += 14
        world.deadlines.sweep()
        assert connection.usable
        world.clock.time += 2
        world.deadlines.sweep()
        await ended.wait()
        assert not connection.usable
        await connection.close()
        world.deadlines.close()
    assert there.lines[-1] == b"QUIT"


async def test_an_idle_connection_that_the_remote_ends_is_known_to_be_gone() -> None:
    async with remote() as there:
        connection = await connected(world := world_for(there))
        ended = asyncio.Event()
        connection.on_end = ended.set
        there.open[0].say(b"421 4.4.2 idle\r\n")
        await ended.wait()
        assert not connection.usable
        (outcome,) = await connection.send(a_job(), world.story)
        assert isinstance(outcome, Deferred)
        assert outcome.at_once
        await connection.close()
        world.deadlines.close()


# --- time


@pytest.mark.parametrize(("script", "seconds"), [(Script(answers={b"DATA": SILENCE}), 301), (Script(final=b""), 601)])
async def test_a_silent_remote_is_given_up(script: Script, seconds: float) -> None:
    async with remote(script) as there:
        connection = await connected(world := world_for(there))
        sending = asyncio.ensure_future(connection.send(a_job(), world.story))
        while not there.messages and b"DATA" not in there.lines:
            await asyncio.sleep(0)
        while script.final == b"" and not there.messages:
            await asyncio.sleep(0)
        world.clock.time += seconds - 2
        world.deadlines.sweep()
        assert not sending.done()
        world.clock.time += 2
        world.deadlines.sweep()
        (outcome,) = await sending
        assert isinstance(outcome, Deferred)
        assert "no answer within" in outcome.reply.text
        assert not connection.usable
        world.deadlines.close()


# --- how many at once


@pytest.mark.parametrize("limit", [b"452 4.5.3 enough\r\n", b"452 enough\r\n", b"552 too many\r\n"])
async def test_recipients_beyond_what_the_remote_takes_at_once_follow_in_the_next_transaction(limit: bytes) -> None:
    fine = b"250 2.1.5 ok\r\n"
    script = Script(answers={b"RCPT": [fine, fine, limit, limit, fine, fine]})
    names = [f"u{n}@remote.test" for n in range(4)]
    outcomes, there = await deliver(script, a_job(*names))
    assert [type(outcome) for outcome in outcomes] == [Delivered] * 4
    assert len(there.messages) == 2
    assert there.connections == 1


async def test_too_many_without_progress_waits() -> None:
    outcomes, _ = await deliver(Script(answers={b"RCPT": b"552 too many\r\n"}), a_job())
    assert isinstance(outcomes[0], Deferred)


async def test_what_the_remote_announces_as_its_limits_is_kept() -> None:
    offers = b"250-x\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=2 RCPTDOMAINMAX=1 MAILMAX=3\r\n"
    names = ["a@remote.test", "b@other.test", "c@remote.test", "d@remote.test", "e@remote.test"]
    outcomes, there = await deliver(Script(offers=offers), a_job(*names))
    rcpts = [line[9:10] for line in there.lines if line.startswith(b"RCPT")]
    assert [type(outcome) for outcome in outcomes[:4]] == [Delivered] * 4
    assert rcpts == [b"a", b"b", b"c", b"d"]
    last = outcomes[4]
    assert isinstance(last, Deferred)  # MAILMAX: another connection may carry it at once
    assert last.at_once


# --- what a remote can carry

UTF8_HEADER = "Subject: h\u00e9\r\n\r\nx\r\n".encode()
EIGHT_BIT = "Subject: x\r\n\r\nh\u00e9\r\n".encode()


@pytest.mark.parametrize(
    ("offers", "job", "status", "mail"),
    [
        (OFFERS, a_job(content=EIGHT_BIT), "", b"BODY=8BITMIME"),
        (PLAIN, a_job(content=EIGHT_BIT), "5.6.3", b""),
        (PLAIN, a_job(content=BODY, body_type=BodyType.EIGHT_BIT), "", b"MAIL FROM:<s@us.test>"),
        (OFFERS, a_job(content=UTF8_HEADER, smtputf8=True), "", b"SMTPUTF8"),
        (b"250-x\r\n250 8BITMIME\r\n", a_job(content=UTF8_HEADER, smtputf8=True), "5.6.9", b""),
        (PLAIN, a_job(content=BODY, smtputf8=True), "", b"MAIL FROM:<s@us.test>"),
        (PLAIN, a_job("\u00fc@remote.test"), "5.6.7", b""),
        (PLAIN, a_job(sender="\u00fc@us.test"), "5.6.7", b""),
        (PLAIN, a_job(sender="u@b\u00fccher.example"), "", b"MAIL FROM:<u@xn--bcher-kva.example>"),
        (OFFERS, a_job("\u00fc@remote.test"), "", b"SMTPUTF8"),
        (b"250-x\r\n250 SIZE 10\r\n", a_job(), "5.3.4", b""),
        (OFFERS, a_job(content=b"\0\r", body_type=BodyType.BINARY), "5.6.3", b""),
        (OFFERS, a_job(content=BODY, body_type=BodyType.BINARY), "", b"MAIL FROM:<s@us.test> SIZE=36"),
    ],
)
async def test_a_message_passes_unchanged_or_not_at_all(offers: bytes, job: Job, status: str, mail: bytes) -> None:
    outcomes, there = await deliver(Script(offers=offers), job)
    if status:
        assert isinstance(outcomes[0], Refused)
        assert outcomes[0].status == status
        assert not outcomes[0].is_remote
        assert there.lines == [b"EHLO us.test", b"QUIT"]
    else:
        assert isinstance(outcomes[0], Delivered)
        assert mail in there.lines[1]
        assert there.messages == [job.content]


async def test_only_those_who_need_international_mail_are_refused_without_it() -> None:
    outcomes, there = await deliver(Script(offers=PLAIN), a_job("\u00fc@remote.test", "u@remote.test"))
    assert [type(outcome) for outcome in outcomes] == [Refused, Delivered]
    assert len(there.messages) == 1


async def test_binary_content_leaves_in_chunks_unchanged() -> None:
    offers = b"250-x\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BINARYMIME\r\n"
    content = b"Subject: x\r\n\r\n" + bytes(range(256)) * 3_000
    outcomes, there = await deliver(Script(offers=offers), a_job(content=content, body_type=BodyType.BINARY))
    assert isinstance(outcomes[0], Delivered)
    assert there.messages == [content]
    assert b"BDAT 262144" in there.lines


async def test_a_refused_chunk_ends_the_message() -> None:
    offers = b"250-x\r\n250-CHUNKING\r\n250 BINARYMIME\r\n"
    script = Script(offers=offers, answers={b"BDAT": b"552 5.3.4 enough\r\n"})
    outcomes, there = await deliver(script, a_job(content=b"\0" * 900_000, body_type=BodyType.BINARY))
    assert replies(outcomes) == [(Refused, "552 5.3.4 enough")]
    assert len([line for line in there.lines if line.startswith(b"BDAT")]) == 1


async def test_dsn_wishes_are_passed_on() -> None:
    recipient = Recipient(Address.parse("u@remote.test"), Notify.SUCCESS | Notify.FAILURE, "rfc822;u@remote.test")
    job = Job(1, "s@us.test", [recipient], len(BODY), BODY, ret=Return.FULL, envelope_id="id 1")
    outcomes, there = await deliver(Script(), job)
    assert isinstance(outcomes[0], Delivered)
    assert there.lines[1].endswith(b"RET=FULL ENVID=id+201")
    assert there.lines[2] == b"RCPT TO:<u@remote.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;u@remote.test"
    outcomes, there = await deliver(Script(offers=PLAIN), job)
    assert isinstance(outcomes[0], Delivered)
    assert not outcomes[0].dsn_passed_on
    assert b"NOTIFY" not in b"".join(there.lines)


# --- large content


def a_source(content: bytes, size: int = 60_000) -> object:
    async def slices() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    return slices


@pytest.mark.parametrize("offers", [OFFERS, PLAIN])
async def test_content_from_a_source_arrives_unchanged(offers: bytes) -> None:
    content = b"Subject: large\r\n\r\n" + b".dots\r\n..and lines\r\n" * 100_000
    job = a_job()
    job.content, job.size = a_source(content), len(content)  # type: ignore[assignment]
    outcomes, there = await deliver(Script(offers=offers), job)
    assert isinstance(outcomes[0], Delivered)
    assert there.messages == [content]


async def test_a_remote_that_breaks_off_large_content_is_heard() -> None:
    content = b"Subject: large\r\n\r\n" + b"line\r\n" * 1_500_000
    script = Script(on_data=lambda data: b"552 5.3.4 enough\r\n" if len(data) > 100_000 else None)
    outcomes, _ = await deliver(script, a_job(content=content))
    assert replies(outcomes) == [(Refused, "552 5.3.4 enough")]


async def test_content_that_cannot_be_read_ends_the_connection_and_is_raised() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"Subject: x\r\n"
        raise OSError("the disk is gone")

    async with remote() as there:
        connection = await connected(world := world_for(there))
        job = a_job()
        job.content = broken
        with pytest.raises(OSError, match="disk"):
            await connection.send(job, world.story)
        assert not connection.usable
        world.deadlines.close()
    assert not there.messages


# --- LMTP


async def test_lmtp_has_an_answer_for_each_recipient() -> None:
    async with remote(Script(final=b"250 2.0.0 in\r\n452 4.2.2 full\r\n")) as there:
        world = World()
        route = SmartHost("127.0.0.1", there.port, Tls.NONE, lmtp=True)
        outcomes = await world.deliver(a_job("a@x.test", "b@x.test"), "x.test", route)
    assert replies(outcomes) == [(Delivered, "250 2.0.0 in"), (Deferred, "452 4.2.2 full")]
    assert there.lines[0] == b"LHLO us.test"


def test_an_outcome_without_status_has_the_plainest() -> None:
    assert Refused(a_job().recipients[0], Reply(550, "", ("no",))).status == "5.0.0"
