"""What is counted of strangers' mail, who hears of it, and what becomes of the reports that others send us."""

from collections.abc import Sequence
from pathlib import Path

from pillarbox.intake.counting import day_of
from pillarbox.net.clock import SystemClock
from pillarbox.store.rows import QueueFilter
from pillarbox.store.trust_rows import TlsCount
from pillarbox.testing import Box, server

from .checking import USER, letter, lying, names, send, signed, story

DAY = 86_400
HELD = [{"smart_host": "127.0.0.1:1", "tls": "none"}]
SETTINGS = {"checks": {"loopback": True}, "route": HELD}


class MovedClock(SystemClock):
    """The time of day, and days added."""

    days = 0

    def now(self) -> float:
        return super().now() + self.days * DAY


def wanting(domain: str, *addresses: str) -> dict[str, Sequence[bytes] | None]:
    """DNS that asks for reports."""
    rua = ",".join(f"mailto:{address}" for address in addresses)
    return {f"_dmarc.{domain}": [f"v=DMARC1; p=quarantine; rua={rua}".encode()]}


async def look(box: Box) -> None:
    assert box.server.trust is not None
    await box.server.trust.counting.flush()
    await box.server.trust.reporting.look()


async def opened(box: Box) -> None:
    """What came in has been looked into."""
    while tasks := [task for task in box.server.tasks.values() if "ReceivedReports._open" in repr(task)]:
        await tasks[0]


async def queued(box: Box) -> list[str]:
    return [item.recipient for item in await box.server.store.queue_rows(QueueFilter(everything=True))]


async def test_who_asks_for_reports_gets_them_once(tmp_path: Path) -> None:
    clock = MovedClock()
    resolver = names(wanting("sender.example", "dmarc@sender.example", "spy@far.example"))
    async with server(tmp_path, {USER: "a password"}, settings=SETTINGS, resolver=resolver, clock=clock) as box:
        for message in (signed(letter()), signed(letter()), letter()):
            await send(box, message)
        await look(box)
        assert await queued(box) == []  # the day is not over
        clock.days = 1
        await look(box)
        await look(box)
        assert await queued(box) == ["dmarc@sender.example"]
        assert await box.server.store.dmarc_days("9999", 9) == []


async def test_a_report_about_our_own_domain_is_read_and_kept(tmp_path: Path) -> None:
    clock = MovedClock()
    resolver = names(wanting("example.test", USER))
    async with server(tmp_path, {USER: "a password"}, settings=SETTINGS, resolver=resolver, clock=clock) as box:
        await send(box, letter("ann@example.test"), sender="thief@sender.example")
        clock.days = 1
        await look(box)
        [report] = await lying(box)
        assert b"Subject: Report Domain: example.test" in report
        await opened(box)
        [kept] = await box.server.store.reports("dmarc", "example.test", 0, 9)
    assert kept.reporter == "mx.example.test"
    assert '"source_ip": "127.0.0.1"' in kept.document
    assert '"disposition": "quarantine"' in kept.document


async def test_sessions_are_reported_to_those_who_ask(tmp_path: Path) -> None:
    resolver = names({"_smtp._tls.far.example": [b"v=TLSRPTv1; rua=mailto:tls@far.example"]})
    clock = MovedClock()
    async with server(tmp_path, {USER: "a password"}, settings=SETTINGS, resolver=resolver, clock=clock) as box:
        store = box.server.store
        day = day_of(clock.now() - DAY)
        good = TlsCount(day, "far.example", "no-policy-found", (), ())
        await store.count_tls([good, good._replace(result="starttls-not-supported")])
        await look(box)
        await look(box)
        assert await queued(box) == ["tls@far.example"]
        assert "far.example" in await store.reports_sent("tls", day)


async def test_nobody_is_told_when_it_is_off(tmp_path: Path) -> None:
    clock = MovedClock()
    resolver = names(wanting("sender.example", "dmarc@sender.example"))
    off = SETTINGS | {"reports": {"send": False}}
    async with server(tmp_path, {USER: "a password"}, settings=off, resolver=resolver, clock=clock) as box:
        await send(box, signed(letter()))
        clock.days = 1
        await look(box)
        assert await queued(box) == []


async def test_a_broken_report_is_told_of_in_the_story(tmp_path: Path) -> None:
    body = (
        "MIME-Version: 1.0\r\nContent-Type: application/gzip; name=a.xml.gz\r\nContent-Transfer-Encoding: base64\r\n"
        "Subject: Report Domain: example.test Submitter: x Report-ID: 1\r\nFrom: r@far.example\r\n\r\nH4sIAAAA\r\n"
    )
    async with server(tmp_path, {USER: "a password"}, settings=SETTINGS, resolver=names()) as box:
        word = await send(box, body.encode())
        await opened(box)
        told = await story(box, word)
    assert told["report_unreadable"]["name"] == "a.xml.gz"
