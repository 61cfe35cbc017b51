"""Is one file asked for over HTTPS as it should be, and is what cannot be an answer refused?"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from pillarbox.net.https import Answer, Https, HttpsError, HttpsSettings
from pillarbox.testing import FakeResolver

CA = trustme.CA()
NAMES = FakeResolver(hosts={"ca.test": ["127.0.0.1"], "silent.test": None})


@asynccontextmanager
async def serving(answer: bytes, name: str = "ca.test") -> AsyncIterator[tuple[Https, str, list[bytes]]]:
    """A web server that says ``answer`` to everything; who asks it, its address, and what it heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if b"POST" in heard[-1]:
            heard.append(await reader.readexactly(2))
        writer.write(answer)
        if answer.endswith(b"..."):
            await reader.read()  # it never ends
        writer.close()

    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(theirs)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    CA.configure_trust(ours)
    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=theirs)
    async with running:
        port = running.sockets[0].getsockname()[1]
        yield Https(NAMES, lambda: ours, HttpsSettings(0.5, 20)), f"https://ca.test:{port}", heard


async def test_a_request_and_its_answer() -> None:
    async with serving(b"HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 2\r\n\r\nhi") as (web, url, heard):
        assert await web.ask("POST", f"{url}/a?b=c", b"xx", "a/b") == Answer(
            201, {"location": "/a", "content-length": "2"}, b"hi"
        )
        head = heard[0].decode()
        assert head.startswith("POST /a?b=c HTTP/1.1\r\nHost: ca.test:")
        assert "Content-Type: a/b\r\nContent-Length: 2\r\n" in head
        assert heard[1] == b"xx"


async def test_an_answer_to_head_has_no_content_whatever_it_says() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nReplay-Nonce: abc\r\n\r\n...") as (web, url, _):
        assert (await web.ask("HEAD", url)).fields["replay-nonce"] == "abc"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", "more than 20"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 21, "more than 20"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "broken off"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000, "too large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n...", "within 0.5 seconds"),
    ],
)
async def test_what_is_no_answer_is_refused(answer: bytes, said: str) -> None:
    async with serving(answer) as (web, url, _):
        with pytest.raises(HttpsError, match=said):
            await web.ask("GET", url)


async def test_a_certificate_for_another_is_not_believed() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\n\r\n", "other.test") as (web, url, heard):
        with pytest.raises(HttpsError, match=r"ca\.test: the certificate is not to be trusted"):
            await web.ask("GET", url)
        assert heard == []


@pytest.mark.parametrize(
    "url", ["http://ca.test/", "https:///x", "https://ca.test:x/", "https://ca.test/a b", "https://silent.test/",
            "https://none.test/", "ftp:x", "https://[::1/"],
)  # fmt: skip
async def test_addresses_that_lead_nowhere(url: str) -> None:
    with pytest.raises(HttpsError):
        await Https(NAMES, ssl.create_default_context, HttpsSettings(0.5)).ask("GET", url)
