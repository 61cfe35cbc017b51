"""Which term of an SPF record decides about an address? The walk through a record and those that it names.

RFC 7208 §4.6 to §6.1; the limits of §4.6.4 are kept here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .asking import Answer, Check, Kind, Question, Status
from .iprev import Ip, claims, confirmed, questions, reverse
from .spf_macros import MacroString, is_name
from .spf_record import All, Directive, Hosts, Include, Network, Ptr, Record, RecordError, SpfResult, is_spf, shown

# Octets of a record that are kept as evidence.
RECORD_SHOWN = 1000
# Macros that differ from one message to the next of the same sender's server (RFC 7208 §7.2).
_PERSONAL = frozenset("slt")


@dataclass(frozen=True, slots=True)
class SpfSettings:
    """``receiver``: this server's name, for %{r}. ``lookups``: terms of a check that may ask DNS; ``voids``: terms
    that may ask in vain; ``hosts``: names of one MX term (RFC 7208 §4.6.4: 10, 2 and 10).

    ``explanation``: characters of the text with which a domain explains a fail; a longer one is not shown.
    """

    receiver: str = "unknown"
    lookups: int = 10
    voids: int = 2
    hosts: int = 10
    explanation: int = 400


class Verdict(NamedTuple):
    """How a record decided. ``path``: the terms that led there: redirects, the term that matched, and what matched
    within it if it is an include; without a match only redirects. ``record``: the last one that was redirected to,
    that of ``domain``; None when there is none, and ``exists`` says whether there is at least such a name."""

    result: SpfResult
    path: tuple[str, ...]
    domain: str
    record: Record | None
    exists: bool = True


class Trouble(Exception):
    """The check ends with ``result``, an error; ``term`` is the one at fault, ``str(trouble)`` says why."""

    def __init__(self, result: SpfResult, reason: str, term: str = "") -> None:
        super().__init__(reason)
        self.result = result
        self.term = term


class Walk:
    """One check: who asks (``ip``, not IPv4-mapped; ``local`` part and ``domain`` of the sender), and what it has cost
    so far: ``lookups``, ``voids``. ``record``: the first that was found (as much as is kept of one), readable or not.
    ``personal``: a macro asked for the local part or for the time.
    """

    __slots__ = (
        "_ip", "_is_nameless", "_names", "_number", "_settings", "_values", "lookups", "personal", "record", "voids",
    )  # fmt: skip

    def __init__(self, ip: Ip, local: str, domain: str, helo: str, settings: SpfSettings) -> None:
        self._ip = ip
        self._number = int(ip)
        self._settings = settings
        self._names: tuple[str, ...] | None = None
        self._is_nameless = False
        self.lookups = 0
        self.voids = 0
        self.record = ""
        self.personal = False
        self._values = {"s": f"{local}@{domain}", "l": local, "o": domain, "h": helo}

    def judge(self, domain: str) -> Check[Verdict]:
        """What the record of ``domain`` says of the address; raises Trouble."""
        exists, record = yield from self._record(domain)
        if record is None:
            return Verdict(SpfResult.NONE, (), domain, None, exists)
        for directive in record.directives:
            path = yield from self._match(directive, domain)
            if path is not None:
                return Verdict(directive.result, (directive.text, *path), domain, record)
        if record.redirect is None:
            return Verdict(SpfResult.NEUTRAL, (), domain, record)  # §4.7
        return (yield from self._redirect(record.redirect, domain, record))

    def name(self, spec: MacroString, domain: str) -> Check[str | None]:
        """The name that ``spec`` means in the record of ``domain``; "" when no such name can exist, None when the term
        is to match nothing."""
        self.personal |= not spec.letters.isdisjoint(_PERSONAL)
        if not spec.letters:
            name = spec.name({})
        elif not self._values["l"].isascii() and not spec.letters.isdisjoint("sl"):
            return None  # RFC 8616 §4
        else:
            name = spec.name((yield from self.values(spec, domain)))
        return name if is_name(name) else ""

    def values(self, spec: MacroString, domain: str) -> Check[dict[str, str]]:
        """What the macros of ``spec`` stand for in the record of ``domain`` (§7.2)."""
        self.personal |= not spec.letters.isdisjoint(_PERSONAL)
        values = self._values
        values["d"] = domain
        if "i" not in values:
            is_four = self._ip.version == 4
            values["i"] = str(self._ip) if is_four else ".".join(f"{self._number:032X}")
            values["v"] = "in-addr" if is_four else "ip6"
        if "p" in spec.letters:
            if self._names is None:
                self._count("%{p}")  # §4.6.4: its PTR query is among the ten
            values["p"] = _preferred((yield from self._true_names()), domain)
        return values

    # --- records ----------------------------------------------------------------------------------------------------

    def _record(self, domain: str) -> Check[tuple[bool, Record | None]]:
        """Whether ``domain`` exists, and its one SPF record (§4.4, §4.5)."""
        answers = yield [Question(Kind.TXT, domain)]
        _must_be_known(answers, f"the SPF record of {domain}")
        found = [octets for octets in answers[0].records if isinstance(octets, bytes) and is_spf(octets)]
        if not found:
            return answers[0].status is not Status.NO_NAME, None
        self.record = self.record or found[0][:RECORD_SHOWN].decode("ascii", "backslashreplace")
        if len(found) > 1:
            raise Trouble(SpfResult.PERMERROR, f"{domain} publishes {len(found)} SPF records, where only one may be")
        try:
            return True, Record.parse(found[0])
        except RecordError as error:
            reason = f"the SPF record of {domain} cannot be used: {error}"
            raise Trouble(SpfResult.PERMERROR, reason, error.term) from error

    def _redirect(self, target: MacroString, domain: str, record: Record) -> Check[Verdict]:
        """The verdict of the record that stands in for this one (§6.1)."""
        term = shown(f"redirect={target}")
        self._count(term)
        name = yield from self.name(target, domain)
        if name is None:
            return Verdict(SpfResult.NEUTRAL, (), domain, record)
        verdict = yield from self._other(name, term, domain)
        return verdict._replace(path=(term, *verdict.path))

    def _other(self, name: str, term: str, domain: str) -> Check[Verdict]:
        """The verdict of the record of ``name``, to which ``term`` in the record of ``domain`` leads."""
        verdict = (yield from self.judge(name)) if name else None
        if verdict is None or verdict.record is None:  # §5.2, §6.1
            reason = f"the SPF record of {domain} says {term}, and there is no SPF record"
            raise Trouble(SpfResult.PERMERROR, reason, term)
        return verdict

    # --- mechanisms -------------------------------------------------------------------------------------------------

    def _match(self, directive: Directive, domain: str) -> Check[tuple[str, ...] | None]:
        """None where it does not match, else the path within an include, () for others."""
        mechanism = directive.mechanism
        if isinstance(mechanism, Network):
            is_match = mechanism.version == self._ip.version and self._number >> mechanism.shift == mechanism.number
            return () if is_match else None
        if isinstance(mechanism, All):
            return ()
        self._count(directive.text)
        name: str | None = domain
        if mechanism.target is not None:
            name = yield from self.name(mechanism.target, domain)
        if isinstance(mechanism, Include):
            return (yield from self._include(name, directive.text, domain))
        if isinstance(mechanism, Ptr):
            is_match = yield from self._ptr(name, directive.text)
        elif not name:
            return None  # no name that could be asked for: no query, no match
        elif isinstance(mechanism, Hosts):
            is_match = yield from self._hosts(name, mechanism, directive.text)
        else:
            is_match = yield from self._exists(name, directive.text)
        return () if is_match else None

    def _include(self, name: str | None, term: str, domain: str) -> Check[tuple[str, ...] | None]:
        if name is None:
            return None
        verdict = yield from self._other(name, term, domain)
        return verdict.path if verdict.result is SpfResult.PASS else None

    def _hosts(self, name: str, hosts: Hosts, term: str) -> Check[bool]:
        names: Sequence[str] = (name,)
        if hosts.is_mx and not (names := (yield from self._exchangers(name, term))):
            return False
        answers = yield questions(self._ip, names)
        shift = hosts.shift4 if self._ip.version == 4 else hosts.shift6
        network = self._number >> shift
        addresses = [int(each) >> shift for answer in answers for each in answer.records if isinstance(each, Ip)]
        if network in addresses:
            return True
        self._look(answers, f"the addresses of {'the mail exchangers of ' if hosts.is_mx else ''}{name}", term)
        return False

    def _exchangers(self, name: str, term: str) -> Check[list[str]]:
        answers = yield [Question(Kind.MX, name)]
        self._look(answers, f"the mail exchangers of {name}", term)
        hosts = [each[1].removesuffix(".") for each in answers[0].records if isinstance(each, tuple)]
        if len(hosts) > self._settings.hosts:
            reason = f"{name} has {len(hosts)} mail exchangers, and SPF allows {self._settings.hosts}"
            raise Trouble(SpfResult.PERMERROR, reason, term)
        return [host for host in hosts if is_name(host)]

    def _exists(self, name: str, term: str) -> Check[bool]:
        answers = yield [Question(Kind.A, name)]  # §5.7: A, even where the client has an IPv6 address
        self._look(answers, f"whether {name} exists", term)
        return answers[0].status is Status.FOUND

    def _ptr(self, name: str | None, term: str) -> Check[bool]:
        names = yield from self._true_names()
        if self._is_nameless:
            self._void(term)
        if not name:
            return False
        end = name.lower()
        return any(each == end or each.endswith("." + end) for each in names)

    def _true_names(self) -> Check[tuple[str, ...]]:
        """The names of the address that lead back to it, asked for once; what fails is passed over (§5.5)."""
        if self._names is None:
            [answer] = yield [reverse(self._ip)]
            self._is_nameless = answer.status in {Status.NO_NAME, Status.NO_RECORD}
            claimed = claims(answer)
            answers = (yield questions(self._ip, claimed)) if claimed else ()
            self._names = confirmed(self._ip, claimed, answers)
        return self._names

    # --- what it costs (§4.6.4) -------------------------------------------------------------------------------------

    def _count(self, term: str) -> None:
        """One more term that asks DNS."""
        self.lookups += 1
        if self.lookups > self._settings.lookups:
            reason = f"the SPF record wants more than {self._settings.lookups} lookups: “{term}” is one too many"
            raise Trouble(SpfResult.PERMERROR, reason, term)

    def _look(self, answers: Sequence[Answer], what: str, term: str) -> None:
        """``term`` does not end the walk: was it because nobody could say (§5), or for lack of records?"""
        _must_be_known(answers, what, term)
        if any(answer.status is not Status.FOUND for answer in answers):
            self._void(term)

    def _void(self, term: str) -> None:
        """One more term that asked in vain, however often it asked."""
        self.voids += 1
        if self.voids > self._settings.voids:
            reason = (
                f"more than {self._settings.voids} terms of the SPF record ask for what does not exist: “{term}” is one"
            )
            raise Trouble(SpfResult.PERMERROR, reason, term)


def _must_be_known(answers: Sequence[Answer], what: str, term: str = "") -> None:
    for answer in answers:
        if answer.status is Status.FAILED:
            reason = f"{what} could not be looked up: {answer.reason or 'nobody answered'}"
            raise Trouble(SpfResult.TEMPERROR, reason, term)


def _preferred(names: Sequence[str], domain: str) -> str:
    """The name that %{p} shows: ``domain`` itself, else one below it, else any (§7.3)."""
    end = domain.lower()
    below = [name for name in names if name.endswith("." + end)]
    return next(iter([name for name in names if name == end] or below or names), "unknown")
