"""Which certificates did the other side send? Python says it from 3.13 on; before, the object that it wraps knows."""

import ssl
from collections.abc import Callable, Sequence
from typing import Protocol


class _Certificate(Protocol):
    def public_bytes(self, encoding: int, /) -> bytes:
        """The certificate in a form."""


_DER = 2  # _ssl.ENCODING_DER


def presented(connection: object) -> list[bytes]:
    """The chain of a finished handshake as DER, the host's own certificate first; empty when it sent none.

    ``connection``: an ``ssl.SSLObject`` (the "ssl_object" of a transport).
    """
    if not isinstance(connection, ssl.SSLObject):
        return []
    public: Callable[[], Sequence[bytes]] | None = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    wrapped = getattr(connection, "_sslobj", None)
    ask: Callable[[], Sequence[_Certificate] | None] | None = getattr(wrapped, "get_unverified_chain", None)
    if ask is None:  # a Python that is not CPython: only the host's own certificate can be had
        own = connection.getpeercert(binary_form=True)
        return [own] if own else []
    return [certificate.public_bytes(_DER) for certificate in ask() or ()]
