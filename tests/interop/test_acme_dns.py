"""Does knot take our changes of DNS (RFC 2136) with the right key only, and does Pebble see them there?"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest

from interop.test_acme import certified, pin_shown, root_of
from peers import need, pebble
from peers.process import Daemon, answers, attached
from peers.world import free_port
from pillarbox.app.checking.pins import pins
from pillarbox.net.acme_update import UpdateKey, UpdateSettings, UpdateSolver
from pillarbox.net.dns_exchange import Server

pytestmark = pytest.mark.interop

SECRET = b64encode(b"a secret of thirty-two octets...").decode()
KEY = f"hmac-sha256:changer:{SECRET}"
ZONE = """\
$TTL 60
@ SOA ns.example.test. hostmaster.example.test. 1 3600 900 86400 60
@ NS ns
ns A 127.0.0.1
mx A 127.0.0.1
mta-sts A 127.0.0.1
"""


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server whose zone example.test may be changed with KEY."""
    need.peers("knotd", "pebble", "pebble-challtestsrv")
    folder, port = tmp_path_factory.mktemp("knot"), free_port()
    (folder / "example.test.zone").write_text(ZONE)
    (folder / "knot.conf").write_text(f"""\
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
database:
    storage: {folder}
log:
  - target: stderr
    any: info
key:
  - id: changer
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: changes
    key: changer
    action: update
zone:
  - domain: example.test
    storage: {folder}
    acl: changes
""")
    with attached(Daemon("knot", [need.program("knotd"), "-c", str(folder / "knot.conf")], folder / "log")) as daemon:
        daemon.wait_ready(lambda: answers(("127.0.0.1", port)))
        yield port


def shown(port: int, name: str) -> list[str]:
    answer = dns.query.tcp(dns.message.make_query(name, "TXT"), "127.0.0.1", 5, port)
    return [record.to_text() for rrset in answer.answer for record in rrset]


async def no_pause(_seconds: float) -> None:
    """The zone has one server, which shows a change at once."""


async def test_a_record_comes_and_goes_and_others_stay(knot: int) -> None:
    settings = UpdateSettings(Server("127.0.0.1", knot), UpdateKey.parse(KEY), 0.0)
    solver = UpdateSolver(settings, no_pause)
    name = "_acme-challenge.deep.mx.example.test"
    await solver.show("deep.mx.example.test", "", b"one")
    await solver.show("deep.mx.example.test", "", b"two")
    assert len(await asyncio.to_thread(shown, knot, name)) == 2
    await solver.hide("deep.mx.example.test", "", b"one")
    assert len(await asyncio.to_thread(shown, knot, name)) == 1
    await solver.hide("deep.mx.example.test", "", b"two")
    assert await asyncio.to_thread(shown, knot, name) == []


@pytest.mark.parametrize("key", [None, UpdateKey("changer", b"another secret"), UpdateKey("nobody", b"secret")])
async def test_who_has_not_the_key_changes_nothing(knot: int, key: UpdateKey | None) -> None:
    solver = UpdateSolver(UpdateSettings(Server("127.0.0.1", knot), key, 0.0), no_pause)
    with pytest.raises(OSError, match=r"refused|did not take"):
        await solver.show("mx.example.test", "", b"one")
    assert await asyncio.to_thread(shown, knot, "_acme-challenge.mx.example.test") == []


async def test_a_zone_that_the_server_does_not_have(knot: int) -> None:
    solver = UpdateSolver(UpdateSettings(Server("127.0.0.1", knot), UpdateKey.parse(KEY), 0.0), no_pause)
    with pytest.raises(OSError, match="refused"):
        await solver.show("mx.other.test", "", b"one")


def test_a_key_that_is_none() -> None:
    for text in ("", "name", "name:", "a:b:c:d", "name:not base64!"):
        with pytest.raises(ValueError, match=r"."):
            UpdateKey.parse(text)
    assert "thirty" not in repr(UpdateKey.parse(KEY))


async def test_pebble_sees_the_change(knot: int, tmp_path: Path) -> None:
    with pebble.serving(tmp_path, dns=knot) as authority:
        (tmp_path / "dns.key").write_text(KEY)
        trusted = await asyncio.to_thread(root_of, authority)
        wish = {"challenge": "dns-01", "dns_server": f"127.0.0.1:{knot}", "dns_key": str(tmp_path / "dns.key")}
        async with certified(tmp_path / "box", authority, **wish) as (box, news):
            await news.issued()
            assert await pin_shown(box, trusted, "mx.example.test") == pins(box.server.loaded)[0]
    assert await asyncio.to_thread(shown, knot, "_acme-challenge.mx.example.test") == []
