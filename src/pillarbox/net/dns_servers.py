"""Which of the DNS servers answers a question? They are asked in turn until one of them says something definite."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias, TypeVar

import dns.message
import dns.rcode

from pillarbox.observe.metrics import Metrics

from .dns import DnsBogus, DnsTemporary, Kind
from .dns_exchange import Exchange, Server
from .dns_wire import Question, complains_of_bogus, complaint, is_answer_to, is_truncated, parse

T = TypeVar("T")

Reader: TypeAlias = Callable[[dns.message.Message, Question], T]
"""Makes something of a message; ValueError when it makes no sense, and the next server is asked."""

_DEFINITE = {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}


class ServerFailure(DnsTemporary):
    """A server said SERVFAIL: it tried and could not, or what it found is bogus."""


class BogusFailure(DnsBogus, ServerFailure):
    """A server said SERVFAIL, and that DNSSEC is the reason (RFC 8914)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """``timeout``: seconds that one server gets for one try; ``rounds``: tries for each."""

    timeout: float
    rounds: int


class NameServers:
    """Asks ``listed()`` (called for each question, so that a changed network counts at once). ``random`` gives ids.

    ``vouching`` are those that are proven to validate, so that their AD bit counts: `dnssec_probe` keeps it.
    """

    def __init__(
        self,
        listed: Callable[[], Sequence[Server]],
        random: Random,
        patience: Patience,
        exchange: Exchange,
        metrics: Metrics,
    ) -> None:
        self.listed = listed
        self.vouching: set[Server] = set()
        self._random = random
        self._patience = patience
        self._exchange = exchange
        self._metrics = metrics
        self._slow: set[Server] = set()

    def question(self, name: str, kind: Kind, signatures: bool = False, unchecked: bool = False) -> Question:
        """A question with an id that nobody can guess."""
        return Question(name, kind, self._random.getrandbits(16), signatures, unchecked)

    async def ask(
        self, question: Question, read: Reader[T], servers: Sequence[Server] | None = None
    ) -> tuple[Server, T]:
        """The first definite answer of any server; those that were silent lately are asked last.

        DnsTemporary when nobody could say; ServerFailure or BogusFailure when one of them said SERVFAIL.
        """
        failures: list[str] = []
        worst: type[DnsTemporary] = DnsTemporary
        asked = sorted(self.listed() if servers is None else servers, key=self._slow.__contains__)
        for _ in range(self._patience.rounds):
            for server in list(asked):
                try:
                    async with asyncio.timeout(self._patience.timeout):
                        message, answer = await self._exchange_with(server, question, read)
                except (OSError, ValueError) as error:  # TimeoutError is an OSError
                    self._slow.add(server)
                    failures.append(f"{server}: {_words(error)}")
                    continue
                self._slow.discard(server)
                if message.rcode() in _DEFINITE:
                    return server, answer
                failures.append(f"{server}: {complaint(message)}")
                worst = _worse(worst, message)
                asked.remove(server)  # it will say the same again
        detail = "; ".join(dict.fromkeys(failures)) or "no DNS server is known"
        raise worst(f"{question.name or '.'} {question.kind.name}: {detail}")

    async def _exchange_with(
        self, server: Server, question: Question, read: Reader[T]
    ) -> tuple[dns.message.Message, T]:
        query = question.encode()
        self._metrics.dns_questions += 1
        wire = await self._exchange.udp(server, question, query)
        if is_truncated(wire):
            wire = await self._exchange.tcp(server, query)
            if not is_answer_to(wire, question, query):
                raise ValueError("the answer is to another question")
        message = parse(wire)
        if message.rcode() == dns.rcode.FORMERR:
            # RFC 6891 §7: a server that does not know EDNS may say so by FORMERR.
            message = parse(await self._exchange.udp(server, question, question.encode(edns=False)))
        return message, read(message, question)


def _worse(worst: type[DnsTemporary], message: dns.message.Message) -> type[DnsTemporary]:
    if message.rcode() != dns.rcode.SERVFAIL:
        return worst
    return BogusFailure if complains_of_bogus(message) or worst is BogusFailure else ServerFailure


def _words(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
