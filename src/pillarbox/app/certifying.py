"""When does the server get itself a certificate, with which key, and what when it cannot? Renewed with the same key.

The key stays, so that what DNS says of it (TLSA 3 1 1) stays true; a next key waits beside it and takes over only when
somebody asks for it, which is when DNS has long shown it.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pillarbox.net.clock import Clock
from pillarbox.net.dns import DnsTemporary, Resolver
from pillarbox.net.platform.needs import PrivateFiles
from pillarbox.net.tls import CertificatePaths, Certificates, server_context, why_broken
from pillarbox.observe.log import Log
from pillarbox.store.interface import StoreError

from .acme_files import ACCOUNT, HOST, NEXT_KEY, RENEW, ROTATE, TRIAL, folder_of, paths_of

if TYPE_CHECKING:
    from pillarbox.net.acme_keys import Account
    from pillarbox.net.acme_order import OrderSettings, Solver
    from pillarbox.net.acme_talk import Talk, Web
    from pillarbox.net.acme_window import Window

_CHAIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class CertifyingSettings:
    """``directory``: of the authority; ``look``: seconds between two looks; ``first_retry``, doubled up to
    ``longest_retry``: seconds after a failure. Jitter of a quarter is added to each."""

    directory: str
    look: float = 3_600.0
    first_retry: float = 900.0
    longest_retry: float = 86_400.0


class Names(Protocol):
    """Which names the certificate is for: the host's own first."""

    async def __call__(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """Whom it uses. ``random``: between 0 and 1."""

    web: "Web"
    solver: "Solver"
    orders: "OrderSettings"
    resolver: Resolver
    certificates: Certificates
    files: PrivateFiles
    clock: Clock
    log: Log
    random: Callable[[], float]
    pause: Callable[[float], Awaitable[None]]


class Certifying:
    """Looks after the certificate of ``data``."""

    def __init__(self, data: Path, names: Names, tools: Tools, settings: CertifyingSettings) -> None:
        self._data = data
        self._names = names
        self._tools = tools
        self._settings = settings
        self._woken = asyncio.Event()
        self._failures = 0
        self._not_before = 0.0

    async def run(self) -> None:
        """Look now and then, and when woken, for ever."""
        while True:
            seconds = await self.look()
            self._woken.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def wake(self) -> None:
        """Another process changed something."""
        self._woken.set()

    async def look(self) -> float:
        """Get a certificate if one is due; seconds until the next look."""
        from pillarbox.net.acme_talk import AcmeError  # noqa: PLC0415 - 60 ms that only servers with [acme] pay

        tools, settings = self._tools, self._settings
        folder = folder_of(self._data)
        asked = any((folder / name).exists() for name in (RENEW, ROTATE))
        if not asked and tools.clock.now() < self._not_before:
            return self._not_before - tools.clock.now()
        try:
            seconds = await self._look(asked)
        except (AcmeError, OSError, ValueError, StoreError) as error:
            return self._failed(error, getattr(error, "again", None))
        self._failures, self._not_before = 0, 0.0
        return min(seconds, settings.look)

    def _failed(self, error: Exception, again: float | None) -> float:
        """How long to wait, at least what the authority asks for (RFC 8555 §6.6)."""
        settings = self._settings
        wait = min(settings.first_retry * 2.0**self._failures, settings.longest_retry)
        wait = max(wait, again or 0.0) * (1 + self._tools.random() / 4)
        self._failures = min(self._failures + 1, 20)
        self._not_before = self._tools.clock.now() + wait
        for name in (RENEW, ROTATE):
            (folder_of(self._data) / name).unlink(missing_ok=True)
        reason = why_broken(error) if isinstance(error, ssl.SSLError) else str(error)
        self._tools.log.event("certificate_failed", reason=reason, again_in=round(wait))
        return wait

    async def _look(self, asked: bool) -> float:
        from pillarbox.net.acme_keys import Account, certificate_id, make_key  # noqa: PLC0415
        from pillarbox.net.acme_talk import Talk  # noqa: PLC0415

        tools, folder = self._tools, folder_of(self._data)
        tools.files.make_folder(folder)
        if not (folder / ACCOUNT).exists():
            tools.files.write(folder / ACCOUNT, make_key())
        account = Account((folder / ACCOUNT).read_bytes())
        talk = Talk(tools.web, self._settings.directory, account, tools.clock.now())
        names = await self._wanted()
        key, chain = _parts(folder / HOST)
        if chain and not asked and set(names) <= _names(chain):
            window = await self._window(talk, chain)
            if window.chosen(tools.random) > tools.clock.now():
                return window.again
        if not key or (folder / ROTATE).exists():
            key = self._next(folder, key)
        await self._issue(talk, account, names, key, certificate_id(chain) if chain else None)
        return self._settings.look

    async def _window(self, talk: "Talk", chain: bytes) -> "Window":
        """When to renew. An authority that cannot say so now must not keep us from renewing in time."""
        from pillarbox.net.acme_keys import certificate_id  # noqa: PLC0415
        from pillarbox.net.acme_talk import AcmeError  # noqa: PLC0415
        from pillarbox.net.acme_window import by_life, suggested  # noqa: PLC0415

        known_as = certificate_id(chain)
        try:
            window = await suggested(talk, known_as) if known_as is not None else None
        except AcmeError:
            window = None
        return window or by_life(*_life(chain))

    async def _issue(
        self, talk: "Talk", account: "Account", names: Sequence[str], key: bytes, replaces: str | None
    ) -> None:
        from pillarbox.net.acme_keys import make_key, request  # noqa: PLC0415
        from pillarbox.net.acme_order import Orders  # noqa: PLC0415

        tools, folder = self._tools, folder_of(self._data)
        orders = Orders(talk, account, tools.solver, tools.pause, tools.orders)
        chain = await orders.issue(names, request(key, names), replaces)
        if not set(names) <= _names(chain):
            raise ValueError("the authority gave a certificate for other names")
        before, _ = _parts(folder / HOST)
        self._try_out(folder / TRIAL, key + chain)
        tools.files.write(folder / HOST, key + chain)
        tools.certificates.use(paths_of(self._data))
        next_key = folder / NEXT_KEY
        if not next_key.exists() or next_key.read_bytes() == key:
            tools.files.write(next_key, make_key())
        for name in (RENEW, ROTATE):
            (folder / name).unlink(missing_ok=True)
        tools.log.event(
            "certificate_issued",
            names=list(names),
            ends=round(_life(chain)[1]),
            new_pair=bool(before) and before != key,
        )

    def _try_out(self, file: Path, content: bytes) -> None:
        """What cannot be shown must not take the place of what can (ssl.SSLError)."""
        self._tools.files.write(file, content)
        try:
            server_context(CertificatePaths(file, file))
        finally:
            file.unlink()

    def _next(self, folder: Path, current: bytes) -> bytes:
        """The key that was announced as the next one, or a new one where none is there."""
        from pillarbox.net.acme_keys import make_key  # noqa: PLC0415

        file = folder / NEXT_KEY
        announced = file.read_bytes() if file.exists() else b""
        return announced if announced and announced != current else make_key()

    async def _wanted(self) -> list[str]:
        """The names, without those of policies that DNS does not show yet: one of them would spoil the whole order."""
        first, *others = await self._names()
        return [first, *[name for name in others if await self._is_shown(name)]]

    async def _is_shown(self, name: str) -> bool:
        try:
            return bool((await self._tools.resolver.addresses(name)).records)
        except DnsTemporary:
            return False


def _parts(file: Path) -> tuple[bytes, bytes]:
    """Key and chain of the host's file; empty when it is not there."""
    if not file.exists():
        return b"", b""
    content = file.read_bytes()
    at = content.find(_CHAIN)
    return content[:at], content[at:]


def _names(chain: bytes) -> set[str]:
    from cryptography import x509  # noqa: PLC0415

    leaf = x509.load_pem_x509_certificates(chain)[0]
    try:
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return set(alternative.get_values_for_type(x509.DNSName))


def _life(chain: bytes) -> tuple[float, float]:
    """From when to when it is valid, in POSIX seconds."""
    from cryptography import x509  # noqa: PLC0415

    leaf = x509.load_pem_x509_certificates(chain)[0]
    return leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
