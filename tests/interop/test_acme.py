"""Does Pebble, an authority of ACME, give us certificates: by a file, by DNS, with the same key and with the next?"""

import asyncio
import ssl
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from peers import need, pebble
from pillarbox.app.acme_files import RENEW, ROTATE, folder_of
from pillarbox.app.checking.pins import pins
from pillarbox.deliver.certificates import public_key_info
from pillarbox.testing import Box, FakeResolver, server

pytestmark = pytest.mark.interop

USERS = {"ann@example.test": "a password"}
HOOK = """\
import json, sys, urllib.request
what, name, text = sys.argv[2:]
order = {"present": ("set-txt", {"host": name + ".", "value": text}), "remove": ("clear-txt", {"host": name + "."})}
path, body = order[what]
urllib.request.urlopen(sys.argv[1] + "/" + path, json.dumps(body).encode()).read()
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pebble.Pebble]:
    need.peers("pebble", "pebble-challtestsrv")
    with pebble.serving(tmp_path_factory.mktemp("pebble")) as running:
        yield running


class News:
    """What the log says about certificates."""

    def __init__(self, box: Box) -> None:
        self._found: asyncio.Queue[tuple[str, Mapping[str, object]]] = asyncio.Queue()
        box.server.log.watch = self._seen

    def _seen(self, kind: str, _message: str | None, fields: Mapping[str, object]) -> None:
        if kind.startswith("certificate_"):
            self._found.put_nowait((kind, fields))

    async def issued(self) -> Mapping[str, object]:
        async with asyncio.timeout(20):
            kind, fields = await self._found.get()
        assert kind == "certificate_issued", fields
        return fields


@asynccontextmanager
async def certified(folder: Path, authority: pebble.Pebble, **acme: object) -> AsyncIterator[tuple[Box, News]]:
    listeners = [
        {"kind": "smtp", "address": "127.0.0.1:0"},
        {"kind": "web", "address": f"127.0.0.1:{authority.web}", "tls": "none"},
        {"kind": "web", "address": f"127.0.0.1:{authority.tls}", "tls": "implicit"},
    ]
    wish = {"directory": authority.directory, "agree": True, "authorities": str(authority.trusted), "dns_wait": "0s"}
    names = FakeResolver(hosts={"mta-sts.example.test": ["127.0.0.1"]})
    settings = {"listener": listeners, "acme": wish | acme}

    async def pause(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    async with server(folder, USERS, settings=settings, resolver=names, pause=pause) as box:
        yield box, News(box)


def root_of(authority: pebble.Pebble) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.load_verify_locations(authority.trusted)
    with urllib.request.urlopen(authority.roots, context=asking) as answer:
        context.load_verify_locations(cadata=answer.read().decode())
    return context


async def pin_shown(box: Box, trusted: ssl.SSLContext, name: str) -> bytes:
    """SHA-256 of the key that the web door shows for ``name``, to somebody who trusts the authority only."""
    port = box.server.listeners[2].port
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted, server_hostname=name)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return sha256(public_key_info(der)).digest()


async def test_by_a_file_and_again_with_the_same_key_then_with_the_next(
    tmp_path: Path, authority: pebble.Pebble
) -> None:
    trusted = await asyncio.to_thread(root_of, authority)
    async with certified(tmp_path, authority) as (box, news):
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        await reader.readline()
        assert (await news.issued())["names"] == ["mx.example.test", "mta-sts.example.test"]
        now, following = pins(box.server.loaded)
        assert await pin_shown(box, trusted, "mx.example.test") == now
        assert await pin_shown(box, trusted, "mta-sts.example.test") == now
        writer.write(b"NOOP\r\n")
        assert (await reader.readline()).startswith(b"250")  # who was there before is still there
        writer.close()
        certifying = box.server.certifying
        assert certifying is not None
        assert await certifying.look() > 0  # nothing is due
        (folder_of(tmp_path) / RENEW).touch()
        certifying.wake()
        assert (await news.issued())["new_pair"] is False
        assert pins(box.server.loaded) == (now, following)
        assert await pin_shown(box, trusted, "mx.example.test") == now
        (folder_of(tmp_path) / ROTATE).touch()
        certifying.wake()
        assert (await news.issued())["new_pair"] is True
        assert await pin_shown(box, trusted, "mx.example.test") == following
        assert pins(box.server.loaded)[0] == following
        assert pins(box.server.loaded)[1] not in {now, following}
    async with certified(tmp_path, authority) as (box, _):  # a restart shows it, and asks for nothing
        assert await pin_shown(box, trusted, "mx.example.test") == following


async def test_by_dns_with_a_hook(tmp_path: Path, authority: pebble.Pebble) -> None:
    trusted = await asyncio.to_thread(root_of, authority)
    hook = tmp_path / "hook.py"
    hook.write_text(HOOK)
    words = [sys.executable, str(hook), authority.names]
    async with certified(tmp_path / "box", authority, challenge="dns-01", dns_hook=words) as (box, news):
        await news.issued()
        assert await pin_shown(box, trusted, "mx.example.test") == pins(box.server.loaded)[0]


async def test_by_a_handshake_while_others_get_what_they_always_got(tmp_path: Path, authority: pebble.Pebble) -> None:
    trusted = await asyncio.to_thread(root_of, authority)
    async with certified(tmp_path, authority, challenge="tls-alpn-01") as (box, news):
        assert (await news.issued())["names"] == ["mx.example.test", "mta-sts.example.test"]
        assert await pin_shown(box, trusted, "mx.example.test") == pins(box.server.loaded)[0]
