"""Hashes are Argon2id, are made in the pool, and are remembered only as long as they stand."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.directory_fake import HeldPool, StillClock
from pillarbox.accounts import passwords as module
from pillarbox.accounts.passwords import PasswordError, Passwords, PasswordsBusy, PasswordSettings
from pillarbox.proto.scram import derive_verifier

CHEAP = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def passwords(pool: ThreadPoolExecutor, clock: StillClock) -> Passwords:
    return Passwords(pool, clock, os.urandom, CHEAP)


async def test_a_hash_fits_its_password_only(passwords: Passwords) -> None:
    made = await passwords.hash("correct horse")
    assert made.phc.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await passwords.matches("correct horse", made.phc)
    assert not await passwords.matches("Correct horse", made.phc)
    assert not await passwords.matches("", made.phc)


async def test_the_defaults_are_owasps(pool: ThreadPoolExecutor, clock: StillClock) -> None:
    made = await Passwords(pool, clock, os.urandom).hash("x")
    assert "$m=19456,t=2,p=1$" in made.phc


async def test_the_scram_verifier_is_the_one_of_the_password(passwords: Passwords) -> None:
    scram = (await passwords.hash("correct horse")).scram
    again = derive_verifier("correct horse", scram.salt, scram.iterations)
    assert (scram.stored_key, scram.server_key) == (again.stored_key, again.server_key)
    assert scram.iterations == 4096


async def test_composed_and_decomposed_letters_are_one_password(passwords: Passwords) -> None:
    made = await passwords.hash("caf\u00e9")
    assert await passwords.matches("cafe\u0301", made.phc)


@pytest.mark.parametrize("password", ["", "with\0nul", "line\nend", "x" * 1025])
async def test_what_no_password_can_be(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordError):
        await passwords.hash(password)
    made = await passwords.hash("right")
    assert not await passwords.matches(password, made.phc)


async def test_a_damaged_hash_fits_nothing(passwords: Passwords) -> None:
    assert not await passwords.matches("x", "$argon2id$damaged")


async def test_nobody_costs_what_somebody_costs(clock: StillClock) -> None:
    pool = HeldPool()
    passwords = Passwords(pool, clock, os.urandom, CHEAP)
    await _let_go_until(pool, asyncio.ensure_future(passwords.matches("x", None)))  # makes the decoy
    for stored in (None, passwords._derive(b"other")):
        check = asyncio.ensure_future(passwords.matches("x", stored))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(pool.waiting) == 1, "one hash for the known and the unknown"
        pool.let_go()
        assert await check is False


async def test_the_decoy_is_a_hash_of_the_same_cost_and_fits_nothing(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    verify = module._verify

    def comparing(octets: bytes, phc: str) -> bool:
        compared.append(phc)
        return verify(octets, phc)

    monkeypatch.setattr(module, "_verify", comparing)
    assert not await passwords.matches(module._DECOY, None)
    assert compared[0].startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert verify(module._DECOY.encode(), compared[0]), "it would fit, were there an account"


async def test_a_right_password_is_hashed_once_in_five_minutes(clock: StillClock) -> None:
    pool = HeldPool()
    passwords = Passwords(pool, clock, os.urandom, CHEAP)
    stored = passwords._derive(b"right")
    assert await _let_go_until(pool, asyncio.ensure_future(passwords.matches("right", stored)))
    assert await passwords.matches("right", stored), "without the pool"
    clock.pass_seconds(301)
    check = asyncio.ensure_future(passwords.matches("right", stored))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert pool.waiting
    pool.let_go()
    assert await check


async def test_a_changed_password_is_not_remembered(passwords: Passwords) -> None:
    old, new = await passwords.hash("old"), await passwords.hash("new")
    assert await passwords.matches("old", old.phc)
    assert not await passwords.matches("old", new.phc)


async def test_only_so_many_checks_wait(clock: StillClock) -> None:
    pool = HeldPool()
    passwords = Passwords(pool, clock, os.urandom, PasswordSettings(hash_memory=64, hash_passes=1, hash_waiting=2))
    stored = passwords._derive(b"right")
    checks = [asyncio.ensure_future(passwords.matches("wrong", stored)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy):
        await passwords.matches("wrong", stored)
    assert len(pool.waiting) == 1, "one at a time in the pool"
    for check in checks:
        assert await _let_go_until(pool, check) is False


async def test_who_has_given_up_is_not_hashed_for(passwords: Passwords) -> None:
    made = await passwords.hash("right")
    assert not await passwords.matches("right", made.phc, given_up=lambda: True)
    assert await passwords.matches("right", made.phc, given_up=lambda: False)


async def _let_go_until(pool: HeldPool, check: "asyncio.Future[bool]") -> bool:
    while not check.done():
        await asyncio.sleep(0)
        pool.let_go()
    return check.result()
