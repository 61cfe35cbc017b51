"""Are digests made when they are asked for, and in quiet moments, with a real store?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from inbox.conftest import Shelf
from inbox.digests import WIRE, compute
from pillarbox.inbox.append import Upload
from pillarbox.inbox.digest import Compute
from pillarbox.inbox.digesting import Digesting, DigestingSettings, Manners
from pillarbox.observe.log import Fields, Log
from pillarbox.store.digests import Digest
from pillarbox.store.interface import StoreUnavailable


@dataclass
class Written:
    """A log that keeps kinds and fields."""

    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def log(self) -> Log:
        return Log(self, self._render, lambda: 0.0)

    def _render(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        self.events.append((kind, {"id": message_id, **fields}))
        return ""

    def write(self, text: str) -> None: ...

    def reopen(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class FakeStore:
    """Messages in memory; ``None`` is one whose octets are gone. Tells when nothing waits any more."""

    messages: dict[int, bytes | None]
    large: int = 1_000
    digests: dict[int, Digest] = field(default_factory=dict)
    puts: list[list[int]] = field(default_factory=list)
    gone: int = 0
    broken: bool = False
    unreadable: set[int] = field(default_factory=set)
    healed: bool = False
    searches: int = 0
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    searched: asyncio.Event = field(default_factory=asyncio.Event)

    async def read_small(self, message_id: int) -> bytes | None:
        if message_id in self.unreadable and not self.healed:
            raise OSError("the disk says no")
        octets = self.messages[message_id]
        return octets if octets is not None and len(octets) < self.large else None

    async def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        octets = self.messages[message_id]
        if octets is None:
            raise KeyError(message_id)
        for at in range(0, len(octets), 400):
            yield octets[at : at + 400]

    async def undigested(self, limit: int) -> list[int]:
        if self.broken:
            self.caught_up.set()
            raise StoreUnavailable("the store is closed")
        found = [each for each in sorted(self.messages, reverse=True) if each not in self.digests][:limit]
        if len(found) < limit and self.unreadable.issuperset(found):
            self.caught_up.set()
        return found

    def put_digests(self, digests: Sequence[Digest]) -> "asyncio.Future[None]":
        self.puts.append([digest.message_id for digest in digests])
        self.digests.update({digest.message_id: digest for digest in digests})
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def digested(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]:
        return {each: getattr(self.digests[each], column) for each in message_ids if each in self.digests}

    async def forget_digests(self, limit: int) -> int:
        self.searches += 1
        done = min(limit, self.gone)
        self.gone -= done
        if done < limit:
            self.searched.set()
        return done


@dataclass
class Scene:
    """A Digesting over a FakeStore."""

    store: FakeStore
    digesting: Digesting
    written: Written
    pool: ThreadPoolExecutor
    hand: "Hand"

    async def once(self) -> None:
        """Until all that waits is done."""
        self.store.caught_up.clear()
        self.digesting.wake()
        await asyncio.wait_for(self.store.caught_up.wait(), 10)


@dataclass
class Hand:
    """A clock that a test sets."""

    time: float = 1.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


Open = Callable[..., Scene]
AT_ONCE = Manners(pause=lambda _seconds: asyncio.sleep(0))


@pytest.fixture
async def scene(pool: ThreadPoolExecutor) -> AsyncIterator[Open]:
    opened: list[Digesting] = []

    def make(
        messages: dict[int, bytes | None],
        settings: DigestingSettings | None = None,
        work: Compute | None = None,
        manners: Manners | None = None,
    ) -> Scene:
        store, written, hand = FakeStore(messages), Written(), Hand()
        digesting = Digesting(store, work or compute(), pool, hand, written.log(), settings, manners=manners or AT_ONCE)
        opened.append(digesting)
        return Scene(store, digesting, written, pool, hand)

    yield make
    for each in opened:
        await each.stop()


def mail(number: int, size: int = 0) -> bytes:
    """A message."""
    return b"Subject: %d\r\n\r\n" % number + b"x" * size


async def test_what_is_asked_for_is_made_and_kept(scene: Open) -> None:
    at = scene({1: mail(1), 2: mail(2), 3: mail(3)})
    found = await at.digesting.of([1, 3, 1], "envelope")
    assert sorted(found) == [1, 3]
    assert b'"3"' in found[3]
    assert at.store.puts == [[1, 3]]
    assert await at.digesting.of([3], "envelope") == {3: found[3]}
    assert at.store.puts == [[1, 3]]


async def test_what_is_gone_is_left_out(scene: Open) -> None:
    at = scene({1: mail(1), 2: None})
    assert sorted(await at.digesting.of([1, 2], "sections")) == [1]
    assert at.written.events == []


async def test_batches(scene: Open) -> None:
    messages: dict[int, bytes | None] = {number: mail(number) for number in range(7)}
    messages[3] = mail(3, 5_000)
    at = scene(messages, DigestingSettings(digest_batch=3, digest_octets=4_000))
    await at.digesting.of(list(range(7)), "body")
    assert at.store.puts == [[0, 1, 2], [3], [4, 5, 6]]
    assert b" 5000 0)" in at.store.digests[3].body


async def test_the_newest_first_in_the_background(scene: Open) -> None:
    at = scene({number: mail(number) for number in range(5)}, DigestingSettings(digest_batch=2))
    at.digesting.start()
    await at.once()
    assert at.store.puts == [[4, 3], [2, 1], [0]]
    at.store.messages[9] = mail(9)
    await at.once()
    assert at.store.puts[3:] == [[9]]


async def test_digests_of_what_is_gone_are_forgotten_now_and_then(scene: Open) -> None:
    at = scene({}, DigestingSettings(digests_forgotten=10))
    at.store.gone = 35
    at.digesting.start()
    await asyncio.wait_for(at.store.searched.wait(), 10)
    assert (at.store.gone, at.store.searches) == (0, 4)
    at.store.gone = 1
    at.store.searched.clear()
    await at.once()  # a moment after: not again
    at.hand.time += 601
    await at.once()
    await asyncio.wait_for(at.store.searched.wait(), 10)
    assert (at.store.gone, at.store.searches) == (0, 5)


async def test_a_burst_is_digested_together(scene: Open) -> None:
    paused, go_on = asyncio.Event(), asyncio.Event()

    async def pause(_seconds: float) -> None:
        paused.set()
        await go_on.wait()

    at = scene({}, manners=Manners(pause=pause))
    at.digesting.start()
    await asyncio.wait_for(at.store.caught_up.wait(), 10)
    for number in range(5):
        at.store.messages[number] = mail(number)
        at.digesting.wake()
    await asyncio.wait_for(paused.wait(), 10)
    at.store.messages[5] = mail(5)
    go_on.set()
    await at.once()
    assert [sorted(each) for each in at.store.puts] == [[0, 1, 2, 3, 4, 5]]


async def test_one_that_breaks_our_code_stops_no_other(scene: Open) -> None:
    def stumble(header: bytes) -> bytes:
        if b"Subject: 2" in header:
            raise RuntimeError("never thought of that")
        return WIRE.envelope(header)

    at = scene({number: mail(number, 10) for number in (1, 2, 3)}, work=Compute(replace(WIRE, envelope=stumble)))
    found = await at.digesting.of([1, 2, 3], "body")
    assert found[2] == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 24 0)'
    assert at.store.digests[2].cut
    assert at.store.puts == [[1, 2, 3]]
    [(kind, fields)] = at.written.events
    assert kind == "not_digested"
    assert "never thought of that" in str(fields["reason"])


async def test_what_cannot_be_read_is_not_tried_for_ever(scene: Open) -> None:
    at = scene({number: mail(number) for number in range(6)}, DigestingSettings(digest_batch=2))
    at.store.unreadable = {5, 4, 3}
    at.digesting.start()
    await at.once()
    assert sorted(at.store.digests) == [0, 1, 2]
    assert [kind for kind, _ in at.written.events] == ["not_digested"] * 3
    # With the next upkeep it is tried again.
    at.store.healed = True
    await at.once()
    assert sorted(at.store.digests) == [0, 1, 2]
    at.hand.time += 24 * 3600
    at.store.unreadable.clear()
    await at.once()
    assert sorted(at.store.digests) == [0, 1, 2, 3, 4, 5]


async def test_it_steps_aside_while_mail_comes_in(scene: Open) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    manners = Manners(lambda: len(pauses) < 3, pause)
    at = scene({1: mail(1)}, DigestingSettings(digest_pause=0.5), manners=manners)
    at.digesting.start()
    await at.once()
    assert pauses[:3] == [0.5] * 3
    assert at.store.puts == [[1]]


async def test_it_does_not_step_aside_for_ever(scene: Open) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    at = scene({1: mail(1)}, DigestingSettings(digest_pauses=4), manners=Manners(lambda: True, pause))
    at.digesting.start()
    await at.once()
    assert len(pauses) >= 4
    assert at.store.puts == [[1]]


async def test_a_store_that_fails_is_asked_again(scene: Open) -> None:
    at = scene({1: mail(1)}, DigestingSettings(digest_retry=0.0))
    at.store.broken = True
    at.digesting.start()
    await at.once()
    assert ("digests_wait", {"id": None, "reason": "the store is closed"}) in at.written.events
    at.store.broken = False
    await at.once()
    assert at.store.puts == [[1]]


async def test_stopping_twice_and_before_the_start(scene: Open) -> None:
    at = scene({1: mail(1)})
    await at.digesting.stop()
    at.digesting.start()
    await at.digesting.stop()
    await at.digesting.stop()


async def test_with_a_real_store(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    large = b"Subject: large\r\n\r\n" + b"line\r\n" * 5_000
    uploads = [Upload(shelf.ann.id, "ann", "INBOX", octets, "test") for octets in (mail(1), large, mail(3))]
    for filed in await shelf.appender.append_all(uploads):
        assert not isinstance(filed, Exception)
    row = await shelf.bench.folder_of(shelf.ann.id)
    ids = [entry.message_id for entry in await shelf.store.entries(row.id)]
    digesting = Digesting(shelf.store, compute(), shelf.pool, shelf.bench.clock, Written().log())
    assert sorted(await shelf.store.undigested(10)) == sorted(ids)
    found = await digesting.of(ids[:2], "envelope")
    assert b'"large"' in found[ids[1]]
    kept = asyncio.Event()
    put_digests = shelf.store.put_digests

    def put_and_tell(digests: Sequence[Digest]) -> "asyncio.Future[None]":
        done = put_digests(digests)
        done.add_done_callback(lambda _: kept.set())
        return done

    monkeypatch.setattr(shelf.store, "put_digests", put_and_tell)
    digesting.start()
    await asyncio.wait_for(kept.wait(), 10)
    await digesting.stop()
    assert sorted(await shelf.store.digested(ids, "structure")) == sorted(ids)
    assert await shelf.store.undigested(10) == []
