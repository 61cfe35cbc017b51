"""A policy comes over HTTPS from the right host, whole, small and soon, or not at all."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from deliver.world import FakeDns
from pillarbox.deliver.mta_sts_fetch import FetchError, FetchSettings, HttpsFetcher
from pillarbox.net.dns import DnsTemporary

POLICY = b"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return authority, file


class Site:
    """A web server that says ``answer`` to whatever comes."""

    def __init__(self, answer: bytes, *, stays: bool = False) -> None:
        self.answer = answer
        self.stays = stays
        self.asked = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        if self.stays:
            await reader.read()
        writer.close()


@asynccontextmanager
async def site(
    ca: trustme.CA, answer: bytes, name: str = "mta-sts.a.test", *, stays: bool = False
) -> AsyncIterator[Site]:
    there = Site(answer, stays=stays)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0, ssl=context)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        await server.wait_closed()


def fetcher(file: Path, port: int, *addresses: str, **settings: object) -> HttpsFetcher:
    dns = FakeDns()
    dns.hosts["mta-sts.a.test"] = list(addresses or ("127.0.0.1",))
    context = ssl.create_default_context(cafile=str(file))
    values: dict[str, object] = {"port": port, "allow_loopback": True, **settings}
    return HttpsFetcher(dns, lambda: context, FetchSettings(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 58\r\n\r\n" + POLICY + b"more",
        OK + b"Connection: close\r\n\r\n" + POLICY,
        OK
        + b"Transfer-Encoding: chunked\r\n\r\n10;x=y\r\n"
        + POLICY[:16]
        + b"\r\n2a\r\n"
        + POLICY[16:]
        + b"\r\n0\r\n\r\n",
    ],
)
async def test_the_ways_in_which_http_gives_a_file(authority: tuple[trustme.CA, Path], answer: bytes) -> None:
    ca, file = authority
    async with site(ca, answer) as there:
        assert await fetcher(file, there.port).fetch("a.test") == POLICY
    assert there.asked.startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.a.test\r\n")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: https://evil.test/\r\nContent-Type: text/plain\r\n\r\n", "status 301"),
        (b"HTTP/1.1 404 None\r\n\r\n", "status 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + POLICY, "not of type text/plain"),
        (OK + b"Content-Length: 70000\r\n\r\n", "more than 65536"),
        (OK + b"\r\n" + b"x" * 70_000, "more than 65536"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", "more than 65536"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nhello\r\n", "cannot be read"),
        (OK + b"Content-Length: 100\r\n\r\nshort", "broken off"),
        (OK + b"X-Long: " + b"x" * 70_000, "too large"),
        (b"SSH-2.0-x\r\n\r\n", "does not speak HTTP"),
        (b"", "broken off"),
    ],
)
async def test_what_is_no_policy_file_is_refused(authority: tuple[trustme.CA, Path], answer: bytes, words: str) -> None:
    ca, file = authority
    async with site(ca, answer) as there:
        with pytest.raises(FetchError, match=words):
            await fetcher(file, there.port).fetch("a.test")


async def test_the_certificate_must_be_for_the_policy_host(authority: tuple[trustme.CA, Path]) -> None:
    ca, file = authority
    async with site(ca, OK + b"\r\n" + POLICY, "www.a.test") as there:
        with pytest.raises(FetchError) as caught:
            await fetcher(file, there.port).fetch("a.test")
    assert caught.value.result == "sts-webpki-invalid"
    async with site(trustme.CA(), OK + b"\r\n" + POLICY) as there:
        with pytest.raises(FetchError) as caught:
            await fetcher(file, there.port).fetch("a.test")
    assert caught.value.result == "sts-webpki-invalid"


async def test_a_dead_address_gives_way_to_the_next(authority: tuple[trustme.CA, Path]) -> None:
    ca, file = authority
    async with site(ca, OK + b"\r\n" + POLICY) as there:
        assert await fetcher(file, there.port, "127.0.0.9", "127.0.0.1").fetch("a.test") == POLICY


async def test_nobody_leads_us_to_our_own_machine(authority: tuple[trustme.CA, Path]) -> None:
    ca, file = authority
    async with site(ca, OK + b"\r\n" + POLICY) as there:
        with pytest.raises(FetchError, match="no address that may be asked"):
            await fetcher(file, there.port, allow_loopback=False).fetch("a.test")
    assert there.asked == b""


async def test_silence_is_waited_for_a_bounded_time(authority: tuple[trustme.CA, Path]) -> None:
    ca, file = authority
    async with site(ca, OK, stays=True) as there:
        with pytest.raises(FetchError, match=r"within 0\.3 seconds"):
            await fetcher(file, there.port, patience=0.3).fetch("a.test")


async def test_dns_that_fails_is_told(authority: tuple[trustme.CA, Path]) -> None:
    dns = FakeDns()
    dns.hosts["mta-sts.a.test"] = DnsTemporary("nobody answers")
    with pytest.raises(FetchError, match="nobody answers"):
        await HttpsFetcher(dns, ssl.create_default_context, FetchSettings()).fetch("a.test")
