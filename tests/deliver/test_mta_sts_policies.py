"""A policy is found, kept, renewed and never forgotten before its time."""

import asyncio

import pytest

from deliver.world import FakeClock, FakeDns, FakeWeb
from pillarbox.deliver.keeping import InMemory
from pillarbox.deliver.mta_sts import Mode, Policy
from pillarbox.deliver.mta_sts_policies import Policies, PolicySettings
from pillarbox.deliver.tls_counts import TlsCounts
from pillarbox.net.dns import DnsTemporary
from pillarbox.observe.story import Chapter

DAY = 86_400.0


def policy(mode: str = "enforce", host: str = "mx.a.test", age: int = 7 * 86_400) -> bytes:
    return f"version: STSv1\nmode: {mode}\nmx: {host}\nmax_age: {age}\n".encode()


class Bench:
    """Policies with a DNS, a web and a store of their own."""

    def __init__(self, settings: PolicySettings | None = None) -> None:
        self.dns, self.web, self.kept, self.clock = FakeDns(), FakeWeb(), InMemory(), FakeClock()
        self.counts = TlsCounts(self.kept, self.clock)
        self.settings = settings
        self.reopen()
        self.publish("1", policy())

    def reopen(self) -> None:
        """As after a restart: only what is kept is known."""
        self.policies = Policies(self.dns, self.web, self.kept, self.counts, self.clock, self.settings)

    def publish(self, version: str, octets: bytes) -> None:
        self.dns.texts["_mta-sts.a.test"] = [f"v=STSv1; id={version};".encode()]
        self.web.policies["a.test"] = octets

    async def find(self) -> Policy | None:
        self.story = Chapter(self.clock.now)
        return await self.policies.find("a.test", self.story)


async def test_a_policy_is_fetched_once_for_each_version() -> None:
    bench = Bench()
    for _ in range(2):
        found = await bench.find()
        assert found is not None
        assert found.mode is Mode.ENFORCE
    bench.reopen()
    assert await bench.find() is not None
    assert bench.web.fetched == ["a.test"]
    bench.publish("2", policy("testing"))
    found = await bench.find()
    assert found is not None
    assert found.mode is Mode.TESTING
    assert bench.web.fetched == ["a.test", "a.test"]


async def test_mail_that_comes_at_the_same_time_waits_for_one_fetch() -> None:
    bench = Bench()
    found = await asyncio.gather(*(bench.find() for _ in range(5)))
    assert None not in found
    assert bench.web.fetched == ["a.test"]


async def test_a_domain_without_a_record_is_not_asked_over_https() -> None:
    bench = Bench()
    bench.dns.texts.clear()
    assert await bench.find() is None
    assert bench.web.fetched == []


@pytest.mark.parametrize("trouble", ["dns", "record", "web", "rubbish"])
async def test_a_known_policy_counts_until_it_expires(trouble: str) -> None:
    bench = Bench()
    assert await bench.find() is not None
    if trouble == "dns":
        bench.dns.texts["_mta-sts.a.test"] = DnsTemporary("nobody answers")
    elif trouble == "record":
        bench.dns.texts.clear()
    else:
        bench.dns.texts["_mta-sts.a.test"] = [b"v=STSv1; id=2"]
        bench.web.policies = {} if trouble == "web" else {"a.test": b"<html>"}
    bench.reopen()
    bench.clock.time += 6 * DAY
    assert await bench.find() is not None
    bench.clock.time += 2 * DAY
    assert await bench.find() is None
    bench.counts.flush()
    expected = {"web": "sts-policy-fetch-error", "rubbish": "sts-policy-invalid"}
    assert {count.result for count in bench.kept.counts} == {expected[trouble]} - {""} if trouble in expected else True


async def test_what_could_not_be_fetched_is_not_asked_for_at_once_again() -> None:
    bench = Bench()
    bench.web.policies.clear()
    assert await bench.find() is None
    assert [event.kind for event in bench.story.events] == ["sts_not_fetched"]
    bench.web.policies["a.test"] = policy()
    bench.clock.time += 200
    assert await bench.find() is None
    bench.clock.time += 200
    assert await bench.find() is not None
    assert bench.web.fetched == ["a.test", "a.test"]


async def test_mail_does_not_wait_for_ever_for_a_slow_policy() -> None:
    bench = Bench(PolicySettings(wait=0.0))
    slow = asyncio.Event()

    class Slow(FakeWeb):
        async def fetch(self, domain: str) -> bytes:
            await slow.wait()
            return policy()

    bench.web = Slow()
    bench.reopen()
    assert await bench.find() is None
    slow.set()
    while bench.kept.policies == {}:
        await asyncio.sleep(0)
    assert await bench.find() is not None
    await bench.policies.close()


async def test_closing_ends_what_is_slow() -> None:
    bench = Bench(PolicySettings(wait=0.0))

    class Stuck(FakeWeb):
        async def fetch(self, domain: str) -> bytes:
            await asyncio.Event().wait()
            raise AssertionError

    bench.web = Stuck()
    bench.reopen()
    assert await bench.find() is None
    await bench.policies.close()


async def test_kept_policies_are_renewed_before_they_expire() -> None:
    bench = Bench()
    assert await bench.find() is not None
    assert await bench.policies.refresh() == 0
    bench.clock.time += 2 * DAY
    bench.web.policies["a.test"] = policy(host="new.a.test")
    bench.dns.texts.clear()  # RFC 8461 §10.2: also while somebody keeps the record from us
    assert await bench.policies.refresh() == 1
    bench.clock.time += 6 * DAY
    found = await bench.find()
    assert found is not None
    assert found.mx == ("new.a.test",)
