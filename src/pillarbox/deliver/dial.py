"""How is a connection opened and made safe? Over TCP, then TLS; handed in, for tests with a net of their own."""

import asyncio
import ssl
from functools import cached_property
from pathlib import Path
from typing import Protocol

from pillarbox.senderauth.tlsrpt import FailureType

# RFC 9325 §4.2: forward secrecy and authenticated encryption. TLS 1.3 has only such suites, and OpenSSL offers the best
# groups that it has by itself: from 3.5 on X25519MLKEM768, which also quantum computers do not break, is the first.
MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
# X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
_RESULTS = {
    10: FailureType.CERTIFICATE_EXPIRED,
    62: FailureType.CERTIFICATE_HOST_MISMATCH,
    64: FailureType.CERTIFICATE_HOST_MISMATCH,
}


class Dialer(Protocol):
    """Opens connections. OSError (ssl.SSLError and TimeoutError are ones too) says why not."""

    async def connect(self, protocol: asyncio.Protocol, address: str, port: int) -> None:
        """Connect; ``protocol`` gets the transport by ``connection_made``."""

    async def start_tls(
        self,
        transport: asyncio.Transport,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        name: str,
        patience: float,
    ) -> asyncio.Transport:
        """TLS over ``transport``, asking for the certificate of ``name``, within ``patience`` seconds."""


class TcpDialer:
    """The real network."""

    async def connect(self, protocol: asyncio.Protocol, address: str, port: int) -> None:
        """See ``Dialer``."""
        await asyncio.get_running_loop().create_connection(lambda: protocol, address, port)

    async def start_tls(
        self,
        transport: asyncio.Transport,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        name: str,
        patience: float,
    ) -> asyncio.Transport:
        """See ``Dialer``."""
        upgraded = await asyncio.get_running_loop().start_tls(
            transport, protocol, context, server_hostname=name, ssl_handshake_timeout=patience
        )
        if upgraded is None:
            raise ConnectionResetError("the connection was closed during the TLS handshake")
        return upgraded


class TlsContexts:
    """TLS as a client, made when first used: loading certificates costs more than the rest of a start.

    ``trusted``: a PEM file of certificate authorities; None: the system's own (also on Windows and macOS).
    """

    def __init__(self, trusted: Path | None = None) -> None:
        self._trusted = trusted

    @cached_property
    def opportunistic(self) -> ssl.SSLContext:
        """Encrypts, and believes every certificate: better than plain text, which is the alternative (RFC 7435 §3)."""
        context = _believing()
        # Old suites and short keys too: without them the mail would go in clear.
        context.set_ciphers(f"{MODERN}:ECDHE+AES:DHE+AES:RSA+AES:!aNULL:@SECLEVEL=1")
        return context

    @cached_property
    def unchecked(self) -> ssl.SSLContext:
        """Encrypts as ``verified`` does; who it is, the caller finds out from the certificates (DANE)."""
        context = _believing()
        context.set_ciphers(MODERN)
        return context

    @cached_property
    def verified(self) -> ssl.SSLContext:
        """Believes only a certificate that a trusted authority gave for the host's name."""
        if self._trusted is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(self._trusted)
            context.set_ciphers(MODERN)
            return _modern(context)
        import truststore  # noqa: PLC0415  only smart hosts need it

        trusting = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.set_ciphers(MODERN)
        return _modern(trusting)


def result_of(error: Exception) -> str:
    """The type of failure that RFC 8460 §4.3 has for an error of a handshake."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return FailureType.VALIDATION_FAILURE
    return _RESULTS.get(error.verify_code, FailureType.CERTIFICATE_NOT_TRUSTED)


def _believing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _modern(context)


def _modern(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
    return context
