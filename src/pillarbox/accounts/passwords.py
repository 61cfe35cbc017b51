"""Is this the password? Argon2id (RFC 9106) as a PHC string, and beside it a SCRAM verifier (RFC 5802, RFC 7677).

Hashing takes tens of milliseconds on purpose, so it runs in a small pool of its own, never in the event loop, and only
so many checks may wait. A name that does not exist is hashed like one that does. A right password is remembered for
minutes as a keyed digest over the stored hash, so that a change of password ends what was remembered.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from pillarbox.net.clock import Clock
from pillarbox.proto.scram import ITERATIONS, SALT_SIZE, ScramError, derive_verifier, prepare
from pillarbox.store.rows import ScramRow

_T = TypeVar("_T")
_HASH_SIZE = 32
_DECOY = "no account has this password"


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """What a hash costs (OWASP's choice for Argon2id), and how long a right password is remembered."""

    hash_memory: int = 19 * 1024  # KiB
    hash_passes: int = 2
    hash_lanes: int = 1
    scram_iterations: int = ITERATIONS
    password_cache: float = 300.0  # seconds; 0: remember nothing
    password_cache_entries: int = 10_000
    password_length: int = 1_024  # octets of the longest password that is looked at
    hash_waiting: int = 100  # checks that may wait for the pool before others are put off


class PasswordsBusy(Exception):
    """Too many checks wait already: the same one may be made in a moment."""


class PasswordError(ValueError):
    """The password cannot be one; ``str(error)`` says why in words a person can use."""


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """What the store keeps of a password."""

    phc: str
    scram: ScramRow


class Passwords:
    """Makes and checks hashes in ``pool``, at most ``workers`` at a time."""

    def __init__(
        self,
        pool: Executor,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        settings: PasswordSettings | None = None,
        workers: int = 1,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._random = random_bytes
        self._settings = settings or PasswordSettings()
        self._slots = asyncio.Semaphore(workers)
        self._waiting = 0
        self._key = random_bytes(32)
        self._right: dict[bytes, float] = {}
        self._decoy: str | None = None

    @property
    def scram_iterations(self) -> int:
        """How many iterations the verifiers made here have: a decoy must have as many."""
        return self._settings.scram_iterations

    async def hash(self, password: str) -> HashedPassword:
        """What to keep of ``password``; PasswordError when it cannot be one."""
        octets = self._octets(password)
        if octets is None:
            raise PasswordError(
                f"a password has 1 to {self._settings.password_length} octets and no control characters"
            )
        phc = await self._run(lambda: self._derive(octets))
        return HashedPassword(phc, await self._run(lambda: self._scram(password)))

    async def matches(self, password: str, stored: str | None, given_up: Callable[[], bool] | None = None) -> bool:
        """Is ``password`` the one that ``stored`` (a PHC string) was made of? None takes as long and is never right.

        ``given_up`` is asked when it is this check's turn: True leaves the work undone and answers False. Raises
        PasswordsBusy when too many checks wait.
        """
        octets = self._octets(password)
        proof = self.digest(password, stored or "")
        if stored is not None and self._remembered(proof):
            return True
        against = stored or await self._decoy_phc()
        async with self._turn():
            if given_up is not None and given_up():
                return False
            right = await self._in_pool(lambda: _verify(octets or b"\0", against))
        if not right or stored is None or octets is None:
            return False
        self._remember(proof)
        return True

    def digest(self, password: str, context: str) -> bytes:
        """A keyed digest that tells nothing of ``password`` and ends with this process."""
        text = f"{context}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def _octets(self, password: str) -> bytes | None:
        try:
            octets = prepare(password).encode()
        except ScramError:
            return None
        return octets if len(octets) <= self._settings.password_length else None

    def _remembered(self, proof: bytes) -> bool:
        return self._right.get(proof, 0.0) > self._clock.monotonic()

    def _remember(self, proof: bytes) -> None:
        if self._settings.password_cache <= 0:
            return
        self._right.pop(proof, None)
        while len(self._right) >= self._settings.password_cache_entries:
            del self._right[next(iter(self._right))]
        self._right[proof] = self._clock.monotonic() + self._settings.password_cache

    async def _decoy_phc(self) -> str:
        if self._decoy is None:
            self._decoy = await self._run(lambda: self._derive(_DECOY.encode()))
        return self._decoy

    async def _run(self, work: Callable[[], _T]) -> _T:
        async with self._turn():
            return await self._in_pool(work)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= self._settings.hash_waiting:
            raise PasswordsBusy
        self._waiting += 1
        try:
            async with self._slots:
                yield
        finally:
            self._waiting -= 1

    def _in_pool(self, work: Callable[[], _T]) -> "asyncio.Future[_T]":
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _derive(self, octets: bytes) -> str:
        # Imported where it is used: 6 MiB that a server nobody signs in to does not need.
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

        given = self._settings
        kdf = Argon2id(
            salt=self._random(16),
            length=_HASH_SIZE,
            iterations=given.hash_passes,
            lanes=given.hash_lanes,
            memory_cost=given.hash_memory,
        )
        return kdf.derive_phc_encoded(octets)

    def _scram(self, password: str) -> ScramRow:
        made = derive_verifier(password, self._random(SALT_SIZE), self._settings.scram_iterations)
        return ScramRow(made.salt, made.iterations, made.stored_key, made.server_key)


def _verify(octets: bytes, phc: str) -> bool:
    from cryptography.exceptions import InvalidKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    try:
        Argon2id.verify_phc_encoded(octets, phc)
    except (InvalidKey, ValueError):  # a damaged PHC string fits no password either
        return False
    return True
