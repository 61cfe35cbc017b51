"""Does the queue hand out what is due, once, and forget nothing?"""

import asyncio
from dataclasses import replace

from pillarbox.store.rows import (
    Acceptance,
    Deferral,
    Enqueue,
    Filing,
    MessageRow,
    QueueFilter,
    QueueItem,
    Settlement,
)
from store_contract.engines import BODY, HEAD, PREFIX, START, Bench

EVERYTHING = QueueFilter(everything=True)
LEASE = START + 300


async def rows(bench: Bench, where: QueueFilter = EVERYTHING) -> list[QueueItem]:
    return await bench.store.queue_rows(where)


async def names(bench: Bench, where: QueueFilter = EVERYTHING) -> list[str]:
    return [row.recipient for row in await rows(bench, where)]


async def test_a_queued_recipient_as_it_was_given(bench: Bench) -> None:
    acceptance = bench.remote()
    acceptance.queued = [Enqueue("a@one.example", "one.example", START, START + 9, 5, "rfc822;a@one.example")]
    accepted = await bench.store.accept(acceptance)
    [row] = await rows(bench)
    assert [row.id] == accepted.queue_ids
    assert (row.recipient, row.domain, row.due, row.expires) == ("a@one.example", "one.example", START, START + 9)
    assert (row.notify, row.original, row.account_id) == (5, "rfc822;a@one.example", None)
    assert (row.leased, row.held, row.attempts, row.last_reply, row.delay_told) == (False, False, 0, "", False)
    assert row.message == await bench.store.message(acceptance.message.id)


async def test_what_is_handed_on_at_once_is_what_the_store_would_give(bench: Bench) -> None:
    new = replace(
        bench.message(), body_type="8BITMIME", smtputf8=True, ret="HDRS", envelope_id="QQ314159", login="u@example.org"
    )
    queued = [
        Enqueue("leased@x.example", "x.example", START, START + 9, 5, "rfc822;l@x.example", lease=LEASE),
        Enqueue("waits@y.example", "y.example", START + 1, START + 9),
        Enqueue("held@z.example", "z.example", START + 2, START + 9, held=True, lease=LEASE),
        Enqueue("user@example.org", "", START + 3, START + 9, account_id=await bench.account()),
    ]
    accepted = await bench.store.accept(Acceptance(new, "[1]", queued=queued))
    message = MessageRow.of(new)
    assert await bench.store.message(new.id) == message
    made = [QueueItem.of(number, message, row) for number, row in zip(accepted.queue_ids, queued, strict=True)]
    assert sorted(await rows(bench), key=lambda row: row.id) == made


async def test_the_earliest_due_rows_are_claimed_first_and_once(bench: Bench) -> None:
    for offset in (5, 1, 9, 3):
        await bench.store.accept(bench.remote(f"r{offset}@x.example", due=START + offset))
    first = await bench.store.claim(START + 6, LEASE, 2, {})
    assert [(row.recipient, row.due, row.leased) for row in first] == [
        ("r1@x.example", LEASE, True), ("r3@x.example", LEASE, True),
    ]  # fmt: skip
    assert [row.recipient for row in await bench.store.claim(START + 6, LEASE, 2, {})] == ["r5@x.example"]
    assert await bench.store.claim(START + 6, LEASE, 2, {}) == []
    assert await bench.store.next_due() == START + 9


async def test_claims_of_two_runners_do_not_overlap(bench: Bench) -> None:
    await asyncio.gather(*(bench.store.accept(bench.remote(f"r{n}@x.example")) for n in range(50)))
    claims = await asyncio.gather(*(bench.store.claim(START, LEASE, 20, {}) for _ in range(4)))
    assert sorted(len(claim) for claim in claims) == [0, 10, 20, 20]
    assert len({row.id for claim in claims for row in claim}) == 50


