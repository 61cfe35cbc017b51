"""How is what gets certificates put together? From the settings and the parts of the server; [acme] asks for it."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from random import SystemRandom

from pillarbox.deliver.dial import TlsContexts
from pillarbox.net.dns import Resolver
from pillarbox.net.https import Https, HttpsSettings
from pillarbox.net.tls import Certificates

from .certifying import Certifying, CertifyingSettings, Tools
from .ground import Ground
from .hosting import certificate_names


def certifying(
    ground: Ground,
    resolver: Resolver,
    certificates: Certificates | None,
    challenges: MutableMapping[str, bytes],
    pause: Callable[[float], Awaitable[None]],
) -> Certifying | None:
    """Who looks after the certificate; None without [acme]. ``challenges``: what the web door shows."""
    settings = ground.settings
    part = settings.acme
    if not part.directory or certificates is None:
        return None
    from pillarbox.net.acme_order import OrderSettings  # noqa: PLC0415 - 60 ms that only servers with [acme] pay
    from pillarbox.net.acme_solvers import HookSolver, HttpSolver  # noqa: PLC0415

    contexts = TlsContexts(ground.loaded.folder / part.authorities if part.authorities is not None else None)
    random = SystemRandom().random
    dns = part.challenge == "dns-01"
    solver = HookSolver(part.dns_hook, pause, part.dns_wait) if dns else HttpSolver(challenges)
    orders = OrderSettings(part.agree, part.email)
    tools = Tools(
        Https(resolver, lambda: contexts.verified, HttpsSettings()), solver, orders, resolver, certificates,
        ground.platform.private_files, ground.clock, ground.log, random, pause,
    )  # fmt: skip

    async def names() -> Sequence[str]:
        return certificate_names(settings, [row.name for row in await ground.store.domains()])

    return Certifying(ground.loaded.data, names, tools, CertifyingSettings(part.directory))
