"""What does it cost to know who sent a message, and to show that we did? Signing, checking, and accepting with checks.

    sign       the DKIM signature of a 5 KiB message by RSA-2048, against the bare signature of `cryptography`
    check      DKIM, SPF and DMARC of a 5 KiB message whose DNS was asked before, against OpenDKIM and pyspf
    accept     messages a second into an inbox with all checks and with none

Run alone: PYTHONPATH=tests python -m bench.trust
"""

import asyncio
import poplib
import random
import statistics
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple, TypeVar

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bench.load import RECIPIENT, timed
from bench.measure import FAST, Sample, in_turns, more_files, show
from bench.servers import LOOPBACK, PASSWORD, Ours
from peers import milter, need, opendkim, proc, zone_server
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, run
from peers.world import Ground, free_port, ground
from pillarbox.net.clock import SystemClock
from pillarbox.net.dns_asking import Asking, Done
from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_resolver import DnsResolver
from pillarbox.senderauth import dkim, dmarc, spf
from pillarbox.senderauth.asking import Check
from senderauth import spf_peer
from senderauth.spf_cases import Case
from senderauth.zone import Zone

T = TypeVar("T")
COUNT = 300 if FAST else 1_000
MESSAGES = 2_000 if FAST else 6_000
ROUNDS = 3 if FAST else 7
KEY = dkim.make_rsa()
CLIENT = IPv4Address(LOOPBACK)
SENDER = "s@client.test"
HEADER = (
    b"Received: from a.client.test (a.client.test [192.0.2.1])\r\n\tby mx.client.test with ESMTPS id 1234567890\r\n\t"
    b"for <u@bench.test>; Mon, 23 Nov 2026 10:00:00 +0000\r\nFrom: Sender <s@client.test>\r\nTo: u@bench.test\r\n"
    b"Subject: A message of the usual kind\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b"Message-ID: <1234567890@client.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)
BODY = (b"The quick brown  fox jumps over the lazy dog, and so on to the end of the line\r\n") * 64
RECORDS = {
    "s._domainkey.client.test": dkim.record(KEY),
    "client.test": "v=spf1 mx a:a.client.test ip4:127.0.0.0/8 -all",
    "_dmarc.client.test": "v=DMARC1; p=reject; rua=mailto:dmarc@client.test",
}


def main() -> None:
    """Measure and print."""
    more_files()
    with ExitStack() as running:
        endpoint = running.enter_context(zone_server.serving(_zone()))
        place = running.enter_context(ground())
        _sign()
        asyncio.run(_check(endpoint, place))
        _accept(endpoint, place)


def _zone() -> Zone:
    zone = Zone()
    for name, text in RECORDS.items():
        zone.add(name, "TXT", text)
    for name in ("client.test", "a.client.test"):
        zone.add(name, "A", "192.0.2.1")
    zone.add("client.test", "MX", (10, "a.client.test"))
    zone.add("a.client.test", "A", LOOPBACK)
    zone.add(CLIENT.reverse_pointer, "PTR", "a.client.test")
    return zone


class Line(NamedTuple):
    """Microseconds of processor for each of several rounds."""

    name: str
    costs: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.costs)

    def __str__(self) -> str:
        return f"  {self.name:<34}{self.median:>7.1f} us  [{min(self.costs):.1f}-{max(self.costs):.1f}]"


def _turns(runners: Mapping[str, Callable[[], object]], clock: Callable[[], float] = time.process_time) -> list[Line]:
    """Each of ``runners`` many times, in turns; ``clock`` gives seconds of processor."""
    lines = [Line(name, []) for name in runners]
    for _ in range(ROUNDS):
        for line, work in zip(lines, runners.values(), strict=True):
            begin = clock()
            for _ in range(COUNT):
                work()
            line.costs.append((clock() - begin) / COUNT * 1e6)
    for line in lines:
        print(line)
    return lines


def _digest() -> bytes:
    hashes = dkim.BodyHashes([dkim.BODY])
    hashes.update(BODY)
    return hashes.finish()[dkim.BODY].digest


def signed() -> bytes:
    """The message with its signature."""
    return (
        dkim.Signer("client.test", "s", KEY, dkim.SignSettings()).field(HEADER, _digest(), time.time()) + HEADER + BODY
    )


def _sign() -> None:
    print(f"\nSigning a message of {len(HEADER + BODY)} octets with RSA-2048")
    signer, octets = dkim.Signer("client.test", "s", KEY, dkim.SignSettings()), HEADER + BODY
    whole, bare = _turns({
        "Pillarbox: hash, canonicalise, sign": lambda: signer.field(HEADER, _digest(), 1_800_000_000.0),
        "cryptography: sign the same octets": lambda: KEY.sign(octets, PKCS1v15(), SHA256()),
    })  # fmt: skip
    print(f"  = {whole.median / bare.median:.2f} x the bare signature")


def _all_checks(message: bytes) -> Check[tuple[dmarc.Dmarc, spf.Spf]]:
    """DKIM, SPF and DMARC, as intake asks them."""
    allowed = yield from spf.check_host(CLIENT, SENDER, "a.client.test", spf.SpfSettings())
    header, _, body = message.partition(b"\r\n\r\n")
    fields = dkim.Fields(header)
    signatures = dkim.read_fields(fields, dkim.DkimLimits())
    hashes = dkim.BodyHashes(dkim.bodies(signatures))
    hashes.update(body)
    found = yield from dkim.verify(fields, signatures, hashes.finish(), time.time(), dkim.DkimSettings())
    said = yield from dmarc.evaluate(["client.test"], allowed, found, dmarc.DmarcSettings())
    return said, allowed