async def test_a_lease_that_ended_is_claimed_again(bench: Bench) -> None:
    await bench.store.accept(bench.remote("r@x.example", lease=LEASE))
    assert await bench.store.claim(START + 299, LEASE + 300, 5, {}) == []
    [row] = await bench.store.claim(LEASE, LEASE + 300, 5, {})
    assert row.due == LEASE + 300


async def test_rows_of_parked_domains_wait(bench: Bench) -> None:
    for n in range(6):
        await bench.store.accept(bench.remote(f"r{n}@slow.example", due=START + n))
    await bench.store.accept(bench.remote("r@live.example", due=START + 10))
    claimed = await bench.store.claim(START + 20, LEASE, 2, {"slow.example": START + 60})
    assert [row.recipient for row in claimed] == ["r@live.example"]
    assert {row.due for row in await rows(bench, QueueFilter(domain="slow.example"))} == {START + 60}
    assert len(await bench.store.claim(START + 60, LEASE, 100, {})) == 6


async def test_leases_are_kept_given_back_and_ended(bench: Bench) -> None:
    accepted = await bench.store.accept(bench.remote("a@x.example", "b@x.example", "c@x.example", lease=LEASE))
    a, b, c = accepted.queue_ids
    await bench.store.renew([a], LEASE + 100)
    await bench.store.unlease([b], START + 7)
    state = {row.id: (row.due, row.leased, row.attempts) for row in await rows(bench)}
    assert state == {a: (LEASE + 100, True, 0), b: (START + 7, False, 0), c: (LEASE, True, 0)}
    await bench.store.renew([b], LEASE)  # no longer leased: stays as it is
    assert await bench.store.unlease_all(START + 1) == 2
    assert {(row.due, row.leased) for row in await rows(bench)} == {(START + 1, False), (START + 7, False)}
    await bench.store.renew([], LEASE)
    assert await bench.store.unlease_all(START) == 0


async def test_the_last_delivered_recipient_frees_the_octets(bench: Bench) -> None:
    acceptance = bench.remote("a@x.example", "b@x.example", lease=LEASE)
    first, second = (await bench.store.accept(acceptance)).queue_ids
    number = acceptance.message.id
    await bench.store.settle(Settlement(number, "[2]", done=[first]))
    assert await bench.store.read_small(number) == HEAD + BODY
    await bench.store.settle(Settlement(number, "[3]", done=[second]))
    assert await bench.store.read_small(number) is None
    row = await bench.store.message(number)
    assert row is not None
    assert not row.kept
    assert await bench.store.story(number) == ["[1]", "[2]", "[3]"]
    assert await bench.store.queue_count() == 0


async def test_a_deferral_counts_an_attempt_and_keeps_the_reply(bench: Bench) -> None:
    acceptance = bench.remote("a@x.example", lease=LEASE)
    [row_id] = (await bench.store.accept(acceptance)).queue_ids
    number = acceptance.message.id
    await bench.store.settle(Settlement(number, "", deferred=[Deferral(row_id, START + 60, "451 later", True)]))
    await bench.store.settle(Settlement(number, "", deferred=[Deferral(row_id, START + 90, "452 später")]))
    [row] = await rows(bench)
    assert (row.due, row.leased, row.attempts, row.last_reply) == (START + 90, False, 2, "452 später")
    assert row.delay_told
    assert await bench.store.story(number) == ["[1]"]


async def test_settling_what_is_gone_changes_nothing(bench: Bench) -> None:
    first, second = bench.remote("a@x.example"), bench.remote("b@x.example")
    [a] = (await bench.store.accept(first)).queue_ids
    [b] = (await bench.store.accept(second)).queue_ids
    await bench.store.settle(Settlement(first.message.id, "", done=[a]))
    await bench.store.settle(Settlement(first.message.id, "", done=[a], deferred=[Deferral(a, START, "x")]))
    await bench.store.settle(Settlement(first.message.id, "", done=[b]))  # another message's row
    assert await names(bench) == ["b@x.example"]


