"""Do those who wait share one sync, and does a failing disk never make the store lie?"""

import asyncio
import errno
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from pillarbox.store.interface import StoreFull, StoreUnavailable
from pillarbox.store.rows import Accepted, CopyOrder, FlagChange
from pillarbox.store.sqlite.bodies import Bodies
from store.faulty_vfs import FaultyVfs
from store_contract.engines import BODY, HEAD, Bench


async def recovered(bench: Bench, accept: Callable[[], Awaitable[Accepted]]) -> Accepted:
    """What ``accept`` gives once the store takes writes again; the clock goes on with every refusal."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await accept()
            except StoreUnavailable:
                bench.clock.time += 1


async def test_all_that_wait_share_one_sync(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    first = bench.store.accept(bench.local(account))
    before = vfs.syncs
    # The first may be under way alone; everything else gathers while it syncs.
    await asyncio.gather(first, *(bench.store.accept(bench.local(account, body=b"x")) for _ in range(100)))
    assert vfs.syncs - before <= 8


async def test_a_group_is_bounded_in_octets(bench: Bench, vfs: FaultyVfs) -> None:
    await bench.store.close()
    bench.settings = type(bench.settings)(vfs=vfs.name, group_octets=100_000, checkpoint_octets=1 << 30)
    await bench.open()
    account = await bench.account()
    before = vfs.syncs
    await asyncio.gather(*(bench.store.accept(bench.local(account, body=b"x" * 60_000)) for _ in range(20)))
    assert vfs.syncs - before >= 10


@pytest.mark.parametrize("kind", [apsw.IOError, apsw.CorruptError])
async def test_a_failed_sync_is_never_acknowledged(bench: Bench, vfs: FaultyVfs, kind: type[apsw.Error]) -> None:
    account = await bench.account()
    kept = bench.local(account)
    await bench.store.accept(kept)
    vfs.fail_sync, vfs.on = kind, "-wal"
    results = await asyncio.gather(
        *(bench.store.accept(bench.local(account)) for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert await bench.store.read_small(kept.message.id) == HEAD + BODY
    vfs.heal()
    again = bench.local(account)
    accepted = await recovered(bench, lambda: bench.store.accept(again))
    assert accepted.stored
    await bench.reopen()
    entries = await bench.store.entries(accepted.filed[0].folder_id)
    assert {kept.message.id, again.message.id} <= {entry.message_id for entry in entries}


async def test_nothing_is_acknowledged_before_reopening_succeeded(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    vfs.fail_sync = apsw.IOError
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            await bench.store.accept(bench.local(account))
        bench.clock.time += 0.5
    assert vfs.failures > 3  # it tried to come back
    vfs.heal()
    await recovered(bench, lambda: bench.store.accept(bench.local(account)))


async def test_while_it_is_broken_everyone_is_answered_at_once(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    vfs.fail_sync = apsw.IOError
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await bench.store.accept(bench.local(account))
    tries = vfs.failures
    async with asyncio.timeout(5):
        for _ in range(50):
            with pytest.raises(StoreUnavailable, match="reopened"):
                await bench.store.accept(bench.local(account))
    assert vfs.failures == tries  # the clock stands still: no try was due


async def test_it_comes_back_without_being_asked(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    vfs.fail_sync = apsw.IOError
    with pytest.raises(StoreUnavailable):
        await bench.store.accept(bench.local(account))
    vfs.heal()
    bench.clock.time += 60
    # The writer wakes by itself after its pause; closing waits for it.
    await bench.reopen()
    assert (await bench.store.accept(bench.local(account))).stored


@pytest.mark.parametrize("on", ["-wal", ".db"])
async def test_a_failed_write_is_never_acknowledged(bench: Bench, vfs: FaultyVfs, on: str) -> None:
    account = await bench.account()
    accepted = []
    vfs.fail_write, vfs.on, vfs.good_calls = apsw.IOError, on, 5
    for _ in range(60):
        acceptance = bench.local(account)
        try:
            await bench.store.accept(acceptance)
        except StoreUnavailable:
            vfs.heal()
            bench.clock.time += 1
        else:
            accepted.append(acceptance.message.id)
    assert vfs.failures >= 1
    assert len(accepted) >= 50
    await bench.reopen()
    folder = await bench.folder_of(account)
    assert set(accepted) <= {entry.message_id for entry in await bench.store.entries(folder.id)}


async def test_a_full_disk_refuses_and_comes_back_with_the_space(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    kept = bench.local(account)
    await bench.store.accept(kept)
    vfs.fail_write = apsw.FullError
    spool = bench.large(b"x" * 1000)
    for body in (BODY, spool, BODY):
        with pytest.raises(StoreFull):
            await bench.store.accept(bench.local(account, body=body))
    assert await bench.store.read_small(kept.message.id) == HEAD + BODY
    assert (await bench.folder_of(account)).messages == 1
    assert not list((bench.folder / "blobs").glob("*/*"))
    vfs.heal()
    assert (await bench.store.accept(bench.local(account))).stored
    assert (await bench.folder_of(account)).messages == 2


async def test_no_space_for_a_large_body(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_bodies: Bodies, _number: int, _source: Path) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    account = await bench.account()
    with monkeypatch.context() as patch:
        patch.setattr(Bodies, "take", no_space)
        with pytest.raises(StoreFull):
            await bench.store.accept(bench.local(account, body=bench.large(b"x" * 1000)))
    assert (await bench.store.accept(bench.local(account))).stored


async def test_the_file_of_a_failed_commit_is_swept(bench: Bench, vfs: FaultyVfs) -> None:
    account = await bench.account()
    vfs.fail_sync, vfs.on = apsw.IOError, "-wal"
    failed = bench.local(account, body=bench.large(b"x" * 1000))
    with pytest.raises(StoreUnavailable):
        await bench.store.accept(failed)
    vfs.heal()
    await recovered(bench, lambda: bench.store.accept(bench.local(account)))
    bench.clock.time = 4_000_000_000.0
    # An error at commit does not mean that nothing was stored: the row decides whether the file goes.
    await bench.store.sweep()
    there = await bench.store.message(failed.message.id) is not None
    assert any((bench.folder / "blobs").glob("*/*")) == there


@pytest.mark.parametrize("seed", range(12))
async def test_faults_at_random_moments_lose_nothing_acknowledged(bench: Bench, vfs: FaultyVfs, seed: int) -> None:
    chance = random.Random(seed)
    account = await bench.account()
    acknowledged: set[int] = set()

    async def sender(count: int) -> None:
        for _ in range(count):
            body = bench.large(b"l" * 3000) if chance.random() < 0.1 else b"s" * chance.randrange(9000)
            acceptance = bench.local(account, body=body)
            try:
                await bench.store.accept(acceptance)
            except (StoreFull, StoreUnavailable):
                vfs.heal()
                bench.clock.time += 1
                vfs.good_calls = chance.randrange(40)
                vfs.fail_sync = chance.choice([apsw.IOError, None])
                vfs.fail_write = chance.choice([apsw.IOError, apsw.FullError, None])
            else:
                acknowledged.add(acceptance.message.id)

    vfs.fail_sync, vfs.good_calls = apsw.IOError, 5
    await asyncio.gather(*(sender(20) for _ in range(8)))
    assert vfs.failures
    vfs.heal()
    await recovered(bench, lambda: bench.store.accept(bench.local(account)))
    await bench.reopen()
    folder = await bench.folder_of(account)
    entries = await bench.store.entries(folder.id)
    assert acknowledged <= {entry.message_id for entry in entries}
    for number in acknowledged:
        assert b"".join([piece async for piece in bench.store.read_slices(number)]).startswith(HEAD)


@pytest.mark.parametrize("seed", range(6))
async def test_faults_leave_folders_whole(bench: Bench, vfs: FaultyVfs, seed: int) -> None:
    """Moves, copies, flags and removals that a fault cuts off are done or not done; ``bench.close`` checks the rest."""
    chance = random.Random(seed)
    account = await bench.account()
    folders = [folder.id for folder in await bench.store.folders(account)]
    await asyncio.gather(*(bench.store.accept(bench.local(account, body=b"x" * 100)) for _ in range(30)))

    async def user(count: int) -> None:
        for _ in range(count):
            here, there = chance.sample(folders, 2)
            uids = [chance.randrange(1, 40) for _ in range(5)]
            order = CopyOrder(here, uids, there, chance.random() < 0.7, "[2]")
            change = FlagChange(here, uids, chance.choice("+-"), chance.randrange(32), [chance.choice("abc")])
            try:
                match chance.randrange(4):
                    case 0:
                        await bench.store.copy(order)
                    case 1:
                        await bench.store.change_flags(change)
                    case 2:
                        await bench.store.expunge(here, uids[:1], "[3]")
                    case 3:
                        await bench.store.replace(bench.local(account), here, 1, "[4]")
            except (StoreFull, StoreUnavailable):
                vfs.heal()
                bench.clock.time += 1
                vfs.good_calls = chance.randrange(40)
                vfs.fail_sync = chance.choice([apsw.IOError, None])
                vfs.fail_write = chance.choice([apsw.IOError, apsw.FullError, None])

    vfs.fail_sync, vfs.good_calls = apsw.IOError, 5
    await asyncio.gather(*(user(15) for _ in range(6)))
    assert vfs.failures
    vfs.heal()
    await recovered(bench, lambda: bench.store.accept(bench.local(account)))
    await bench.reopen()


async def test_what_a_failed_commit_may_have_changed_is_told_with_the_next(bench: Bench, vfs: FaultyVfs) -> None:
    first, second = await bench.account("first"), await bench.account("second")
    told: list[frozenset[int]] = []
    bench.store.on_change(told.append)
    vfs.fail_sync, vfs.on = apsw.IOError, "-wal"
    with pytest.raises(StoreUnavailable):
        await bench.store.accept(bench.local(first))
    vfs.heal()
    assert told == []
    await recovered(bench, lambda: bench.store.accept(bench.local(second)))
    assert frozenset().union(*told) == {(await bench.folder_of(first)).id, (await bench.folder_of(second)).id}


async def test_a_mistake_of_ours_does_not_end_the_writer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await bench.account()

    def mistake(_bodies: Bodies) -> None:
        raise RuntimeError("made to fail")

    with monkeypatch.context() as patch:
        patch.setattr(Bodies, "committed", mistake)
        assert (await bench.store.accept(bench.local(account))).stored
        patch.setattr(Bodies, "mark", mistake)
        patch.setattr("pillarbox.store.sqlite.ledger.Ledger.write", mistake)
        bench.clock.time += 1
        with pytest.raises(StoreUnavailable):
            await bench.store.accept(bench.local(account))
    assert (await recovered(bench, lambda: bench.store.accept(bench.local(account)))).stored
