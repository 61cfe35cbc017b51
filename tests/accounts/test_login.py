"""Signing in: who is let in, who is not, what they are told, and what that costs."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from accounts.directory_fake import MemoryDirectory, StillClock
from pillarbox.accounts.account import Account
from pillarbox.accounts.login import BUSY, DISABLED, LOCKED, UNAVAILABLE, WRONG, Login, LoginRefused
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.accounts.throttle import Throttle
from pillarbox.proto.scram import ScramVerifier, derive_verifier
from pillarbox.store.interface import StoreUnavailable

HOME, CAFE = "192.0.2.7", "198.51.100.9"
CHEAP = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)


class Notebook:
    """Keeps what would be logged."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, str]]] = []

    def event(self, kind: str, message_id: str | None = None, /, **fields: str) -> None:
        self.events.append((kind, fields))


class Desk:
    """A login with all its parts, and Ann in the directory."""

    def __init__(self, pool: ThreadPoolExecutor, settings: PasswordSettings = CHEAP) -> None:
        self.clock = StillClock()
        self.directory = MemoryDirectory().with_domain("example.org")
        self.ann = self.directory.with_user("ann@example.org", name="Ann")
        self.passwords = Passwords(pool, self.clock, os.urandom, settings)
        self.throttle = Throttle(self.clock)
        self.notebook = Notebook()
        self.login = Login(self.directory, self.passwords, self.throttle, self.clock, self.notebook)

    async def give(self, password: str) -> None:
        made = await self.passwords.hash(password)
        self.ann.password, self.ann.scram = made.phc, made.scram

    async def check(self, user: str, password: str, peer: str = HOME) -> Account | LoginRefused:
        return await self.login.check(user, password, peer, "smtp")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
async def desk(pool: ThreadPoolExecutor) -> Desk:
    desk = Desk(pool)
    await desk.give("right")
    return desk


@pytest.mark.parametrize("user", ["ann@example.org", "Ann@Example.ORG", "ann", " ANN "])
async def test_the_right_password_lets_in(desk: Desk, user: str) -> None:
    assert await desk.check(user, "right") == Account(1, "ann@example.org", "Ann")
    assert desk.notebook.events == [("login", {"user": "ann@example.org", "peer": HOME, "service": "smtp"})]


async def test_the_log_names_the_mechanism_where_the_door_knows_it(desk: Desk) -> None:
    await desk.login.check("ann", "wrong", HOME, "pop3", "PLAIN")
    desk.login.failed("ann@example.org", HOME, "smtp", "SCRAM-SHA-256")
    assert [(kind, fields["mechanism"], fields["why"]) for kind, fields in desk.notebook.events] == [
        ("login_failed", "PLAIN", "wrong password"),
        ("login_failed", "SCRAM-SHA-256", "wrong proof"),
    ]


async def test_a_bare_name_needs_exactly_one_domain(desk: Desk) -> None:
    desk.directory.with_domain("example.net")
    assert await desk.check("ann", "right") == LoginRefused(WRONG, delay=1)


@pytest.mark.parametrize(
    "user", ["ann@example.org", "bob@example.org", "no address at all", "@", "a@b@c", "\0", "ann+x"]
)
async def test_all_failures_look_the_same(desk: Desk, user: str) -> None:
    assert await desk.check(user, "wrong") == LoginRefused(WRONG, delay=1)


async def test_the_log_knows_the_difference(desk: Desk) -> None:
    await desk.check("ann@example.org", "wrong")
    await desk.check("bob@example.org", "wrong")
    assert [fields["why"] for _, fields in desk.notebook.events] == ["wrong password", "no such account"]


async def test_a_user_without_a_password_is_never_let_in(desk: Desk) -> None:
    desk.ann.password = None
    assert await desk.check("ann", "") == LoginRefused(WRONG, delay=1)


async def test_a_switched_off_account_is_told_so_only_with_the_right_password(desk: Desk) -> None:
    desk.ann.enabled = False
    assert await desk.check("ann", "right") == LoginRefused(DISABLED)
    assert await desk.check("ann", "wrong") == LoginRefused(WRONG, delay=1)


