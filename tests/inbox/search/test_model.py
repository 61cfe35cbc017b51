"""Any criteria about any messages: what is found is what a plain look at each message finds."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.search.conftest import Scene
from inbox.search.letters import ADDRESSES, NAMES, WORDS, Letter, Writer
from inbox.search.plain import Known, meets
from pillarbox.inbox.digest import DigestLimits
from pillarbox.inbox.live.view import View
from pillarbox.inbox.search.settings import SearchSettings
from pillarbox.mail import query
from pillarbox.mail.ids import encode
from pillarbox.mail.query import STAR, Criterion, NumberSet, When
from pillarbox.store.rows import FlagChange
from pillarbox.store.sqlite import derived
from store_contract.engines import START, Bench

NUMBER = 50
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class World:
    """A folder of known letters, seen by a session that is in step, and by one that was not told what left."""

    scene: Scene
    letters: dict[int, Letter]
    views: tuple[View, View]
    known: tuple[list[Known], list[Known]]


async def _make(folder: Path) -> World:
    scene = Scene(Bench("sqlite", folder, asyncio.get_running_loop()), ThreadPoolExecutor(1))
    # Some texts are longer than what is kept of them; small slices, so that there are several.
    scene.limits = DigestLimits(index_text=250)
    scene.settings = SearchSettings(search_slice=20, search_batch=2_000, search_turn=0.0)
    await scene.open()
    writer = Writer(7)
    letters = {}
    for number in range(NUMBER):
        scene.bench.clock.time = START + number * 9_000
        letter = writer.letter(number)
        uid = await scene.file(
            letter.octets, prefix=letter.prefix, flags=number % 32, keywords="$Work later" if number % 3 == 0 else ""
        )
        letters[uid] = letter
    lagging = await scene.view()
    await scene.store.expunge(scene.folder, [3, 4, 20, NUMBER], "")
    await scene.store.change_flags(FlagChange(scene.folder, range(1, NUMBER, 7), "+", 4, ["Later"]))
    fresh = await scene.view()
    world = World(scene, letters, (fresh, lagging), ([], []))
    for view, known in zip(world.views, world.known, strict=True):
        known.extend(await _look(world, view))
    return world


async def _look(world: World, view: View) -> list[Known]:
    entries = {entry.uid: entry for entry in await world.scene.store.entries(world.scene.folder)}
    await world.scene.digesting.of([entry.message_id for entry in list(entries.values())[::2]], "preview")
    threads: dict[str, str] = {}
    for entry in entries.values():
        letter = world.letters[entry.uid]
        [thread] = (await world.scene.digesting.of([entry.message_id], "thread")).values()
        # All letters with the same first reference are of one thread, and no others.
        root = (letter.references or [letter.own])[0]
        assert threads.setdefault(root, thread.decode()) == thread.decode()
    assert len(set(threads.values())) == len(threads)
    return [
        Known(
            number,
            entries[uid],
            world.letters[uid],
            threads[(world.letters[uid].references or [world.letters[uid].own])[0]],
            view.is_recent(uid),
        )
        for number, uid in enumerate(view.uids, 1)
        if uid in entries
    ]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module", params=[2, 256])
def world(
    request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """With the index of words asked for all but the fewest messages, and without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derived, "FEW", request.param)
        world = runner.run(_make(tmp_path_factory.mktemp("model") / "store"))
        yield world
        runner.run(world.scene.close())


def _pieces(text: str) -> st.SearchStrategy[str]:
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    return ends.map(lambda pair: text[pair[0] : pair[1]].strip())


