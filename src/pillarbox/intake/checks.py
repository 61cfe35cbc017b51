"""Who really sent this? SPF and the peer's name while the message comes in; signatures and DMARC when it is there.

Only mail from strangers is checked: who signed in, or whose address is trusted, was asked who it is in another way.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from traceback import format_exception

from pillarbox.net.clock import Clock
from pillarbox.net.dns import Address
from pillarbox.net.dns_asking import Asking, Done, Spawning
from pillarbox.net.gate import canonical
from pillarbox.observe.log import Log
from pillarbox.senderauth import arc, dkim, dmarc, dmarc_from, iprev, spf
from pillarbox.senderauth.arc import ArcSettings
from pillarbox.senderauth.asking import Check
from pillarbox.senderauth.dkim import DkimSettings
from pillarbox.senderauth.dmarc import DmarcSettings
from pillarbox.senderauth.dmarc_from import Authors
from pillarbox.senderauth.recall import Recall, RecallSettings
from pillarbox.senderauth.spf import SpfSettings

from .session import Service, Session, Transaction
from .verdicts import NOTHING_CHECKED, Begun, Evidence, Sealable, Verdict, VerdictSettings, judge, value_of

# How much of a file is hashed at a time.
SLICE = 256 * 1024


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Which checks are made, and with which bounds. ``authserv_id``: our name in Authentication-Results (RFC 8601
    §2.5). ``loopback``: peers on this machine are checked too. ``seal``: with ``arc``, what a seal is made of is
    gathered."""

    authserv_id: str = "localhost"
    iprev: bool = True
    spf: bool = True
    dkim: bool = True
    arc: bool = True
    dmarc: bool = True
    seal: bool = False
    loopback: bool = False
    verdict: VerdictSettings = field(default_factory=VerdictSettings)
    spf_bounds: SpfSettings = field(default_factory=SpfSettings)
    dkim_bounds: DkimSettings = field(default_factory=DkimSettings)
    arc_bounds: ArcSettings = field(default_factory=ArcSettings)
    dmarc_bounds: DmarcSettings = field(default_factory=DmarcSettings)
    recall: RecallSettings = field(default_factory=RecallSettings)


class Checks:
    """``begin`` when the first recipient is accepted, ``verdict`` when the message is there."""

    def __init__(
        self, settings: CheckSettings, asking: Asking, clock: Clock, pool: Executor, log: Log, spawn: Spawning
    ) -> None:
        self._settings = settings
        self._asking = asking
        self._clock = clock
        self._pool = pool
        self._log = log
        self._spawn = spawn
        self._names: Recall[iprev.Iprev] = Recall(settings.recall)
        self._allowed: Recall[spf.Spf] = Recall(settings.recall, keep=lambda found: not found.personal)
        self._vouchers: Recall[dmarc.Dmarc] = Recall(settings.recall)

    def begin(self, session: Session, transaction: Transaction) -> None:
        """Ask about the peer and the reverse-path; nobody waits for the answers yet."""
        settings = self._settings
        if session.service is not Service.MX or session.may_relay:
            return
        address = canonical(session.peer)
        if address.is_loopback and not settings.loopback:
            return
        run = self._asking.run
        sender = transaction.envelope.sender_text
        named = run(self._names.check(address, partial(iprev.check, address))) if settings.iprev else None
        allowed = run(self._spf(address, sender, session.hello)) if settings.spf else None
        transaction.begun = Begun(address, named, allowed)

    def _spf(self, address: Address, sender: str, hello: str) -> Check[spf.Spf]:
        key = (address, bool(sender), sender.rpartition("@")[2], hello)
        return self._allowed.check(
            key, partial(spf.check_host, address, sender, hello, self._settings.spf_bounds, self._clock.now())
        )

    def verdict(self, transaction: Transaction) -> Verdict | asyncio.Task[Verdict]:
        """What all checks come to: at once where DNS was asked before and the message lies in memory, else a task.

        The message must be whole, and in its file if it has one. Nothing is raised: where a check fails for a mistake
        of ours, the message counts as not checked.
        """
        begun = transaction.begun
        if begun is None:
            return NOTHING_CHECKED
        if not (begun.are_done and transaction.spool.in_memory):
            return self._spawn(self._later(transaction, begun))
        try:
            examined = Examined.of(transaction.spool.header() or b"", self._settings)
            run = self._asking.run(self._look(begun, examined, examined.hash_octets(transaction.spool.content().body)))
        except Exception as error:  # noqa: BLE001 - mail must not be held up by a mistake in a check
            return self._broken(error)
        return (
            self._judge(run.value, transaction) if isinstance(run, Done) else self._spawn(self._after(run, transaction))
        )

    async def _later(self, transaction: Transaction, begun: Begun) -> Verdict:
        """The way of large messages, and of those whose checks wait for DNS."""
        try:
            waited = [run for run in (begun.iprev, begun.spf) if isinstance(run, asyncio.Task)]
            if waited:
                await asyncio.wait(waited)
            examined = Examined.of(transaction.spool.header() or b"", self._settings)
            body = transaction.spool.content().body
            if isinstance(body, Path):
                loop = asyncio.get_running_loop()
                hashes = await loop.run_in_executor(self._pool, examined.hash_file, body)
            else:
                hashes = examined.hash_octets(body)
            run = self._asking.run(self._look(begun, examined, hashes))
        except Exception as error:  # noqa: BLE001 - the same
            return self._broken(error)
        return self._judge(run.value, transaction) if isinstance(run, Done) else await self._after(run, transaction)

    async def _after(self, run: asyncio.Task[Evidence], transaction: Transaction) -> Verdict:
        try:
            evidence = await run
        except Exception as error:  # noqa: BLE001 - the same
            return self._broken(error)
        return self._judge(evidence, transaction)

    def _look(self, begun: Begun, examined: "Examined", hashes: dkim.Hashes) -> Check[Evidence]:
        """Everything that the message itself is asked, with the answers of ``begun``."""
        settings, now = self._settings, self._clock.now()
        named = value_of(begun.iprev) if begun.iprev is not None else None
        allowed = value_of(begun.spf) if begun.spf is not None else None
        signed: tuple[dkim.DkimResult, ...] = ()
        if examined.signatures:
            signed = yield from dkim.verify(examined.fields, examined.signatures, hashes, now, settings.dkim_bounds)
        chain = None
        if examined.chain is not None:
            chain = yield from arc.verify(examined.fields, examined.chain, hashes, now, settings.arc_bounds)
        vouched = None
        if settings.dmarc:
            vouched = yield from self._vouched(examined.authors(), allowed, signed)
        return Evidence(begun.address, named, allowed, signed, chain, vouched, examined.sealable(hashes))

    def _vouched(
        self, authors: Authors, allowed: spf.Spf | None, signed: Sequence[dkim.DkimResult]
    ) -> Check[dmarc.Dmarc]:
        if authors.fault is not None:
            return dmarc.Dmarc(dmarc.DmarcResult.PERMERROR, "", authors.fault)
        key = dmarc.key(authors.domains, allowed, signed)
        make = partial(dmarc.evaluate, authors.domains, allowed, signed, self._settings.dmarc_bounds)
        return (yield from self._vouchers.check(key, make))

    def _judge(self, evidence: Evidence, transaction: Transaction) -> Verdict:
        return judge(evidence, self._settings.authserv_id, self._settings.verdict, transaction.chapter)

    def _broken(self, error: Exception) -> Verdict:
        self._log.event("check_failed", None, reason="".join(format_exception(error)))
        return NOTHING_CHECKED


