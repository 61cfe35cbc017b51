"""What a store keeps of signing keys and reports."""

from pillarbox.store.rows import DomainRow
from pillarbox.store.trust_rows import DkimKeyRow, DmarcCount, ReportRow

from .engines import START, Bench

KEY = DkimKeyRow("example.org", "a1", "rsa", "PEM", "made", START, START)
COUNT = DmarcCount("2026-11-23", "example.org", "v=DMARC1; p=none", '{"ip": "192.0.2.1"}', 2)
REPORT = ReportRow("dmarc", "example.org", "mail.example", "7", START, START + 86_400, START + 90_000, 5, "{}")


async def test_a_key_is_kept_changed_and_removed(bench: Bench) -> None:
    store = bench.store
    assert await store.dkim_keys() == []
    await store.put_dkim_key(KEY)
    older = KEY._replace(selector="a0", made=START - 5)
    await store.put_dkim_key(older)
    active = KEY._replace(state="active", changed=START + 9)
    await store.put_dkim_key(active)
    assert await store.dkim_keys() == [older, active]
    assert await store.remove_dkim_key("example.org", "a0")
    assert not await store.remove_dkim_key("example.org", "a0")


async def test_the_keys_of_a_domain_go_with_it(bench: Bench) -> None:
    store = bench.store
    await store.put_domain(DomainRow("example.org", None, "+"))
    await store.put_domain(DomainRow("example.com", None, "+"))
    await store.put_dkim_key(KEY)
    await store.put_dkim_key(KEY._replace(domain="example.com"))
    await store.remove_domain("example.org")
    assert [key.domain for key in await store.dkim_keys()] == ["example.com"]


async def test_messages_are_counted_by_day_domain_and_evidence(bench: Bench) -> None:
    store = bench.store
    other = COUNT._replace(evidence="{}", messages=5)
    await store.count_dmarc([COUNT, other])
    await store.count_dmarc([COUNT, COUNT._replace(day="2026-11-24")])
    assert await store.dmarc_days("2026-11-24", 10) == [("2026-11-23", "example.org")]
    assert await store.dmarc_counts("2026-11-23", "example.org", 10) == [other, COUNT._replace(messages=4)]
    assert await store.dmarc_counts("2026-11-23", "example.org", 1) == [other]
    await store.forget_dmarc("2026-11-23", "example.org")
    assert await store.dmarc_days("2026-12-01", 10) == [("2026-11-24", "example.org")]


async def test_sent_reports_are_remembered(bench: Bench) -> None:
    store = bench.store
    await store.note_report_sent("tls", "2026-11-23", "example.org")
    await store.note_report_sent("tls", "2026-11-23", "example.org")
    assert await store.reports_sent("tls", "2026-11-23") == {"example.org"}
    assert await store.reports_sent("dmarc", "2026-11-23") == frozenset()
    await store.forget_reports(0, "2026-11-24")
    assert await store.reports_sent("tls", "2026-11-23") == frozenset()


async def test_a_report_is_kept_once(bench: Bench) -> None:
    store = bench.store
    newer = REPORT._replace(number="8", begins=START + 86_400)
    assert await store.keep_report(REPORT)
    assert not await store.keep_report(REPORT._replace(document="[]"))
    assert await store.keep_report(newer)
    assert await store.reports("dmarc", "example.org", START, 10) == [newer, REPORT]
    assert await store.reports("dmarc", "example.org", START + 1, 10) == [newer]
    assert await store.reports("tls", "example.org", 0, 10) == []
    await store.forget_reports(START + 90_001, "")
    assert await store.reports("dmarc", "example.org", 0, 10) == []