async def test_a_row_is_settled_once_when_two_settlements_meet(bench: Bench) -> None:
    acceptance = bench.remote("a@x.example", "b@x.example")
    a, _ = (await bench.store.accept(acceptance)).queue_ids
    await asyncio.gather(*(bench.store.settle(Settlement(acceptance.message.id, "", done=[a, a])) for _ in range(3)))
    assert await names(bench) == ["b@x.example"]
    assert await bench.store.read_small(acceptance.message.id) is not None


async def test_ids_of_removed_rows_are_not_used_again(bench: Bench) -> None:
    acceptance = bench.remote("a@x.example")
    [old] = (await bench.store.accept(acceptance)).queue_ids
    await bench.store.settle(Settlement(acceptance.message.id, "", done=[old]))
    await bench.reopen()
    [new] = (await bench.store.accept(bench.remote("b@x.example"))).queue_ids
    assert new > old


async def test_a_report_is_stored_with_the_settlement(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.remote("a@x.example")
    [row_id] = (await bench.store.accept(acceptance)).queue_ids
    reports = [bench.local(account), bench.remote("sender@far.example")]
    await bench.store.settle(Settlement(acceptance.message.id, "[2]", done=[row_id], reports=reports))
    assert (await bench.folder_of(account)).messages == 1
    assert await names(bench) == ["sender@far.example"]
    assert await bench.store.read_small(acceptance.message.id) is None


async def test_a_late_local_copy_is_filed_with_the_settlement(bench: Bench) -> None:
    roomy, tight = await bench.account("roomy"), await bench.account("tight", octets=100)
    acceptance = bench.local(roomy, tight, body=b"x" * 200, retry_full=(START + 60, START + 9000))
    accepted = await bench.store.accept(acceptance)
    number = acceptance.message.id
    assert accepted.full == [f"user{tight}@example.org"]
    assert [place.folder_id > 0 for place in accepted.filed] == [True, False]
    [row] = await rows(bench)
    assert (row.domain, row.account_id, row.due, row.expires) == ("", tight, START + 60, START + 9000)
    late = Settlement(number, "[2]", done=[row.id], filings=[Filing(tight, row.recipient, PREFIX)])
    refused = await bench.store.settle(late)
    assert (refused.stored, refused.full) == (False, [row.recipient])
    assert await bench.store.story(number) == ["[1]"]
    account = await bench.store.account_by_id(tight)
    assert account is not None
    account.quota_octets = 10_000
    await bench.store.change_account(account)
    filed = await bench.store.settle(late)
    assert filed.stored
    assert (await bench.folder_of(tight)).octets == len(HEAD) + 200 + len(PREFIX)
    [entry] = await bench.store.entries(filed.filed[0].folder_id)
    assert entry.internal_date == START
    assert await bench.store.queue_count() == 0


async def test_filters_find_what_they_name(bench: Bench) -> None:
    first = bench.remote("Ann@one.example", "bob@two.example")
    second = Acceptance(bench.message(sender="other@example.com"), "[1]")
    second.queued = [Enqueue("ann@one.example", "one.example", START, START + 9)]
    await bench.store.accept(first)
    await bench.store.accept(second)
    assert await names(bench) == ["Ann@one.example", "bob@two.example", "ann@one.example"]
    assert await names(bench, QueueFilter(domain="ONE.example")) == ["Ann@one.example", "ann@one.example"]
    assert await names(bench, QueueFilter(recipient="ann@ONE.example")) == ["Ann@one.example", "ann@one.example"]
    assert await names(bench, QueueFilter(message_id=first.message.id)) == ["Ann@one.example", "bob@two.example"]
    assert await names(bench, QueueFilter(sender="Other@example.com")) == ["ann@one.example"]
    assert await names(bench, QueueFilter(sender="other@example.com", domain="two.example")) == []
    assert await names(bench, QueueFilter()) == []
    assert await names(bench, QueueFilter(recipient="' OR true --")) == []


async def test_rows_come_in_pages(bench: Bench) -> None:
    accepted = await bench.store.accept(bench.remote(*(f"r{n}@x.example" for n in range(5))))
    page = await bench.store.queue_rows(EVERYTHING, limit=2)
    assert [row.id for row in page] == accepted.queue_ids[:2]
    page = await bench.store.queue_rows(EVERYTHING, after=page[-1].id, limit=100)
    assert [row.id for row in page] == accepted.queue_ids[2:]


async def test_holding_and_releasing(bench: Bench) -> None:
    acceptance = bench.remote("a@one.example", "b@two.example")
    number = acceptance.message.id
    a, b = (await bench.store.accept(acceptance)).queue_ids
    assert await bench.store.queue_hold(QueueFilter(domain="one.example")) == [number]
    held, _ = await rows(bench)
    assert (held.held, held.due, held.leased) == (True, None, False)
    assert [row.id for row in await bench.store.claim(START + 200, LEASE, 9, {})] == [b]
    assert await bench.store.queue_retry(QueueFilter(domain="one.example"), START) == []
    assert await bench.store.queue_release(EVERYTHING, START + 5) == [number]
    assert [row.id for row in await bench.store.claim(START + 200, LEASE, 9, {})] == [a]


async def test_a_held_row_stays_held_when_its_attempt_fails(bench: Bench) -> None:
    acceptance = bench.remote("a@one.example", lease=LEASE)
    [row_id] = (await bench.store.accept(acceptance)).queue_ids
    await bench.store.queue_hold(EVERYTHING)
    await bench.store.renew([row_id], LEASE + 9)
    await bench.store.unlease([row_id], START)
    await bench.store.settle(Settlement(acceptance.message.id, "", deferred=[Deferral(row_id, START, "451 x")]))
    [row] = await rows(bench)
    assert (row.held, row.attempts) == (True, 1)


async def test_retrying_leaves_leased_rows_alone(bench: Bench) -> None:
    waiting, leased = bench.remote("a@x.example", due=START + 900), bench.remote("b@x.example", lease=LEASE)
    await bench.store.accept(waiting)
    await bench.store.accept(leased)
    assert await bench.store.queue_retry(EVERYTHING, START) == [waiting.message.id]
    assert {row.recipient: row.due for row in await rows(bench)} == {"a@x.example": START, "b@x.example": LEASE}


async def test_dropping_removes_rows_and_tells_it(bench: Bench) -> None:
    acceptance = bench.remote("a@one.example", "b@two.example")
    await bench.store.accept(acceptance)
    number = acceptance.message.id
    assert await bench.store.queue_drop(QueueFilter(domain="one.example"), "[dropped]") == [number]
    assert await names(bench) == ["b@two.example"]
    assert await bench.store.queue_drop(EVERYTHING, "[dropped too]") == [number]
    assert await bench.store.story(number) == ["[1]", "[dropped]", "[dropped too]"]
    assert await bench.store.read_small(number) is None
    assert await bench.store.next_due() is None


async def test_acts_on_thousands_of_rows_reach_all_of_them(bench: Bench) -> None:
    many = [bench.remote(*(f"r{n}@x.example" for n in range(100))) for _ in range(45)]
    await asyncio.gather(*(bench.store.accept(acceptance) for acceptance in many))
    numbers = sorted(acceptance.message.id for acceptance in many)
    assert await bench.store.queue_hold(EVERYTHING) == numbers
    assert await bench.store.claim(START + 1, LEASE, 10, {}) == []
    assert await bench.store.queue_release(EVERYTHING, START) == numbers
    assert await bench.store.queue_drop(EVERYTHING, "[2]") == numbers
    assert await bench.store.queue_count() == 0
    assert await bench.store.story(numbers[7]) == ["[1]", "[2]"]
