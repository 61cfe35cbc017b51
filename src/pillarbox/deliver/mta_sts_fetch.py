"""How is a domain's MTA-STS policy fetched? One GET over HTTPS, checked, bounded, led nowhere else. RFC 8461 §3.3."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pillarbox.net.dns import Address, DnsTemporary, Resolver
from pillarbox.net.https_answer import HEADER, AnswerError, TooLargeError, read_content, read_head
from pillarbox.net.tls import why_broken
from pillarbox.senderauth.tlsrpt import FailureType

from .endpoints import in_turn, is_forbidden

PATH = "/.well-known/mta-sts.txt"
TRIES = 4  # addresses of a host that are tried


class FetchError(Exception):
    """The policy could not be had; ``result`` is the type that RFC 8460 §4.3 has for it."""

    def __init__(self, words: str, result: str = FailureType.STS_POLICY_FETCH_ERROR) -> None:
        super().__init__(words)
        self.result = result


class Fetcher(Protocol):
    """Who fetches policies."""

    async def fetch(self, domain: str) -> bytes:
        """The octets of the domain's policy; FetchError."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """``patience``: seconds for all of it (RFC 8461 §3.3 has 60). ``octets``: of a policy. ``allow_loopback``: for
    tests, like the setting of the same name for mail hosts."""

    patience: float = 60.0
    octets: int = 65_536
    port: int = 443
    allow_loopback: bool = False


class HttpsFetcher:
    """The real web. ``context`` gives a TLS context that believes only certificates of trusted authorities."""

    def __init__(self, resolver: Resolver, context: Callable[[], ssl.SSLContext], settings: FetchSettings) -> None:
        self._resolver = resolver
        self._context = context
        self._settings = settings

    async def fetch(self, domain: str) -> bytes:
        """See ``Fetcher``."""
        host = f"mta-sts.{domain}"
        try:
            async with asyncio.timeout(self._settings.patience):
                return await self._fetch(host, await self._addresses(host))
        except TimeoutError as error:
            raise FetchError(f"{host} gave no policy within {self._settings.patience:g} seconds") from error

    async def _addresses(self, host: str) -> list[Address]:
        """Addresses that may be asked: who writes a domain's DNS must not lead us to our own machine."""
        try:
            answer = await self._resolver.addresses(host)
        except DnsTemporary as error:
            raise FetchError(f"DNS gave no address of {host}: {error}") from error
        allowed = [a for a in in_turn(answer.records) if self._settings.allow_loopback or not is_forbidden(a)]
        if not allowed:
            raise FetchError(f"{host} has no address that may be asked")
        return allowed[:TRIES]

    async def _fetch(self, host: str, addresses: list[Address]) -> bytes:
        for address in addresses[:-1]:
            try:
                return await self._get(host, address)
            except OSError:  # the next may do; what the last one says is what counts
                continue
        try:
            return await self._get(host, addresses[-1])
        except ssl.SSLCertVerificationError as error:
            raise FetchError(f"{host}: {why_broken(error)}", FailureType.STS_WEBPKI_INVALID) from error
        except (OSError, ValueError) as error:
            raise FetchError(f"{host}: {why_broken(error)}") from error

    async def _get(self, host: str, address: Address) -> bytes:
        settings = self._settings
        reader, writer = await asyncio.open_connection(
            str(address), settings.port, ssl=self._context(), server_hostname=host, limit=HEADER
        )
        try:
            request = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
            writer.write(request.encode("ascii"))
            return await read_answer(reader, host, settings.octets)
        finally:
            writer.transport.abort()


async def read_answer(reader: asyncio.StreamReader, host: str, most: int) -> bytes:
    """The file in an answer of HTTP/1.1, of at most ``most`` octets; FetchError says what is wrong with it."""
    try:
        head = await read_head(reader)
        if head.status != 200:  # §3.3: no redirect is followed
            raise FetchError(f"{host} answered with status {head.status} where its policy should be")
        kind = head.fields.get("content-type", "").partition(";")[0]
        if kind.strip().lower() != "text/plain":  # §3.2: so that what users upload to a site is no policy
            raise FetchError(f"{host} gave a policy that is not of type text/plain")
        return await read_content(reader, head, most)
    except TooLargeError as error:
        raise FetchError(f"{host} {error}", FailureType.STS_POLICY_INVALID) from error
    except AnswerError as error:
        raise FetchError(f"{host} {error}") from error