def _spawn(work: Coroutine[object, object, T]) -> asyncio.Task[T]:
    return asyncio.get_running_loop().create_task(work)


async def _check(endpoint: Endpoint, place: Ground) -> None:
    print("\nDKIM (RSA-2048), SPF and DMARC of the same message, DNS asked before")
    resolver = DnsResolver(lambda: [Server(*endpoint)], SystemClock(), random.Random(1))
    asking, message = Asking(resolver, _spawn), signed()
    asked = asking.run(_all_checks(message))
    said, allowed = asked.value if isinstance(asked, Done) else await asked
    assert (said.aligned_dkim, said.aligned_spf, allowed.result) == (True, True, spf.SpfResult.PASS), said
    _turns({
        "Pillarbox: all three": lambda: _done(asking.run(_all_checks(message))),
        "  of that the bare RSA operation": _bare_verification(),
        "Pillarbox: SPF": lambda: asking.run(spf.check_host(CLIENT, SENDER, "a.client.test", spf.SpfSettings())),
        "pyspf: SPF, DNS in a dictionary": _pyspf(),
    })  # fmt: skip
    await resolver.close()
    _opendkim(place, message)


def _done(run: object) -> None:
    assert isinstance(run, Done), "DNS was asked again"


def _bare_verification() -> Callable[[], object]:
    public, octets = KEY.public_key(), HEADER
    signature = KEY.sign(octets, PKCS1v15(), SHA256())
    return lambda: public.verify(signature, octets, PKCS1v15(), SHA256())


def _pyspf() -> Callable[[], object]:
    """Its check of the same sender; it parses and asks anew each time, as we do."""
    case = Case(CLIENT, SENDER, "a.client.test", _zone())
    assert spf_peer.ask(case).result == "pass"
    return lambda: spf_peer.ask(case)


def _opendkim(place: Ground, message: bytes) -> None:
    """What its process spends on a message; that is the milter protocol and DKIM alone."""
    published = {name: text for name, text in RECORDS.items() if "_domainkey" in name}
    with opendkim.running(place, "opendkim", opendkim.Settings(published)) as socket, milter.talking(socket) as talk:
        assert opendkim.results(talk.ask(message)) == ["pass"]
        pid = opendkim.pid_of(socket)
        _turns({"OpenDKIM: DKIM alone, as a milter": lambda: talk.ask(message)}, lambda: proc.cpu_seconds(pid))


def _accept(endpoint: Endpoint, place: Ground) -> None:
    file = place.folder / "message"
    file.write_bytes(signed().replace(b"\r\n", b"\n"))
    none = "".join(f"{check} = false\n" for check in ("iprev", "spf", "dkim", "arc", "dmarc"))
    with _pillarbox(place, "with", endpoint, "") as ours, _pillarbox(place, "without", endpoint, none) as plain:
        for title, words in (("one message per connection", []), ("connections kept open", ["-d"])):
            runners = {
                "all checks": partial(_load, ours, file, words),
                "no checks": partial(_load, plain, file, words),
            }
            series = in_turns(runners, ROUNDS)
            show(f"Accept a signed message of 5 KiB into an inbox, 50 sessions, DNS asked before, {title}", series)
            print(f"  = {series[0].rate / series[1].rate:.0%} of the rate without checks")
        _was_checked(ours.pop3)


@contextmanager
def _pillarbox(place: Ground, name: str, dns: Endpoint, checks: str) -> Iterator[Ours]:
    """A server that takes loopback for a stranger."""
    smtp, pop3 = (LOOPBACK, free_port()), (LOOPBACK, free_port())
    config = "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "{at[0]}:{at[1]}"\ntls = "none"\n'
        for kind, at in (("smtp", smtp), ("pop3", pop3))
    )
    config += f'[dns]\nservers = ["{dns[0]}:{dns[1]}"]\ndnssec = "off"\n[checks]\nloopback = true\n{checks}'
    box = Pillarbox(place.folder / name)
    box.init("pillarbox.bench.test", "bench.test", config=config)
    box.add_user(RECIPIENT, PASSWORD)
    with box.running() as daemon:
        yield Ours(name, smtp, daemon.pid, daemon.ready_seconds, box, pop3)


def _load(server: Ours, file: Path, more: list[str]) -> Sample:
    words = ["-C", "20", "-s", "50", "-m", str(MESSAGES), "-F", str(file), "-M", "a.client.test", *more]
    words += ["-f", SENDER, "-t", RECIPIENT, f"{server.endpoint[0]}:{server.endpoint[1]}"]

    def work() -> None:
        run([need.program("smtp-source"), *words], seconds=300)

    return timed(server.pid, MESSAGES, work)


def _was_checked(pop3: Endpoint) -> None:
    """What came in passed, or all this measured nothing."""
    session = poplib.POP3(*pop3, timeout=60)
    session.user(RECIPIENT)
    session.pass_(PASSWORD)
    top = b" ".join(session.top(session.stat()[0], 0)[1])
    session.quit()
    if not all(word in top for word in (b"iprev=pass", b"spf=pass", b"dkim=pass", b"dmarc=pass")):
        raise SystemExit(f"the checks did not pass: {top.decode()}")


if __name__ == "__main__":
    main()
