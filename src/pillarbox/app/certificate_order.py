"""How is what gets certificates put together? From the settings and the parts of the server; [acme] asks for it."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING

from pillarbox.deliver.dial import TlsContexts
from pillarbox.net.dns import Resolver
from pillarbox.net.dns_exchange import Server
from pillarbox.net.https import Https, HttpsSettings
from pillarbox.net.tls import Certificates

from .certifying import Certifying, CertifyingSettings, Tools
from .ground import Ground
from .hosting import certificate_names
from .trouble import Exit, Trouble

if TYPE_CHECKING:
    from pillarbox.net.acme_order import Solver
    from pillarbox.net.acme_update import UpdateKey


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the web door shows to an authority: ``files`` by token, ``contexts`` by name."""

    files: dict[str, bytes] = field(default_factory=dict)
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)


def certifying(
    ground: Ground,
    resolver: Resolver,
    certificates: Certificates | None,
    evidence: Evidence,
    pause: Callable[[float], Awaitable[None]],
) -> Certifying | None:
    """Who looks after the certificate; None without [acme]. ``evidence``: what the web door shows."""
    settings = ground.settings
    part = settings.acme
    if not part.directory or certificates is None:
        return None
    from pillarbox.net.acme_order import OrderSettings  # noqa: PLC0415 - 60 ms that only servers with [acme] pay

    contexts = TlsContexts(ground.loaded.folder / part.authorities if part.authorities is not None else None)
    random = SystemRandom().random
    orders = OrderSettings(part.agree, part.email)
    web = Https(resolver, lambda: contexts.verified, HttpsSettings())
    tools = Tools(
        web, _solver(ground, evidence, pause), orders, resolver, certificates,
        ground.platform.private_files, ground.clock, ground.log, random, pause,
    )  # fmt: skip

    async def names() -> Sequence[str]:
        return certificate_names(settings, [row.name for row in await ground.store.domains()])

    return Certifying(ground.loaded.data, names, tools, CertifyingSettings(part.directory))


def _solver(ground: Ground, evidence: Evidence, pause: Callable[[float], Awaitable[None]]) -> "Solver":
    """Who shows the authority that a name is ours; Trouble when the key for that cannot be read."""
    from pillarbox.net.acme_solvers import HookSolver, HttpSolver  # noqa: PLC0415

    part = ground.settings.acme
    if part.challenge == "http-01":
        return HttpSolver(evidence.files)
    if part.challenge == "tls-alpn-01":
        from pillarbox.net.acme_alpn import AlpnSolver  # noqa: PLC0415

        return AlpnSolver(evidence.contexts, ground.clock.now)
    if part.dns_server is None:
        return HookSolver(part.dns_hook, pause, part.dns_wait)
    from pillarbox.net.acme_update import UpdateSettings, UpdateSolver  # noqa: PLC0415

    server = Server(part.dns_server.host, part.dns_server.port)
    return UpdateSolver(UpdateSettings(server, _key(ground), part.dns_wait), pause)


def _key(ground: Ground) -> "UpdateKey | None":
    from pillarbox.net.acme_update import UpdateKey  # noqa: PLC0415

    file = ground.settings.acme.dns_key
    if file is None:
        return None
    try:
        return UpdateKey.parse((ground.loaded.folder / file).read_text("ascii"))
    except (OSError, ValueError) as error:  # binascii.Error is a ValueError
        cure = "write the line of `nsupdate -y` into it: hmac-sha256:name:secret"
        raise Trouble(f"the key in {file} cannot be used", str(error), cure, Exit.CONFIG) from error