NEEDLES = st.one_of(
    st.sampled_from([*WORDS, *NAMES, *ADDRESSES]),
    st.sampled_from([*WORDS, *NAMES, *ADDRESSES]).map(str.swapcase),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join),
    st.sampled_from([*WORDS, *NAMES, *ADDRESSES]).flatmap(_pieces),
    st.sampled_from(
        ["", "über uns", "bounce@", "GRÜSSE@", "delivered-to: user", "forwarded strasse", "multipart", "zz"]
    ),
)
NUMBERS = st.one_of(st.integers(1, NUMBER + 5), st.just(STAR))
SETS = st.builds(
    lambda ranges, saved: NumberSet(tuple((min(pair), max(pair)) for pair in ranges), saved),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=0, max_size=3),
    st.booleans(),
)
WHEN = st.sampled_from(When)
DAYS = st.dates(date(2023, 11, 12), date(2023, 11, 21))
SECONDS = st.integers(1, NUMBER * 10_000)
FIELDS = st.sampled_from(
    ["from", "to", "cc", "bcc", "subject", "x-note", "return-path", "delivered-to", "message-id", "content-type", "x"]
)
FLAGS = ["\\Seen", "\\ANSWERED", "\\Flagged", "\\deleted", "\\Draft", "\\Recent", "$work", "LATER", "none", "\\None"]
TEXTS: st.SearchStrategy[Criterion] = st.one_of(
    st.builds(query.Header, FIELDS, NEEDLES), st.builds(query.Body, NEEDLES), st.builds(query.Text, NEEDLES)
)
LEAVES: st.SearchStrategy[Criterion] = st.one_of(
    TEXTS,
    st.builds(query.Numbers, SETS),
    st.builds(query.Uids, SETS),
    st.builds(query.Marked, st.sampled_from(FLAGS)),
    st.builds(query.Arrived, WHEN, DAYS),
    st.builds(query.Saved, WHEN, DAYS),
    st.builds(query.Sent, WHEN, DAYS),
    st.builds(query.Younger, SECONDS),
    st.builds(query.Older, SECONDS),
    st.builds(query.Larger, st.integers(0, 3_000)),
    st.builds(query.Smaller, st.integers(0, 3_000)),
    st.builds(query.ChangedSince, st.integers(0, NUMBER + 10)),
    st.just(query.Everything()),
    st.just(query.SaveDateSupported()),
)
CRITERIA = st.one_of(
    TEXTS,
    st.recursive(
        LEAVES,
        lambda parts: st.one_of(
            st.builds(lambda some: query.And(tuple(some)), st.lists(parts, max_size=4)),
            st.builds(query.Or, parts, parts),
            st.builds(query.Not, parts),
        ),
        max_leaves=8,
    ),
)


@OFTEN
@given(criterion=CRITERIA, lags=st.booleans(), saved=st.lists(st.integers(1, NUMBER), max_size=5))
def test_what_is_found_is_what_a_look_at_each_message_finds(
    world: World, runner: asyncio.Runner, criterion: Criterion, lags: bool, saved: list[int]
) -> None:
    view, known = world.views[lags], world.known[lags]
    now = world.scene.bench.clock.now()
    largest = _with_largest(view, known)
    expected = [one.number for one in known if meets(one, criterion, largest, now, saved)]
    assert runner.run(world.scene.search(criterion, view, saved)) == expected


def _with_largest(view: View, known: list[Known]) -> list[Known]:
    """The last message counts for ``*`` although it has left: the client knows it still."""
    last = known[-1]
    ghost = Known(len(view.uids), last.entry._replace(uid=view.uids[-1]), last.letter, "", False)
    return [*known, ghost]


def test_object_ids_are_found(world: World, runner: asyncio.Runner) -> None:
    for one in world.known[0]:
        found = runner.run(world.scene.search(query.EmailId("M" + encode(one.entry.message_id)), world.views[0]))
        assert found == [one.number]
        together = [other.number for other in world.known[0] if other.thread == one.thread]
        assert runner.run(world.scene.search(query.ThreadId(one.thread), world.views[0])) == together
    for nobodys in ("", "M", "M" + encode(one.entry.message_id).upper(), encode(one.entry.message_id), "Mnotanidatall"):
        assert runner.run(world.scene.search(query.EmailId(nobodys), world.views[0])) == []
        assert runner.run(world.scene.search(query.ThreadId(nobodys), world.views[0])) == []
