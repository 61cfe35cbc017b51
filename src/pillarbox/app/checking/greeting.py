"""How does a mail host greet from outside, and which TLS does it speak? A few short conversations on port 25."""

import asyncio
import ssl
import warnings
from dataclasses import dataclass
from typing import Protocol

from pillarbox.deliver.dial import MODERN
from pillarbox.deliver.peer_chain import presented
from pillarbox.net.dns import Address
from pillarbox.net.tls import why_broken

LINES = 100  # of one reply
LINE = 2_048  # octets
# RFC 8996 and RFC 9325 §4.2: no forward secrecy, or long broken.
_WEAK = "kRSA:3DES:RC4:aNULL:eNULL:@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What one address showed. ``trouble``: why it could not be spoken with; ``chain``: DER, its own first;
    ``trusted``: why its certificate is not to be trusted, "" when it is. ``old``, ``weak``: TLS below 1.2, suites
    without forward secrecy."""

    address: Address
    trouble: str = ""
    starttls: bool = False
    requiretls: bool = False
    version: str = ""
    cipher: str = ""
    compressed: bool = False
    chain: tuple[bytes, ...] = ()
    trusted: str = ""
    old: bool = False
    weak: bool = False


class Prober(Protocol):
    """Who speaks with mail hosts."""

    async def greet(self, host: str, address: Address) -> Greeting:
        """Speak with ``host`` at ``address``; what went wrong is part of the answer."""


@dataclass(frozen=True, slots=True)
class SmtpProber:
    """The real network. ``hostname``: what we call ourselves; ``patience``: seconds for one conversation.
    ``trusting`` believes only certificates of authorities that this machine trusts."""

    hostname: str
    trusting: ssl.SSLContext
    port: int = 25
    patience: float = 20.0

    async def greet(self, host: str, address: Address) -> Greeting:
        """See ``Prober``."""
        try:
            async with asyncio.timeout(self.patience):
                offers, secured = await self._talk(host, address, _any())
        except TimeoutError:
            return Greeting(address, f"no answer within {self.patience:g} seconds")
        except (OSError, EOFError, ValueError) as error:
            return Greeting(address, why_broken(error))
        if secured is None:
            return Greeting(address, requiretls="REQUIRETLS" in offers)
        return Greeting(
            address,
            starttls=True,
            requiretls="REQUIRETLS" in offers,
            version=secured.version() or "",
            cipher=(secured.cipher() or ("", "", 0))[0],
            compressed=secured.compression() is not None,
            chain=tuple(presented(secured)),
            trusted=await self._why_not(host, address, self.trusting),
            old=not await self._why_not(host, address, _old()),
            weak=not await self._why_not(host, address, _weak()),
        )

    async def _why_not(self, host: str, address: Address, context: ssl.SSLContext) -> str:
        """Why no handshake comes about with ``context``; "" when one does."""
        try:
            async with asyncio.timeout(self.patience):
                await self._talk(host, address, context)
        except TimeoutError:
            return "no answer in time"
        except (OSError, EOFError, ValueError) as error:
            return why_broken(error)
        return ""

    async def _talk(
        self, host: str, address: Address, context: ssl.SSLContext
    ) -> tuple[set[str], ssl.SSLObject | None]:
        """What EHLO offers (after STARTTLS, where there is that), and the TLS; OSError, EOFError, ValueError."""
        reader, writer = await asyncio.open_connection(str(address), self.port, limit=LINE)
        try:
            await _reply(reader, b"220")
            offers = await self._ehlo(reader, writer)
            if "STARTTLS" not in offers:
                return offers, None
            writer.write(b"STARTTLS\r\n")
            await _reply(reader, b"220")
            await writer.start_tls(context, server_hostname=host, ssl_handshake_timeout=self.patience)
            offers = await self._ehlo(reader, writer)
            writer.write(b"QUIT\r\n")
            secured = writer.get_extra_info("ssl_object")
            return offers, secured if isinstance(secured, ssl.SSLObject) else None
        finally:
            writer.transport.abort()

    async def _ehlo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> set[str]:
        writer.write(f"EHLO {self.hostname}\r\n".encode("ascii"))
        said = await _reply(reader, b"250")
        return {line[4:].decode("latin-1").strip().upper() for line in said[1:]}


async def _reply(reader: asyncio.StreamReader, code: bytes) -> list[bytes]:
    """The lines of a reply with ``code``; ValueError for another or an endless one, EOFError when nothing comes."""
    found = []
    for _ in range(LINES):
        line = await reader.readuntil(b"\n")
        found.append(line)
        if not line.startswith(code):
            raise ValueError(f"it said {line[:200].decode('latin-1').strip()}")
        if line[3:4] != b"-":
            return found
    raise ValueError("its reply does not end")


def _any() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{MODERN}:ALL:@SECLEVEL=0")
    return context


def _weak() -> ssl.SSLContext:
    context = _any()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_WEAK)
    return context


def _old() -> ssl.SSLContext:
    context = _any()
    with warnings.catch_warnings():  # Python warns of what we want to find out about others
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
