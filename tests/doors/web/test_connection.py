"""Does the web door show the policy of our domains, through TLS only, and nothing else?"""

import asyncio
import ssl
from pathlib import Path

import pytest

from pillarbox.deliver import mta_sts
from pillarbox.doors.web.policy import policy_id
from pillarbox.testing import Box, server

LISTENERS = [
    {"kind": "smtp", "address": "127.0.0.1:0"},
    {"kind": "web", "address": "127.0.0.1:0", "tls": "implicit"},
    {"kind": "web", "address": "127.0.0.1:0", "tls": "none"},
]
SETTINGS = {"listener": LISTENERS, "mta_sts": {"mode": "enforce", "max_age": "30d", "more_hosts": ["mx2.example.test"]}}
USERS = {"ann@example.test": "a password"}


def believing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def said(box: Box, listener: int, octets: bytes) -> bytes:
    """All that the listener says to ``octets``, until it closes."""
    secure = believing() if listener == 1 else None
    reader, writer = await asyncio.open_connection("127.0.0.1", box.server.listeners[listener].port, ssl=secure)
    writer.write(octets)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def get(host: str, path: str = "/.well-known/mta-sts.txt", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


async def test_the_policy_is_what_senders_read(tmp_path: Path) -> None:
    async with server(tmp_path, USERS, settings=SETTINGS) as box:
        header, _, content = (await said(box, 1, get("mta-sts.example.test"))).partition(b"\r\n\r\n")
        assert header.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain")
        found = mta_sts.read("example.test", content)
        assert (found.mode, found.max_age) == (mta_sts.Mode.ENFORCE, 30 * 86_400)
        assert found.mx == ("mx.example.test", "mx2.example.test")
        assert mta_sts.version_of([f"v=STSv1; id={policy_id(content)};".encode()]) == policy_id(content)
        head = await said(box, 1, get("mta-sts.example.test", method="HEAD"))
        assert head == header + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("listener", "octets", "status"),
    [
        (2, get("mta-sts.example.test"), 404),
        (1, get("mta-sts.other.test"), 404),
        (1, get("example.test"), 404),
        (1, get("mta-sts.example.test", "/"), 404),
        (1, get("mta-sts.example.test", "/.well-known/acme-challenge/unknown"), 404),
        (1, get("mta-sts.example.test", method="DELETE"), 405),
        (2, b"hello\r\n\r\n", 400),
        (2, b"GET /" + b"a" * 9000, 431),
    ],
)
async def test_nothing_else_is_shown(tmp_path: Path, listener: int, octets: bytes, status: int) -> None:
    async with server(tmp_path, USERS, settings=SETTINGS) as box:
        assert (await said(box, listener, octets)).startswith(b"HTTP/1.1 %d " % status)
        assert box.server.metrics.internal_errors == 0


async def test_an_id_changes_with_the_content() -> None:
    assert policy_id(b"mode: testing") != policy_id(b"mode: enforce")


async def test_a_second_request_in_the_same_octets_is_not_answered(tmp_path: Path) -> None:
    async with server(tmp_path, USERS, settings=SETTINGS) as box:
        answer = await said(box, 2, get("a.test", "/") * 3)
        assert answer.count(b"HTTP/1.1 404") == 1
