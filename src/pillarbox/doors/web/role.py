"""Which file is whose? The MTA-STS policy of our domains (RFC 8461 §3.3), and the answers to an authority's challenges.

RFC 8555 §8.3: /.well-known/acme-challenge/<token>. Everything else does not exist here.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pillarbox.doors.listening import ListenerRole
from pillarbox.net.client_hello import Hello
from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.store.interface import StoreError

from .policy import PATH, PREFIX, PolicySettings, policy
from .request import Request
from .response import Response, plain

CHALLENGES = "/.well-known/acme-challenge/"
PROTOCOL = b"acme-tls/1"
OCTETS = "application/octet-stream"


class Domains(Protocol):
    """What of the store knows our domains."""

    async def domain(self, name: str) -> object | None: ...


@dataclass(frozen=True, slots=True)
class WebServices:
    """What the door uses. ``challenges``: token to key authorization, those of the moment; ``policy``: None: no
    policy is served. ``proofs``: by name, what is shown to whoever asks for it in the protocol acme-tls/1."""

    clock: Clock
    log: Log
    metrics: Metrics
    domains: Domains
    challenges: Mapping[str, bytes]
    policy: PolicySettings | None
    proofs: Mapping[str, ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``tls``: from the first octet on. ``patience``: seconds that a client may take to ask."""

    tls: bool = False
    patience: float = 20.0


class WebRole(ListenerRole):
    """One listener's role."""

    def __init__(self, name: str, services: WebServices, settings: WebSettings) -> None:
        super().__init__(name, "never", services.clock, services.log, services.metrics)
        self.settings = settings
        self._services = services

    def proof(self, hello: Hello) -> ssl.SSLContext | None:
        """What is shown to an authority that looks for a proof (RFC 8737 §3); None for everybody else."""
        return self._services.proofs.get(hello.name) if PROTOCOL in hello.protocols else None

    async def answer(self, request: Request, *, secure: bool) -> Response:
        """What ``request`` gets; ``secure``: it came through TLS."""
        if request.method not in {"GET", "HEAD"}:
            return plain(405)
        if request.path.startswith(CHALLENGES):
            return self._challenge(request.path.removeprefix(CHALLENGES))
        if request.path == PATH and secure:  # RFC 8461 §3.3: a policy that came in clear means nothing
            return await self._policy(request.host)
        return plain(404)

    def _challenge(self, token: str) -> Response:
        found = self._services.challenges.get(token)
        return plain(404) if found is None else Response(200, found, OCTETS)

    async def _policy(self, host: str) -> Response:
        settings = self._services.policy
        if settings is None or not host.startswith(PREFIX):
            return plain(404)
        try:
            row = await self._services.domains.domain(host.removeprefix(PREFIX))
        except StoreError:
            return plain(503)  # others keep the policy that they have
        return plain(404) if row is None else Response(200, policy(settings))

    def note_answer(self, peer: str, request: Request, status: int) -> None:
        """A request was answered."""
        self.log.event("web_answered", None, peer=peer, host=request.host, path=request.path, status=status)