async def test_guesses_wait_longer_and_longer_and_then_end(desk: Desk) -> None:
    answers = [await desk.check("ann", f"guess {n}", CAFE) for n in range(11)]
    assert [answer.delay for answer in answers if isinstance(answer, LoginRefused)][:6] == [1, 2, 4, 8, 16, 30]
    assert answers[10] == LoginRefused(LOCKED, temporary=True, lockout=True)
    assert desk.login.locked_out(CAFE) == LoginRefused(LOCKED, temporary=True, lockout=True)
    assert desk.login.locked_out(HOME) is None
    assert await desk.check("ann", "right", CAFE) == LoginRefused(LOCKED, temporary=True, lockout=True)
    assert isinstance(await desk.check("ann", "right", HOME), Account)


async def test_many_guesses_at_once_are_not_hashed_past_the_lock(
    desk: Desk, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.check("nobody@example.org", "x", HOME)  # makes the decoy
    hashed = 0
    submit = pool.submit

    def counting(work: Callable[[], bool]) -> "Future[bool]":
        nonlocal hashed
        hashed += 1
        return submit(work)

    monkeypatch.setattr(pool, "submit", counting)
    answers = await asyncio.gather(*(desk.check("ann", f"guess {n}", CAFE) for n in range(40)))
    assert hashed == 10
    assert sum(isinstance(answer, LoginRefused) and answer.lockout for answer in answers) == 30


async def test_too_many_checks_are_put_off(pool: ThreadPoolExecutor) -> None:
    desk = Desk(pool, PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096, hash_waiting=1))
    await desk.give("right")
    answers = await asyncio.gather(desk.check("ann", "right"), desk.check("ann", "wrong", CAFE))
    assert isinstance(answers[0], Account)
    assert answers[1] == LoginRefused(BUSY, temporary=True)


async def test_a_store_that_does_not_answer_is_a_matter_of_time(desk: Desk) -> None:
    desk.directory.broken = StoreUnavailable("the disk is away")
    refused = LoginRefused(UNAVAILABLE, temporary=True)
    assert await desk.check("ann@example.org", "right") == refused
    assert await desk.login.verifier("ann@example.org", HOME, "pop3") == refused
    assert await desk.login.succeeded("ann@example.org", HOME, "pop3") == refused
    assert desk.notebook.events[0][1]["why"] == "the disk is away"


async def test_scram_gets_the_verifier_and_then_the_account(desk: Desk) -> None:
    verifier = await desk.login.verifier("ann", HOME, "pop3")
    assert isinstance(verifier, ScramVerifier)
    assert verifier == derive_verifier("right", verifier.salt, 4096)
    assert await desk.login.succeeded("ann", HOME, "pop3") == Account(1, "ann@example.org", "Ann")


async def test_scram_gives_strangers_a_decoy_that_never_changes(desk: Desk) -> None:
    once = await desk.login.verifier("bob@example.org", HOME, "pop3")
    again = await desk.login.verifier("BOB@example.org", HOME, "pop3")
    other = await desk.login.verifier("eve@example.org", HOME, "pop3")
    assert isinstance(once, ScramVerifier)
    assert once == again
    assert once != other
    assert once.iterations == 4096
    assert len(once.salt) == 16


async def test_scram_gives_a_user_without_a_verifier_a_decoy(desk: Desk) -> None:
    desk.ann.scram = None
    verifier = await desk.login.verifier("ann@example.org", HOME, "pop3")
    assert isinstance(verifier, ScramVerifier)
    assert verifier == await desk.login.verifier("ann", HOME, "pop3")


async def test_scram_failures_count_too(desk: Desk) -> None:
    await desk.login.verifier("Ann", CAFE, "smtp")
    waits = [desk.login.failed(user, CAFE, "smtp").delay for user in ("ann", "ANN@example.org") * 5]
    assert waits[:3] == [1, 2, 4]
    locked = LoginRefused(LOCKED, temporary=True, lockout=True)
    assert await desk.login.verifier("ann@example.org", CAFE, "smtp") == locked
    assert await desk.login.succeeded("ann@example.org", CAFE, "smtp") == locked


async def test_scram_of_a_user_who_was_removed_meanwhile(desk: Desk) -> None:
    assert await desk.login.succeeded("bob@example.org", CAFE, "smtp") == LoginRefused(WRONG, delay=1)
