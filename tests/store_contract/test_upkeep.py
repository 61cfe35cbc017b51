"""Does the store keep its secrets, copy itself while mail flows, and find what is wrong?"""

import asyncio
from pathlib import Path

import pytest

from pillarbox.store.interface import StoreError
from store_contract.engines import HEAD, Bench


async def test_a_secret_stays_the_same(bench: Bench) -> None:
    first = await bench.store.secret("scram")
    assert len(first) == 32
    assert await bench.store.secret("scram") == first
    assert await bench.store.secret("other") != first
    assert await (await bench.reopen()).secret("scram") == first


async def test_two_who_ask_first_get_the_same_secret(bench: Bench) -> None:
    assert len(set(await asyncio.gather(*(bench.store.secret("same") for _ in range(5))))) == 1


async def test_a_well_store_has_nothing_to_tell(bench: Bench) -> None:
    account = await bench.account()
    await bench.store.accept(bench.local(account, body=bench.large(b"x" * 5000)))
    await bench.store.accept(bench.remote("far@x.example"))
    assert await bench.store.check() == []


async def test_a_backup_holds_what_was_acknowledged_before_it_began(bench: Bench, tmp_path: Path) -> None:
    account = await bench.account()
    octets = {bench.large(b"%d" % n * 2000): b"%d" % n * 2000 for n in range(5)}
    wanted = {(acceptance := bench.local(account, body=path)).message.id: acceptance for path in octets}
    wanted |= {(acceptance := bench.local(account)).message.id: acceptance for _ in range(20)}
    await asyncio.gather(*(bench.store.accept(acceptance) for acceptance in wanted.values()))
    meanwhile = [bench.store.accept(bench.local(account, body=bench.large(b"m" * 2000))) for _ in range(50)]
    await bench.store.backup(tmp_path / "copy")
    await asyncio.gather(*meanwhile)
    await bench.close()
    bench.folder = tmp_path / "copy"
    await bench.open()
    for number, acceptance in wanted.items():
        pieces = [piece async for piece in bench.store.read_slices(number)]
        body = acceptance.message.content.body
        assert b"".join(pieces) == HEAD + (body if isinstance(body, bytes) else octets[body])
    assert (await bench.folder_of(account)).messages >= 25


async def test_a_backup_goes_into_a_new_folder(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        await bench.store.backup(tmp_path / "there")
    with pytest.raises(StoreError):
        await bench.store.backup(tmp_path / "nowhere" / ("x" * 300))


async def test_sweeping_leaves_alone_what_is_in_use(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account, body=bench.large(b"x" * 100))
    await bench.store.accept(acceptance)
    spool = bench.large(b"being written")
    bench.clock.time = 4_000_000_000.0
    assert await bench.store.sweep() == 0
    assert spool.exists()
    assert len([piece async for piece in bench.store.read_slices(acceptance.message.id)]) == 2
