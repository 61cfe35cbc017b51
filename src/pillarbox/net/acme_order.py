"""How is a certificate had from an authority? Account, order, challenges, request, certificate. RFC 8555 §7."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .acme_keys import Account, Json, b64
from .acme_talk import AcmeError, Talk, Told

NAMES = 100  # of one certificate; more than authorities take
TOKEN_MAX = 256


class Solver(Protocol):
    """Shows an authority that a name is ours. ``kind``: of challenge, such as "http-01"."""

    @property
    def kind(self) -> str: ...

    async def show(self, name: str, token: str, authorization: bytes) -> None:
        """Make it seen; OSError when it cannot be."""

    async def hide(self, name: str, token: str, authorization: bytes) -> None:
        """It need not be seen any more; OSError."""


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """``agree``: to the authority's terms of service. ``email``: "" for none. ``poll``: seconds between two looks where
    the authority does not say; ``polls``: looks at one thing before it counts as failed; ``poll_longest``: seconds,
    whatever the authority says."""

    agree: bool = False
    email: str = ""
    poll: float = 2.0
    polls: int = 60
    poll_longest: float = 60.0


class Orders:
    """Gets certificates."""

    def __init__(
        self,
        talk: Talk,
        account: Account,
        solver: Solver,
        pause: Callable[[float], Awaitable[None]],
        settings: OrderSettings,
    ) -> None:
        self._talk = talk
        self._account = account
        self._solver = solver
        self._pause = pause
        self._settings = settings

    async def issue(self, names: Sequence[str], request: bytes, replaces: str | None = None) -> bytes:
        """The chain (PEM) for ``names``, whose signing request is ``request`` (DER). AcmeError; OSError of the solver.

        ``replaces``: what ACME calls the certificate that this one takes the place of (RFC 9773 §5).
        """
        await self._sign_in()
        order: dict[str, Json] = {"identifiers": [{"type": "dns", "value": name} for name in names[:NAMES]]}
        if replaces is not None and "renewalInfo" in await self._talk.directory():
            order["replaces"] = replaces
        made = await self._talk.post(await self._talk.where("newOrder"), order)
        for url in _urls(made.value.get("authorizations")):
            await self._authorize(url)
        ready = await self._until(made.url, {"ready", "valid"}, "the order")
        if ready.value.get("status") == "ready":
            await self._talk.post(_url(ready.value.get("finalize")), {"csr": b64(request)})
            ready = await self._until(made.url, {"valid"}, "the certificate")
        chain = (await self._talk.post(_url(ready.value.get("certificate")), None)).content
        if not chain.lstrip().startswith(b"-----BEGIN CERTIFICATE-----"):
            raise AcmeError("what the authority gave is no certificate")
        return chain

    async def _sign_in(self) -> None:
        """§7.3: an account that is there already is found by its key."""
        wish: dict[str, Json] = {"termsOfServiceAgreed": self._settings.agree}
        if self._settings.email:
            wish["contact"] = [f"mailto:{self._settings.email}"]
        self._talk.kid = (await self._talk.post(await self._talk.where("newAccount"), wish)).url
        if not self._talk.kid:
            raise AcmeError("the authority gave no account")

    async def _authorize(self, url: str) -> None:
        """§7.5: prove that a name is ours, unless the authority remembers it."""
        told = await self._talk.post(url, None)
        if told.value.get("status") == "valid":
            return
        identifier = told.value.get("identifier")
        name = str(identifier.get("value", "")) if isinstance(identifier, Mapping) else ""
        challenge = self._challenge(told.value, name)
        token = str(challenge.get("token", ""))
        if not token.replace("-", "").replace("_", "").isalnum() or len(token) > TOKEN_MAX:
            raise AcmeError("the authority's token is none")  # it becomes a part of a path
        authorization = self._account.authorization(token)
        await self._solver.show(name, token, authorization)
        try:
            await self._talk.post(_url(challenge.get("url")), {})
            await self._until(url, {"valid"}, name)
        finally:
            await self._solver.hide(name, token, authorization)

    def _challenge(self, value: Mapping[str, Json], name: str) -> Mapping[str, Json]:
        offered = [each for each in _list(value.get("challenges")) if isinstance(each, Mapping)]
        for challenge in offered:
            if challenge.get("type") == self._solver.kind:
                return challenge
        kinds = ", ".join(str(each.get("type"))[:40] for each in offered[:10])
        raise AcmeError(f"the authority does not check {name} by {self._solver.kind}, but by {kinds or 'nothing'}")

    async def _until(self, url: str, wanted: set[str], what: str) -> Told:
        """Look at ``url`` until its status is one of ``wanted`` (§7.1.6, §7.5.1)."""
        settings = self._settings
        for _ in range(settings.polls):
            told = await self._talk.post(url, None)
            status = told.value.get("status")
            if status in wanted:
                return told
            if status not in {"pending", "processing", "ready"}:
                raise AcmeError(f"{what} became {status}: {_why(told.value)}")
            again = settings.poll if told.again is None else told.again
            await self._pause(min(max(again, settings.poll), settings.poll_longest))
        raise AcmeError(f"{what} was not ready after {settings.polls} looks")


def _why(value: Mapping[str, Json]) -> str:
    """The problem of an order or of the challenges of an authorization."""
    for part in [value, *(each for each in _list(value.get("challenges")) if isinstance(each, Mapping))]:
        problem = part.get("error")
        if isinstance(problem, Mapping):
            return str(problem.get("detail", problem.get("type", "")))[:500]
    return "without a word"


def _list(value: Json) -> Sequence[Json]:
    return value[:NAMES] if isinstance(value, list) else []


def _urls(value: Json) -> list[str]:
    return [_url(each) for each in _list(value)]


def _url(value: Json) -> str:
    if not isinstance(value, str) or not value.startswith("https://"):
        raise AcmeError("the authority's answer lacks an address")
    return value
