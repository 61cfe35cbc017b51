"""Three sessions look at a folder while mail comes and goes: what each was told is in the end what there is.

A machine makes up the story. The reading of the store can be held up, so that several changes are seen at once; now
and then a session leaves and comes back, and hears only what it missed (RFC 7162).
"""

import asyncio
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inbox.live.conftest import Client, Scene, make_scene
from pillarbox.inbox.live.resync import missed
from pillarbox.inbox.live.settings import LiveSettings
from pillarbox.mail.query import NumberSet
from pillarbox.store.rows import CopyOrder, FlagChange

SHORT = settings(max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(SHORT, max_examples=20, stateful_step_count=200)
SOAK_SECONDS = float(os.environ.get("PILLARBOX_MODEL_SECONDS", "600"))

WHO = st.integers(0, 2)
SOME = st.lists(st.integers(0, 30), min_size=1, max_size=6)
MODE = st.sampled_from(["+", "-", ""])
FLAGS = st.integers(0, 31)
KEYWORDS = st.lists(st.sampled_from(["$Work", "$work", "later"]), max_size=2)


class Folder(RuleBasedStateMachine):
    """The folder, its three sessions, and what each of them believes."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.scene: Scene
        self.clients: list[Client] = []
        self.aside = 0

    @initialize(journal=st.sampled_from([3, 20_000]))
    def open(self, journal: int) -> None:
        self.runner.run(self._open(LiveSettings(journal=journal)))

    async def _open(self, bounds: LiveSettings) -> None:
        self.scene = await make_scene(Path(self.place.name) / "store", bounds)
        self.aside = (await self.scene.bench.folder_of(self.scene.account, "Sent")).id
        await self.scene.append(5)
        self.clients = [await self.scene.look(read_only=number == 2) for number in range(3)]

    def teardown(self) -> None:
        if self.clients:
            self.runner.run(self._close())
        self.runner.close()
        self.place.cleanup()

    async def _close(self) -> None:
        await self._settle()
        for client in self.clients:
            await self.scene.leave(client)
        self.scene.live.stop()
        await self.scene.bench.close()

    @property
    def held(self) -> bool:
        return not self.scene.reading.free.is_set()

    @rule()
    def hold(self) -> None:
        """Readings take long."""
        self.scene.reading.free.clear()

    @rule()
    def release(self) -> None:
        """And come in, all at once."""
        self.scene.reading.free.set()

    @rule(count=st.integers(1, 4))
    def arrive(self, count: int) -> None:
        self.runner.run(self.scene.append(count))

    @rule(some=SOME, mode=MODE, flags=FLAGS, keywords=KEYWORDS)
    def mark(self, some: list[int], mode: str, flags: int, keywords: list[str]) -> None:
        """Somebody elsewhere changes flags."""
        self.runner.run(self._mark(some, mode, flags, keywords))

    async def _mark(self, some: list[int], mode: str, flags: int, keywords: list[str]) -> None:
        await self.scene.mark(await self._there(some), mode, flags, *keywords)

    @rule(some=SOME)
    def expunge(self, some: list[int]) -> None:
        self.runner.run(self._expunge(some))

    async def _expunge(self, some: list[int]) -> None:
        await self.scene.expunge(*await self._there(some))

    @rule(some=SOME, back=st.booleans())
    def move(self, some: list[int], back: bool) -> None:
        """Messages go to another folder, and back."""
        self.runner.run(self._move(some, back))

    async def _move(self, some: list[int], back: bool) -> None:
        store, here = self.scene.store, self.scene.folder
        moved = await store.copy(CopyOrder(here, await self._there(some), self.aside, move=True))
        if back and moved.pairs:
            await store.copy(CopyOrder(self.aside, [new for _, new in moved.pairs], here, move=True))

    @precondition(lambda self: not self.held)
    @rule(who=WHO, some=SOME, mode=MODE, flags=FLAGS, keywords=KEYWORDS)
    def store_silently(self, who: int, some: list[int], mode: str, flags: int, keywords: list[str]) -> None:
        """A session changes flags, and reckons with the result itself."""
        self.runner.run(self._store_silently(self.clients[who], some, (mode, flags, keywords)))

    async def _store_silently(self, client: Client, some: list[int], what: tuple[str, int, list[str]]) -> None:
        uids = sorted({client.uids[each % len(client.uids)] for each in some}) if client.uids else []
        change = FlagChange(self.scene.folder, uids, *what)
        done = await self.scene.store.change_flags(change)
        await client.view.mailbox.refresh(done.modseq)
        client.view.known(done.changed, done.modseq, change)
        for uid in uids:
            client.flags[uid] = reckoned(client.flags[uid], change)
        client.hear(expunges=False)

    @rule(who=WHO, expunges=st.booleans())
    def hear(self, who: int, expunges: bool) -> None:
        self.clients[who].hear(expunges=expunges)

    @precondition(lambda self: not self.held)
    @rule(who=WHO, known=st.booleans(), match=st.booleans())
    def come_back(self, who: int, known: bool, match: bool) -> None:
        """A session ends and comes back, with what it remembers."""
        self.runner.run(self._come_back(who, known, match))

    async def _come_back(self, who: int, known: bool, match: bool) -> None:
        old = self.clients[who]
        modseq = old.view.modseq
        await self.scene.leave(old)
        await self.scene.append()
        new = await self.scene.look(read_only=who == 2)
        uids = [uid for uid in old.uids if uid in old.flags]
        pairs = (single(range(1, len(uids) + 1)), single(uids))
        told = await missed(new.view, modseq, single(uids) if known else None, pairs if match else None)
        left = [uid for uid in uids if uid not in told.vanished]
        fetched = [new.view.uids[position] for position in told.changed]
        assert sorted({*left, *fetched} | ({*new.uids} - {*uids} if known else set())) == new.uids
        for uid in left:
            if uid not in fetched:
                assert seen(old.flags[uid]) == seen(new.flags[uid])
        self.clients[who] = new

    @rule()
    def settle(self) -> None:
        """All is read, and everybody asks: everybody knows the truth."""
        self.runner.run(self._settle())

    async def _settle(self) -> None:
        self.scene.reading.free.set()
        await self.clients[0].view.mailbox.refresh()
        truth = {uid: seen(state) for uid, state in (await self.scene.truth()).items()}
        for client in self.clients:
            client.hear()
            assert client.uids == list(truth)
            assert {uid: seen(state) for uid, state in client.flags.items()} == truth
            assert client.view.in_step

    @invariant()
    def uids_rise(self) -> None:
        for client in self.clients:
            assert all(one < two for one, two in zip(client.uids, client.uids[1:], strict=False))

    async def _there(self, some: list[int]) -> list[int]:
        uids = list(await self.scene.truth())
        return sorted({uids[each % len(uids)] for each in some}) if uids else []


def single(numbers: "range | list[int]") -> NumberSet:
    return NumberSet(tuple((each, each) for each in numbers))


def seen(state: tuple[int, str]) -> tuple[int, frozenset[str]]:
    return state[0], frozenset(state[1].lower().split())


def reckoned(state: tuple[int, str], change: FlagChange) -> tuple[int, str]:
    """What a mail program makes of its own STORE."""
    flags, keywords = seen(state)
    words = {word.lower() for word in change.keywords}
    if change.mode == "+":
        return flags | change.flags, " ".join(keywords | words)
    if change.mode == "-":
        return flags & ~change.flags, " ".join(keywords - words)
    return change.flags, " ".join(words)


def test_no_session_ever_believes_what_is_not_so() -> None:
    run_state_machine_as_test(Folder, settings=SHORT)


@pytest.mark.soak
def test_no_session_ever_believes_what_is_not_so_for_long() -> None:
    """``PILLARBOX_MODEL_SECONDS`` says for how long."""
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        run_state_machine_as_test(Folder, settings=LONG)
