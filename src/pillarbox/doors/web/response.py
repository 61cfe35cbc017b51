"""How is an answer of HTTP/1.1 written? RFC 9112 §4, RFC 9110 §15. Every answer is the last of its connection."""

from http import HTTPStatus
from typing import NamedTuple

TEXT = "text/plain; charset=utf-8"


class Response(NamedTuple):
    """``content`` is sent unless the client asked with HEAD."""

    status: int
    content: bytes
    kind: str = TEXT


def plain(status: int) -> Response:
    """An answer that says no more than its status."""
    return Response(status, f"{status} {HTTPStatus(status).phrase}\r\n".encode())


def encode(response: Response, *, head: bool = False) -> bytes:
    """The octets; ``head``: without the content (RFC 9110 §9.3.2)."""
    allow = "Allow: GET, HEAD\r\n" if response.status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    header = (
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
        f"Content-Type: {response.kind}\r\nContent-Length: {len(response.content)}\r\n{allow}"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return header.encode("ascii") + (b"" if head else response.content)
