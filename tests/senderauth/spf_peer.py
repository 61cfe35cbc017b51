"""What does pyspf say to a case? Its own code, but for where it is not what RFC 7208 says; each place says why.

What cannot be mended from outside is in ``FAULTS`` (a word of its complaint, and what RFC 7208 says) and ``OUR_RIGHTS``
(a word of our reason).
"""

import re
import warnings
from typing import Any, NamedTuple

from pillarbox.senderauth.asking import Kind, Question, Record, Status
from pillarbox.senderauth.spf import Spf
from senderauth.spf_cases import Case
from senderauth.zone import Zone

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # escapes in its texts that newer Pythons frown upon
    import spf  # type: ignore[import-untyped]

FAULTS = (
    (r"include has trivial recursion", "§4.6.4: a loop is found by the limit of lookups, when the walk gets there"),
    (r"(?!redirect=|exp=)\S+= MUST appear at most once", "§6: only redirect= and exp= may not be there twice"),
    (r"invalid-macro-char : .*%%$", "§7.1: “%%” is a macro-expand, and may stand last"),
)
OUR_RIGHTS = (
    (r"keeps no part", "§7.3: “the value MUST be nonzero”, and it takes %{d0}"),
    (r"“%\{p\}” is one too many", "§4.6.4: the PTR query of %{p} is among the ten"),
)
UNUSED_REDIRECT = "§4.6.4 counts what causes a query: it counts a redirect= that is never followed"


class Said(NamedTuple):
    """Its result, and its complaint."""

    result: str
    text: str


class Peer(spf.query):  # type: ignore[misc]
    """pyspf where it asks what §4.6.4 and §5 say."""

    zone: Zone
    _pending: "tuple[spf.TempError | None, bool]" = (None, False)
    _is_term = True

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> Any:
        """It counts queries in vain; §4.6.4 counts terms with such queries, see ``_void``."""
        return super().dns(name, qtype, ignore_void=True)

    def dns_a(self, domainname: str, A: str = "A") -> "list[object]":  # noqa: N803
        """For the terms a and exists."""
        found: list[object] = super().dns_a(domainname, A)
        if not found and is_askable(domainname):
            self._void()
        return found

    def dns_mx(self, domainname: str) -> "list[object]":
        """§4.6.4: one term; what failed or was void matters only where nothing matches (§5.4: the first match ends)."""
        hosts: list[tuple[int, str]] = self.dns(domainname, "MX")
        if not hosts and is_askable(domainname):
            self._void()
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError("More than 10 MX records returned")
        failed, is_void, addresses = None, False, []
        for _, host in hosts:
            try:
                found = self.dns(host, self.A)
            except spf.TempError as error:
                failed = error
            else:
                is_void |= not found
                addresses += found
        self._pending = failed, is_void
        return addresses

    def cidrmatch(self, ipaddrs: "list[object]", n: int) -> bool:
        """Settles what ``dns_mx`` left open."""
        is_match: bool = super().cidrmatch(ipaddrs, n)
        (failed, is_void), self._pending = self._pending, (None, False)
        if failed and not is_match:
            raise failed
        if is_void and not is_match:
            self._void()
        return is_match

    def getp(self) -> "str | None":
        """§4.6.4: %{p} is no term."""
        self._is_term = False
        try:
            found: str | None = super().getp()
            return found
        finally:
            self._is_term = True

    def validated_ptrs(self) -> "list[str]":
        """§5.5: what cannot be looked up is passed over, and void names are the client's affair."""
        try:
            names = self.dns_ptr(self.i)
        except spf.TempError:
            return []
        if not names and self._is_term:
            self._void()
        # §7.3: %{p} may be any of them; ours is the first of the alphabet.
        return sorted(name for name in names[: spf.MAX_PTR] if self._leads_back(name))

    def _leads_back(self, name: str) -> bool:
        try:
            return bool(super().cidrmatch(self.dns(name, self.A), self.cidrmax))
        except spf.TempError:
            return False

    def _void(self) -> None:
        self.void_lookups += 1
        if self.void_lookups > spf.MAX_VOID_LOOKUPS:
            raise spf.PermError("Void lookup limit exceeded")


def ask(case: Case) -> Said:
    """What pyspf makes of ``case``."""

    def lookup(name: str, kind: str, *_: object) -> "list[object]":
        answer = case.zone.answer(Question(Kind[kind], name))
        if answer.status is Status.FAILED:
            raise spf.TempError(answer.reason)
        return [((name, kind), shape(kind, each)) for each in answer.records]

    kept, spf.DNSLookup = spf.DNSLookup, lookup
    try:
        query = Peer(i=str(case.ip), s=case.sender, h=case.helo, receiver="mx.test")
        result, _, text = query.check()
    finally:
        spf.DNSLookup = kept
    return Said(result, text)


def shape(kind: str, record: Record) -> object:
    """``record`` as its DNS library gives it."""
    if kind == "TXT":
        return (record,)
    return record if kind == "MX" else str(record)


def is_askable(name: str) -> bool:
    """No query without a name that DNS can hold."""
    return all(0 < len(label) < 64 for label in name.removesuffix(".").split("."))


def defended(case: Case, ours: Spf, theirs: Said) -> str | None:
    """Why we may differ; None where we may not."""
    if "Too many DNS lookups" in theirs.text and "redirect=" in str(case):
        return UNUSED_REDIRECT
    for pattern, reason in FAULTS:
        if theirs.result == "permerror" and re.search(pattern, theirs.text):
            return reason
    for pattern, reason in OUR_RIGHTS:
        if re.search(pattern, ours.reason):
            return reason
    return None
