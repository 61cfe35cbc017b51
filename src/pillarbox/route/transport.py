"""By which way does mail for a domain leave? Rules in order, the first that fits decides, else DNS does.

The rules of the configuration come first, then those of the store; each can look at the recipient's domain and at the
sender. What was decided is told in words (``why``).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from pillarbox.mail.address import AddressError, to_ascii
from pillarbox.mail.route import Credentials, Direct, Route, SmartHost, Tls
from pillarbox.net.clock import Clock
from pillarbox.store.rows import RouteRow

from .passwords import from_file

# Where a smart host listens when the rule does not say: RFC 6409 §3.1, RFC 8314 §3.3, RFC 2033 §5 (no standard port).
_PORTS = {Tls.IMPLICIT: 465}
_SUBMISSION = 587
_LMTP = 24


@dataclass(frozen=True, slots=True)
class Rule:
    """``recipient``: "*", "example.org", or "*.example.org" for what is below it. ``sender``: "*", "user@example.org",
    or "@example.org". ``origin`` says where the rule is written. ``route`` is what it decides."""

    route: Route
    recipient: str = "*"
    sender: str = "*"
    origin: str = ""

    def fits(self, sender: str, domain: str) -> bool:
        """``sender`` is lower case, "" for the null one; ``domain`` lower-case A-labels."""
        return self._fits_domain(domain) and self._fits_sender(sender)

    def _fits_domain(self, domain: str) -> bool:
        if self.recipient.startswith("*."):
            return domain.endswith(self.recipient[1:])
        return self.recipient in {"*", domain}

    def _fits_sender(self, sender: str) -> bool:
        if self.sender == "*":
            return True
        # A sub-domain of the sender is another sender: "@example.org" is no suffix of "u@mail.example.org".
        return sender.endswith(self.sender) if self.sender.startswith("@") else sender == self.sender


def rule(route: Route, recipient: str = "*", sender: str = "*", origin: str = "") -> Rule:
    """A rule with its patterns in the form for comparing, and with words for ``route.why``."""
    patterns = [f"to {recipient}"] if recipient != "*" else []
    patterns += [f"from {sender}"] if sender != "*" else []
    which = " ".join(patterns) or "everything"
    direct = "directly to the domain's mail hosts"
    leaves = f"through {route.host}:{route.port}" if isinstance(route, SmartHost) else direct
    why = f"{origin or 'a rule'} ({which}): {leaves}"
    return Rule(replace(route, why=why), domain_key(recipient), sender_key(sender), origin)


def next_hop(text: str, tls: Tls, lmtp: bool = False) -> tuple[str, int] | None:
    """Host and port of ``smtp.isp.example:587``, ``[::1]:25`` or ``host``; None for ``mx``: the domain's own hosts."""
    if text.lower() == "mx":
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or (":" in host and not host.endswith("]")):
        host, port = text, ""
    default = _LMTP if lmtp else _PORTS.get(tls, _SUBMISSION)
    return host.removeprefix("[").removesuffix("]").lower(), int(port or default)


def way(
    smart_host: str, tls: str | None, credentials: Credentials | None, *, clear: bool = False, lmtp: bool = False
) -> Route:
    """The route that a rule's words mean, in the configuration and in the store alike; ``why`` is still empty.

    ``tls`` None or "": what suits. A password goes to another machine only over TLS that is demanded and verified; else
    TLS is used where it is offered. Said expressly, it is demanded of a domain's own mail hosts too.
    """
    wanted = Tls(tls) if tls else _suits(smart_host, credentials)
    hop = next_hop(smart_host, wanted, lmtp)
    if hop is None:
        return Direct(tls=wanted)
    return SmartHost(*hop, tls=wanted, credentials=credentials, lmtp=lmtp, auth_in_clear=clear)


def _suits(smart_host: str, credentials: Credentials | None) -> Tls:
    hop = next_hop(smart_host, Tls.STARTTLS)
    secret = hop is not None and credentials is not None and not _is_here(hop[0])
    return Tls.STARTTLS if secret else Tls.OPPORTUNISTIC


def _is_here(host: str) -> bool:
    """A host that is this machine by its name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def stored(row: RouteRow) -> Rule:
    """A rule of the store."""
    credentials = None
    if row.username is not None and row.password_file is not None:
        credentials = Credentials(row.username, from_file(Path(row.password_file)))
    decided = way(row.smart_host, row.tls, credentials)
    return rule(decided, row.recipient_domain, row.sender, f"route {row.id}")


def choose(rules: Sequence[Rule], sender: str, domain: str) -> Route:
    """The way for ``domain``; ``sender`` is "" for the null one."""
    compared, wanted = sender.lower(), domain_key(domain)
    for candidate in rules:
        if candidate.fits(compared, wanted):
            return candidate.route
    return Direct()


class Routes:
    """The rules of the configuration, then those of the store, which is asked again every ``keep`` seconds."""

    def __init__(
        self,
        configured: Sequence[Rule],
        read: Callable[[], Awaitable[list[RouteRow]]],
        clock: Clock,
        keep: float = 1.0,
    ) -> None:
        self._configured = tuple(configured)
        self._read = read
        self._clock = clock
        self._keep = keep
        self._rules = self._configured
        self._fresh_until = float("-inf")

    def known(self, sender: str, domain: str) -> Route | None:
        """The same as ``route``, at once; None when the rules must be read anew first."""
        return choose(self._rules, sender, domain) if self._clock.monotonic() < self._fresh_until else None

    async def route(self, sender: str, domain: str) -> Route:
        """The way for ``domain``; ``sender`` is "" for the null one."""
        now = self._clock.monotonic()
        if now >= self._fresh_until:
            rows = await self._read()
            ordered = sorted(rows, key=lambda row: (row.position, row.id))
            self._rules = (*self._configured, *(stored(row) for row in ordered))
            self._fresh_until = now + self._keep
        return choose(self._rules, sender, domain)


def domain_key(pattern: str) -> str:
    """A domain, or a pattern of one, as lower-case A-labels; as it is where it has none."""
    star, rest = ("*.", pattern[2:]) if pattern.startswith("*.") else ("", pattern)
    try:
        return star + to_ascii(rest.lower())
    except AddressError:
        return star + rest.lower()


def sender_key(pattern: str) -> str:
    """A sender pattern in lower case."""
    return pattern.lower()
