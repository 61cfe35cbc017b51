"""How does `pillarbox doctor` look at the world outside the process: names, ports, certificates?"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from pillarbox.net.clock import SystemClock
from pillarbox.net.dns import DnsTemporary
from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_resolver import DnsResolver, DnsSettings

from .quantities import Endpoint

_PATIENCE = 5.0
_SOON_DAYS = 14
# What a server says first.
_GREETINGS = (b"220", b"421", b"+OK")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a certificate is worth."""

    ok: bool
    text: str
    cure: str = ""


async def look_up(name: str, servers: Sequence[str], patience: float) -> str | None:
    """Ask for the addresses of ``name``; what went wrong, or None. "No such name" is an answer."""
    targets = [Server.parse(server) for server in servers]
    settings = DnsSettings(timeout=patience, rounds=1, total=patience + 1)
    resolver = DnsResolver(lambda: targets, SystemClock(), SystemRandom(), settings)
    try:
        await resolver.mx(name)
    except DnsTemporary as error:
        return str(error)
    finally:
        await resolver.close()
    return None


async def reachable(listener: str, *, implicit_tls: bool) -> str | None:
    """Connect to ``listener`` ("smtp at 127.0.0.1:25") and read its greeting; what went wrong, or None."""
    kind, _, address = listener.partition(" at ")
    where = Endpoint.parse(address)
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(where.host, where.host)  # noqa: S104
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(host, where.port, ssl=_trusting() if implicit_tls else None)
            said = await reader.read(64) if kind != "web" else b""
            writer.close()
    except TimeoutError:
        return f"no answer within {_PATIENCE:g} seconds"
    except OSError as error:
        return str(error)
    return None if kind == "web" or said.startswith(_GREETINGS) else f"it does not greet as {kind} does"


def _trusting() -> ssl.SSLContext:
    """Only whether it answers is asked here; whether its certificate is good is asked elsewhere."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate(file: Path, hostname: str, now: float) -> Seen:
    """Whether the certificate in ``file`` is good for ``hostname``, and how long still."""
    from cryptography import x509  # noqa: PLC0415 - 60 ms that only the doctor pays

    try:
        leaf = x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (OSError, ValueError) as error:
        return Seen(False, f"{file} cannot be read: {error}", "name a PEM file in [tls] certificate")
    days = (leaf.not_valid_after_utc - datetime.fromtimestamp(now, UTC)).days
    until = f"valid until {leaf.not_valid_after_utc:%Y-%m-%d}"
    if days < 0:
        return Seen(False, f"it has expired: {until}", "renew it, then `pillarbox reload`")
    if days < _SOON_DAYS:
        return Seen(False, f"it ends in {days} days: {until}", "renew it, then `pillarbox reload`")
    names = _names(leaf)
    if hostname not in names and f"*.{hostname.partition('.')[2]}" not in names:
        return Seen(False, f"it is for {', '.join(names) or 'no name'}, not for {hostname}", "get one for that name")
    if leaf.issuer == leaf.subject:
        return Seen(True, f"self-signed, {until}: mail programs will ask whether to trust it")
    return Seen(True, until)


def _names(leaf: "object") -> list[str]:
    from cryptography import x509  # noqa: PLC0415

    assert isinstance(leaf, x509.Certificate)
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)
