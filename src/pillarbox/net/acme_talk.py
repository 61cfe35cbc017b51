"""How are requests to an ACME server signed, numbered and refused? RFC 8555 §6: nonces, problems, a time to wait."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol

from .acme_keys import Account, Json
from .https import Answer, HttpsError

BAD_NONCES = 5  # how often a request is sent again because its nonce was used up (§6.5)
_PREFIX = "urn:ietf:params:acme:error:"
_JOSE = "application/jose+json"


class AcmeError(Exception):
    """The authority refused, or could not be asked. ``kind``: the type of §6.7 without its prefix, "" when it said
    nothing; ``again``: seconds after which it wants to be asked again, None when it did not say."""

    def __init__(self, words: str, kind: str = "", again: float | None = None) -> None:
        super().__init__(words)
        self.kind = kind
        self.again = again


class Web(Protocol):
    """Who asks."""

    async def ask(self, method: str, url: str, content: bytes = b"", kind: str = "") -> Answer:
        """See ``net.https.Https``; HttpsError."""


@dataclass(frozen=True, slots=True)
class Told:
    """``value``: the object that was answered; ``url``: its address, "" when none was told; ``again``: seconds."""

    value: Mapping[str, Json]
    url: str
    again: float | None
    content: bytes


class Talk:
    """A conversation with one authority. Every method raises AcmeError."""

    def __init__(self, web: Web, directory: str, account: Account, now: float) -> None:
        self._web = web
        self._directory_url = directory
        self._account = account
        self._now = now
        self._directory: Mapping[str, Json] | None = None
        self._nonce = ""
        self.kid = ""

    async def directory(self) -> Mapping[str, Json]:
        """Where what is asked for (§7.1.1)."""
        if self._directory is None:
            self._directory = self._told(await self._ask("GET", self._directory_url)).value
        return self._directory

    async def where(self, name: str) -> str:
        """The address of a resource of the directory."""
        url = (await self.directory()).get(name)
        if not isinstance(url, str):
            raise AcmeError(f"the authority does not say where its {name} is")
        return url

    async def look(self, url: str) -> Told:
        """An unsigned GET (of what is open to all: RFC 9773 §4.1)."""
        return self._told(await self._ask("GET", url))

    async def post(self, url: str, payload: Json) -> Told:
        """A signed request; ``payload`` None asks for the object at ``url`` (§6.3)."""
        for last in [False] * (BAD_NONCES - 1) + [True]:
            header: dict[str, Json] = {"nonce": await self._take_nonce(), "url": url}
            header |= {"kid": self.kid} if self.kid else {"jwk": self._account.jwk}
            answer = await self._ask("POST", url, self._account.sign(header, payload))
            try:
                return self._told(answer)
            except AcmeError as error:
                if error.kind != "badNonce" or last:
                    raise
        raise AssertionError("unreachable")

    async def _take_nonce(self) -> str:
        """§7.2; each is used once."""
        if not self._nonce:
            await self._ask("HEAD", await self.where("newNonce"))
        nonce, self._nonce = self._nonce, ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,512}", nonce):
            raise AcmeError("the authority gives no nonce")
        return nonce

    async def _ask(self, method: str, url: str, content: bytes = b"") -> Answer:
        try:
            answer = await self._web.ask(method, url, content, _JOSE)
        except HttpsError as error:
            raise AcmeError(str(error)) from error
        self._nonce = answer.fields.get("replay-nonce", self._nonce)
        return answer

    def _told(self, answer: Answer) -> Told:
        again = seconds_until(answer.fields.get("retry-after", ""), self._now)
        is_json = "json" in answer.fields.get("content-type", "")
        value = _object(answer.content) if is_json else {}
        if not 200 <= answer.status < 300:  # a redirect would lead a signed request to somebody else
            raise _refused(answer.status, value, again)
        return Told(value, answer.fields.get("location", ""), again, answer.content)


def seconds_until(text: str, now: float) -> float | None:
    """What Retry-After says (RFC 9110 §10.2.3): seconds, or a date; None when it says nothing."""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def _object(content: bytes) -> Mapping[str, Json]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AcmeError(f"the authority's answer cannot be read: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise AcmeError("the authority's answer is no object")
    return value


def _refused(status: int, problem: Mapping[str, Json], again: float | None) -> AcmeError:
    """RFC 9457: with what is wrong with each name."""
    kind = str(problem.get("type", "")).removeprefix(_PREFIX)[:100]
    parts = problem.get("subproblems")
    details = [str(problem.get("detail", ""))]
    if isinstance(parts, list):
        details += [str(part.get("detail", "")) for part in parts if isinstance(part, Mapping)]
    said = "; ".join(detail for detail in details if detail)[:500] or "without a word"
    return AcmeError(f"the authority refused with {status} {kind}: {said}", kind, again)
