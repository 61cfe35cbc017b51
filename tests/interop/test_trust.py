"""What we sign verifies in OpenDKIM, rspamd and dkimpy; what they sign, and seal, verifies in ours."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from intake.checking import USER, lying, results_of, send
from intake.test_signing import PASSWORD, hand_in, look, making
from peers import milter, need, opendkim, rspamd, zone_server
from peers.process import Endpoint
from peers.world import ground
from pillarbox.senderauth import arc, dkim
from pillarbox.senderauth.asking import Check, Kind, Question, Record
from pillarbox.testing import Box, server
from senderauth.letters import chained, digest, parted, rsa
from senderauth.zone import Zone

dkimpy = pytest.importorskip("dkim")

pytestmark = pytest.mark.interop
KEY = dkim.pem(rsa(1024))
THEIR_DOMAINS = ("opendkim.example", "rspamd.example", "dkimpy.example", "ours.example")
BODIES = {
    "plain": b"Hello!\r\n",
    "utf-8": "Grüße an alle,\r\n  wie  geht\tes? \r\n\r\n\r\n".encode(),
    "empty": b"",
    "dots": b".\r\n..\r\n.x\r\nFrom here\r\n" + b"y" * 900 + b"\r\n",
    "large": b"0123456789\r\n" * 60_000,
}
FOLDED = b"Subject: a long\r\n\tand  winding =?utf-8?q?r=C3=B6ad?=\r\nCc: x@example.net,\r\n y@example.net\r\n"


@dataclass(frozen=True, slots=True)
class Peers:
    """``zone`` is what ``dns`` says; OpenDKIM's ``filter`` knows only what is ``published``."""

    zone: Zone
    dns: Endpoint
    filter: Path
    scanner: rspamd.Rspamd

    def publish(self, name: str, text: str) -> None:
        """A key record, for all."""
        self.zone.add(name, "TXT", text)
        opendkim.publish(self.filter, name, text)

    def opendkim(self, message: bytes, client: str = rspamd.STRANGER) -> milter.Answer:
        """What OpenDKIM says."""
        with milter.talking(self.filter, client) as talk:
            return talk.ask(message)

    def dkimpy(self, message: bytes) -> list[bool]:
        """What dkimpy says of each of two signatures."""

        def ask(name: bytes, timeout: float = 5) -> bytes | None:
            answer = self.zone.run(_one(name.decode().removesuffix(".")))
            return answer if isinstance(answer, bytes) else None

        return [dkimpy.DKIM(message).verify(idx=number, dnsfunc=ask) for number in (0, 1)]

    @asynccontextmanager
    async def server(self, folder: Path) -> AsyncIterator[Box]:
        """Our server in this world."""
        names = {"servers": [f"{self.dns[0]}:{self.dns[1]}"], "dnssec": "off"}
        settings = {"checks": {"loopback": True}, "dns": names}
        async with server(folder, {USER: PASSWORD}, settings=settings) as box:
            yield box


