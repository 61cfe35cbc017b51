"""How is one file asked for over HTTPS? One request a connection, bounded, led nowhere else. RFC 9112.

For what the server itself needs of the web; it knows no cookies, no redirects and no proxies.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from .dns import Address, DnsTemporary, Resolver
from .https_answer import HEADER, AnswerError, read_content, read_head
from .tls import why_broken


class HttpsError(Exception):
    """No answer could be had; ``str(error)`` says why, for people."""


@dataclass(frozen=True, slots=True)
class HttpsSettings:
    """``patience``: seconds for one request; ``octets``: of an answer's content."""

    patience: float = 30.0
    octets: int = 262_144


@dataclass(frozen=True, slots=True)
class Answer:
    """``fields`` by name in lower case; of those that come twice, the last."""

    status: int
    fields: Mapping[str, str]
    content: bytes


class Https:
    """Asks. ``context`` gives a TLS context that believes only certificates of trusted authorities."""

    def __init__(self, resolver: Resolver, context: Callable[[], ssl.SSLContext], settings: HttpsSettings) -> None:
        self._resolver = resolver
        self._context = context
        self._settings = settings

    async def ask(self, method: str, url: str, content: bytes = b"", kind: str = "application/octet-stream") -> Answer:
        """The answer to ``method`` on ``url``; HttpsError when there is none."""
        try:
            parts = urlsplit(url)
            port, host = parts.port or 443, (parts.hostname or "").encode("ascii").decode()
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if parts.scheme != "https" or not host or not re.fullmatch(r"[!-~]{1,2048}", target):
                raise HttpsError(f"{url[:200]!r} is no address of HTTPS")
        except ValueError as error:
            raise HttpsError(f"{url[:200]!r} is no address: {error}") from error
        where = host if port == 443 else f"{host}:{port}"
        header = f"{method} {target} HTTP/1.1\r\nHost: {where}\r\nUser-Agent: pillarbox\r\nConnection: close\r\n"
        if content:
            header += f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        try:
            async with asyncio.timeout(self._settings.patience):
                return await self._first(host, port, f"{header}\r\n".encode("ascii") + content)
        except TimeoutError as error:
            raise HttpsError(f"{host} gave no answer within {self._settings.patience:g} seconds") from error

    async def _first(self, host: str, port: int, request: bytes) -> Answer:
        """The answer of the first address that can be connected to."""
        trouble = f"{host} has no address"
        for address in await self._addresses(host):
            try:
                reader, writer = await asyncio.open_connection(
                    str(address), port, ssl=self._context(), server_hostname=host, limit=HEADER
                )
            except OSError as error:  # ssl.SSLError is one
                trouble = f"{host}: {why_broken(error)}"
                continue
            try:
                writer.write(request)
                head = await read_head(reader)
                # RFC 9110 §9.3.2: behind an answer to HEAD is nothing, whatever its fields say.
                bare = request.startswith(b"HEAD ")
                content = b"" if bare else await read_content(reader, head, self._settings.octets)
                return Answer(head.status, head.fields, content)
            except (OSError, AnswerError) as error:
                raise HttpsError(f"{host} {error if isinstance(error, AnswerError) else why_broken(error)}") from error
            finally:
                writer.transport.abort()
        raise HttpsError(trouble)

    async def _addresses(self, host: str) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            return list((await self._resolver.addresses(host)).records)
        except DnsTemporary as error:
            raise HttpsError(f"DNS gave no address of {host}: {error}") from error
