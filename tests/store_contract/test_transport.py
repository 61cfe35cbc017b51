"""What a store keeps of the safety of the way to others."""

from pillarbox.mail.envelope import TlsWish
from pillarbox.store.trust_rows import StsRow, TlsCount

from .engines import START, Bench

POLICY = StsRow("example.org", "1", START, START + 86_400, b"version: STSv1\n")


async def test_a_policy_is_kept_and_replaced(bench: Bench) -> None:
    store = bench.store
    assert await store.sts_policy("example.org") is None
    await store.keep_sts_policy(POLICY)
    assert await store.sts_policy("example.org") == POLICY
    newer = POLICY._replace(version="2", fetched=START + 10)
    await store.keep_sts_policy(newer)
    assert await store.sts_policy("example.org") == newer
    assert await store.old_sts_policies(START + 10, 5) == []
    assert await store.old_sts_policies(START + 11, 5) == [newer]


async def test_when_a_host_spoke_tls_only_rises(bench: Bench) -> None:
    store = bench.store
    assert await store.tls_seen("mx.example.org") is None
    await store.note_tls_seen("mx.example.org", START + 5)
    await store.note_tls_seen("mx.example.org", START)
    assert await store.tls_seen("mx.example.org") == START + 5
    await store.forget_tls_seen("mx.example.org")
    assert await store.tls_seen("mx.example.org") is None


async def test_sessions_are_counted_by_all_that_tells_them_apart(bench: Bench) -> None:
    store = bench.store
    good = TlsCount("2026-11-23", "example.org", "sts", ("version: STSv1", "mode: enforce"), ("*.example.org",))
    bad = good._replace(result="certificate-expired", host="mx.example.org", address="192.0.2.1", helo="mx", sessions=2)
    await store.count_tls([good, bad])
    await store.count_tls([good, bad, good._replace(day="2026-11-22")])
    assert await store.tls_counts("2026-11-23") == [good._replace(sessions=2), bad._replace(sessions=4)]
    assert await store.tls_counts("2026-11-22") == [good._replace(day="2026-11-22")]


async def test_what_is_old_goes(bench: Bench) -> None:
    store = bench.store
    await store.keep_sts_policy(POLICY)
    await store.note_tls_seen("mx.example.org", START)
    await store.count_tls([TlsCount("2026-11-22", "a.example", "sts"), TlsCount("2026-11-23", "a.example", "sts")])
    await store.forget_transport(START, START, "2026-11-23")
    assert await store.sts_policy("example.org") is not None
    assert await store.tls_seen("mx.example.org") == START
    assert await store.tls_counts("2026-11-22") == []
    assert len(await store.tls_counts("2026-11-23")) == 1
    await store.forget_transport(START + 86_401, START + 1, "2026-11-24")
    assert await store.sts_policy("example.org") is None
    assert await store.tls_seen("mx.example.org") is None


async def test_the_wish_of_a_message_waits_with_it(bench: Bench) -> None:
    acceptance = bench.remote("u@far.example")
    acceptance.message.tls = TlsWish.REQUIRED.value
    await bench.store.accept(acceptance)
    [item] = await bench.store.claim(START + 10, START + 100, 10, {})
    assert item.message.tls == "required"
    row = await bench.store.message(item.message.id)
    assert row is not None
    assert row.tls == "required"