def _one(name: str) -> Check[Record | None]:
    [answer] = yield [Question(Kind.TXT, name)]
    return answer.records[0] if answer.records else None


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    """All of them, running."""
    need.peers("opendkim", "rspamd")
    need.root("rspamd changes to a user of its own")
    zone, key = Zone(), dkim.from_pem(KEY)
    with ExitStack() as running:
        place = running.enter_context(ground())
        dns = running.enter_context(zone_server.serving(zone))
        signer = opendkim.Key("opendkim.example", "s", KEY)
        found = Peers(
            zone,
            dns,
            running.enter_context(opendkim.running(place, "opendkim", opendkim.Settings({}, (signer,)))),
            running.enter_context(rspamd.running(place, "rspamd", rspamd.Settings(dns, "s", {"rspamd.example": KEY}))),
        )
        for domain in THEIR_DOMAINS:
            found.publish(f"s._domainkey.{domain}", dkim.record(key))
            zone.add(domain, "TXT", "v=spf1 ip4:192.0.2.0/24 -all")
            zone.add(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=reject")
        yield found


def letter(author: str, body: bytes, more: bytes = b"") -> bytes:
    """A message from ``author``."""
    header = f"From: Ann <{author}>\r\nTo: {USER}\r\nDate: {time.strftime('%a, %d %b %Y %T +0000', time.gmtime())}\r\n"
    return header.encode() + more + f"Message-ID: <1@{author.partition('@')[2]}>\r\n\r\n".encode() + body


async def test_what_our_server_signs_verifies_everywhere(peers: Peers, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        async with peers.server(tmp_path) as box:
            for record in await making(box, pool).records("example.test"):
                peers.publish(record.name, record.text)
            await look(box)
            for body in BODIES.values():
                await hand_in(box, letter(USER, body, FOLDED))
            await hand_in(box, f"From: {USER}\r\n\r\nno more than that\r\n".encode())
            found = await lying(box)
    assert len(found) == len(BODIES) + 1
    for message in found:
        assert opendkim.results(peers.opendkim(message)) == ["pass", "pass"], message[:2000]
        verdict = peers.scanner.ask(message, USER)
        assert [each.partition(":")[0] for each in verdict.symbols["R_DKIM_ALLOW"]] == ["example.test"] * 2
        assert peers.dkimpy(message) == [True, True]
        broken = message.replace(b"To: ", b"To: eve@example.net, ", 1) if b"To: " in message else message + b"x\r\n"
        assert "pass" not in opendkim.results(peers.opendkim(broken))
        assert "R_DKIM_ALLOW" not in peers.scanner.ask(broken, USER).symbols


def by_opendkim(peers: Peers, message: bytes) -> bytes:
    return opendkim.signatures(peers.opendkim(message, opendkim.LOOPBACK)) + message


def by_rspamd(peers: Peers, message: bytes) -> bytes:
    return peers.scanner.ask(message, "ann@rspamd.example", rspamd.LOOPBACK).signed + message


def by_dkimpy(_peers: Peers, message: bytes) -> bytes:
    return bytes(dkimpy.sign(message, b"s", b"dkimpy.example", KEY)) + message


Sign = Callable[[Peers, bytes], bytes]
SIGNERS = pytest.mark.parametrize(
    ("sign", "domain"),
    [(by_opendkim, "opendkim.example"), (by_rspamd, "rspamd.example"), (by_dkimpy, "dkimpy.example")],
)


@SIGNERS
async def test_what_they_sign_verifies_in_our_server(peers: Peers, tmp_path: Path, sign: Sign, domain: str) -> None:
    author = f"ann@{domain}"
    async with peers.server(tmp_path) as box:
        for body in BODIES.values():
            message = sign(peers, letter(author, body, FOLDED))
            assert message.startswith(b"DKIM-Signature:")
            await send(box, message, author)
            await send(box, message.replace(b"winding", b"winking"), author)
        found = [results_of(message)[0] for message in [*await lying(box), *await lying(box, "Junk")]]
    good = [each for each in found if "dkim=pass" in each]
    assert len(good) == len(BODIES)
    assert all("dmarc=pass" in each and f"header.d={domain}" in each for each in good)
    assert sum("dkim=fail" in each and "dmarc=fail" in each for each in found) == len(BODIES)


def sealed_by_us(peers: Peers, message: bytes) -> bytes:
    header, body = parted(message)
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    sealer = arc.Sealer("ours.example", "s", dkim.from_pem(KEY), dkim.SignSettings())
    found = chained(message, peers.zone, time.time())
    return sealer.seal(header, chain, found, b"ours.example; arc=pass", digest(body), time.time()) + message


def sealed_by_rspamd(peers: Peers, message: bytes) -> bytes:
    return peers.scanner.ask(message, "ann@rspamd.example", rspamd.LOOPBACK).sealed + message


@pytest.mark.parametrize(
    "sealers",
    [(sealed_by_us,), (sealed_by_rspamd,), (sealed_by_us, sealed_by_rspamd), (sealed_by_rspamd, sealed_by_us)],
)
def test_chains_of_each_other_are_taken(peers: Peers, sealers: tuple[Sign, ...]) -> None:
    """Whole, and not when the message was changed: here and at rspamd."""
    message = letter("ann@rspamd.example", BODIES["plain"], FOLDED)
    for seal in sealers:
        message = seal(peers, message)
    broken = message.replace(b"winding", b"winking")
    found = chained(message, peers.zone, time.time())
    assert (found.result.value, len(found.sets)) == ("pass", len(sealers)), found
    assert chained(broken, peers.zone, time.time()).result.value == "fail"
    assert "ARC_ALLOW" in peers.scanner.ask(message, "ann@rspamd.example").symbols
    assert "ARC_REJECT" in peers.scanner.ask(broken, "ann@rspamd.example").symbols
