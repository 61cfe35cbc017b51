"""How does an authority see that a name is ours? In a file on port 80, or in DNS. RFC 8555 §8.3, §8.4."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import sha256

from .acme_keys import b64

HOOK_PATIENCE = 120.0  # seconds that a program may take to change DNS
HOOK_WORDS = 2_000  # characters of what it says that are kept


class HttpSolver:
    """``files``: token to content, what the web door shows."""

    kind = "http-01"

    def __init__(self, files: MutableMapping[str, bytes]) -> None:
        self._files = files

    async def show(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        self._files[token] = authorization

    async def hide(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        self._files.pop(token, None)


class HookSolver:
    """A program changes DNS: ``hook`` are its words; "present" or "remove", the record's name and its text follow.
    ``wait``: seconds until all of the zone's servers show the change."""

    kind = "dns-01"

    def __init__(self, hook: Sequence[str], pause: Callable[[float], Awaitable[None]], wait: float) -> None:
        self._hook = hook
        self._pause = pause
        self._wait = wait

    async def show(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        await self._run("present", name, authorization)
        await self._pause(self._wait)

    async def hide(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        await self._run("remove", name, authorization)

    async def _run(self, what: str, name: str, authorization: bytes) -> None:
        text = b64(sha256(authorization).digest())
        process = await asyncio.create_subprocess_exec(
            *self._hook, what, f"_acme-challenge.{name}", text,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(HOOK_PATIENCE):
                said, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise OSError(f"{self._hook[0]} {what} did not end within {HOOK_PATIENCE:g} seconds") from error
        if process.returncode != 0:
            words = said[-HOOK_WORDS:].decode("utf-8", "replace").strip()
            raise OSError(f"{self._hook[0]} {what} ended with {process.returncode}: {words}")