@dataclass(frozen=True, slots=True)
class Examined:
    """What a header says that must be proved, and how the body must be hashed for that."""

    header: bytes
    fields: dkim.Fields
    signatures: tuple[dkim.Signature, ...]
    chain: arc.Chain | None
    seal: bool

    @classmethod
    def of(cls, header: bytes, settings: CheckSettings) -> "Examined":
        """Read ``header``, which may hold anything."""
        fields = dkim.Fields(header)
        signatures = dkim.read_fields(fields, settings.dkim_bounds.limits) if settings.dkim else ()
        sealed = settings.seal or fields.count(b"arc-seal") + fields.count(b"arc-message-signature") > 0
        chain = arc.read(fields, settings.arc_bounds) if settings.arc and sealed else None
        return cls(header, fields, signatures, chain, settings.seal)

    def sealable(self, hashes: dkim.Hashes) -> Sealable | None:
        """What a seal of ours is made of, if one is wanted."""
        if not self.seal or self.chain is None:
            return None
        return Sealable(self.fields, self.chain, hashes[dkim.BODY].digest)

    def authors(self) -> Authors:
        """The domains that the From names."""
        fields = self.fields
        if not fields.sound:  # where a line ends is a matter of opinion there, and the stricter one counts
            return dmarc_from.authors(self.header)
        lines = [fields.lines[place] for place in fields.places(b"from")]
        return dmarc_from.named([line.partition(b":")[2] for line in lines])

    def _hashing(self) -> dkim.BodyHashes | None:
        wanted = {*dkim.bodies(self.signatures), *(arc.bodies(self.chain) if self.chain is not None else ())}
        if self.seal:
            wanted.add(dkim.BODY)
        return dkim.BodyHashes(wanted) if wanted else None

    def hash_octets(self, message: bytes | Path) -> dkim.Hashes:
        """The hashes of the body of ``message``."""
        hashing = self._hashing()
        if hashing is None:
            return {}
        assert isinstance(message, bytes)
        hashing.update(message[len(self.header) :])
        return hashing.finish()

    def hash_file(self, message: Path) -> dkim.Hashes:
        """The same for a message in a file; takes as long as reading it."""
        hashing = self._hashing()
        if hashing is None:
            return {}
        with message.open("rb") as file:
            file.seek(len(self.header))
            while octets := file.read(SLICE):
                hashing.update(octets)
        return hashing.finish()
