"""Is everything counted where it happens, and can it be read from a running server?"""

import asyncio
import smtplib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from deliver.remote import Script, remote
from net.test_dns_resolver import Zone, serving
from pillarbox.observe.log import Fields
from pillarbox.store.interface import StoreUnavailable
from pillarbox.testing import Box, server

from .conftest import Done

Beside: TypeAlias = "Callable[..., asyncio.Future[Done]]"
ANN, PASSWORD = "ann@example.test", "a password"
ANSWERS: dict[bytes, bytes | list[bytes]] = {
    b"RCPT TO:<bad@": b"550 5.1.1 nobody of that name\r\n",
    b"RCPT TO:<later@": b"451 4.7.1 come again\r\n",
}


class Watch:
    """Waits for lines of the log."""

    def __init__(self, box: Box) -> None:
        self.seen: list[str] = []
        self._news = asyncio.Event()
        box.server.log.watch = self._told

    def _told(self, kind: str, _message_id: str | None, _fields: Fields) -> None:
        self.seen.append(kind)
        self._news.set()

    async def until(self, *kinds: str) -> None:
        """Wait until each of ``kinds`` was told as often as it stands there."""
        async with asyncio.timeout(20):
            while any(self.seen.count(kind) < kinds.count(kind) for kind in kinds):
                self._news.clear()
                await self._news.wait()


def submit(port: int, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.login(ANN, PASSWORD)
        client.sendmail(ANN, recipients, "Subject: x\r\nFrom: ann@example.test\r\n\r\nhi\r\n")


def read(text: str) -> dict[str, float]:
    """The values of all counters and gauges, and how often each histogram observed something."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.labels and not sample.name.endswith(("_sum", "_created")):
                found[sample.name.removeprefix("pillarbox_").removesuffix("_total")] = sample.value
    return found


async def test_what_happens_to_mail_is_counted(tmp_path: Path) -> None:
    zone = Zone()
    for name, address in (("far.test", "127.0.0.1"), ("gone.test", "127.0.0.2")):
        zone.records[name, "MX"] = [f"10 mx.{name}."]
        zone.records[f"mx.{name}", "A"] = [address]
    async with serving(zone) as names, remote(Script(answers=ANSWERS)) as far:
        dns = {"servers": [f"127.0.0.1:{names.port}"], "dnssec": "off"}
        settings = {"dns": dns, "delivery": {"port": far.port}}
        async with server(tmp_path, {ANN: PASSWORD}, settings=settings) as box:
            watch = Watch(box)
            to = ("good@far.test", "bad@far.test", "later@far.test", "somebody@gone.test")
            await asyncio.to_thread(submit, box.port("submission"), *to)
            await watch.until("delivered", "bounced", "deferred", "deferred", "received", "received")
            await asyncio.to_thread(submit, box.port("submission"), "good@far.test")
            await watch.until("delivered", "delivered")
            counted = read(box.server.metrics.export())
    assert {name: counted[name] for name in ("deliveries", "bounces", "deferrals", "expiries", "reports")} == {
        "deliveries": 2, "bounces": 1, "deferrals": 2, "expiries": 0, "reports": 1,
    }  # fmt: skip
    assert (counted["recipients_queued"], counted["copies_filed"]) == (5, 1)  # the report to Ann is the copy
    assert counted["delivery_seconds_count"] == 2
    assert counted["connections_made"] == far.connections >= 1
    assert counted["connections_failed"] == 1
    # MX, A, AAAA and _mta-sts of two domains, each asked once; nothing is asked again for the second message.
    assert counted["dns_questions"] == 8
    assert (counted["logins"], counted["messages_accepted"], counted["accept_seconds_count"]) == (2, 2, 2)


async def test_a_handshake_that_fails_is_counted(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        watch = Watch(box)
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        writer.write(b"EHLO a\r\nSTARTTLS\r\n")
        while not (await reader.readline()).startswith(b"220 2.0.0"):
            pass
        writer.write(b"this is no handshake\r\n" * 10)
        await watch.until("tls_failed")
        counted = read(box.server.metrics.export())
        assert (counted["tls_failures"], counted["tls_handshakes"]) == (1, 0)
        writer.close()


async def test_a_running_server_tells_its_metrics(box: Box, beside: Beside) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
    await reader.readline()
    done = await beside("metrics", "--data", str(box.folder))
    assert done.code == 0, done.err
    told = read(done.out)
    assert (told["queue_recipients"], told["connections_open"], told["sessions"]) == (0, 1, 1)
    assert told["store_group"] >= 0
    writer.close()


async def test_metrics_are_told_also_when_the_store_is_in_trouble(box: Box, beside: Beside) -> None:
    async def away() -> int:
        raise StoreUnavailable("the disk is away")

    box.server.store.queue_count = away  # type: ignore[method-assign]
    told = read((await beside("metrics", "--data", str(box.folder))).out)
    assert told["queue_recipients"] != told["queue_recipients"]  # NaN: not known
    assert told["sessions"] == 0
    refused = await beside("status", "--data", str(box.folder))
    assert refused.code == 75
    assert "the disk is away" in refused.err
