"""What does DNS say in a test? What the test said it says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import TypeVar

from pillarbox.net.dns import Address, Answer, DnsTemporary, Kind, Mx, Tlsa

T = TypeVar("T")


class FakeResolver:
    """Answers from dictionaries. A value of None is a failure for now; a name that is nowhere does not exist.

    ``mx`` maps a domain to (preference, host) pairs, ``hosts`` a host to IP addresses, ``texts`` a name to TXT records,
    ``names`` an IP address to the names that it claims. ``asked`` counts the questions by (name, kind).
    """

    def __init__(
        self,
        mx: Mapping[str, Sequence[tuple[int, str]] | None] | None = None,
        hosts: Mapping[str, Sequence[str] | None] | None = None,
        texts: Mapping[str, Sequence[bytes] | None] | None = None,
        names: Mapping[str, Sequence[str] | None] | None = None,
    ) -> None:
        self._mx = dict(mx or {})
        self._hosts = dict(hosts or {})
        self._texts = dict(texts or {})
        self._names = {ip_address(address).reverse_pointer: rows for address, rows in (names or {}).items()}
        self.asked: Counter[tuple[str, Kind]] = Counter()

    async def mx(self, domain: str) -> Answer[Mx]:
        """See ``net.dns.Resolver``."""
        rows = _found(domain, self._mx)
        exists = domain in self._mx or domain in self._hosts
        return Answer(domain, Kind.MX, tuple(Mx(*row) for row in rows), exists, canonical=domain)

    async def addresses(self, host: str) -> Answer[Address]:
        """See ``net.dns.Resolver``."""
        rows = _found(host, self._hosts)
        return Answer(host, Kind.A, tuple(ip_address(row) for row in rows), host in self._hosts, canonical=host)

    async def txt(self, name: str) -> Answer[bytes]:
        """See ``net.dns.Resolver``."""
        return Answer(name, Kind.TXT, tuple(_found(name, self._texts)), name in self._texts, canonical=name)

    async def ptr(self, address: Address) -> Answer[str]:
        """See ``net.dns.Resolver``."""
        name = address.reverse_pointer
        return Answer(name, Kind.PTR, tuple(_found(name, self._names)), name in self._names, canonical=name)

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        """See ``net.dns.Resolver``: nobody has TLSA records here."""
        return Answer(name, Kind.TLSA, (), exists=False, canonical=name)

    async def alias(self, name: str) -> Answer[str]:
        """See ``net.dns.Resolver``: no name is an alias here."""
        return Answer(name, Kind.CNAME, (), exists=False, canonical=name)

    def known(self, name: str, kind: Kind) -> Answer[object] | DnsTemporary | None:
        """See ``net.dns.Resolver``: once asked, an answer is known."""
        if not self.asked[name, kind]:
            return None
        try:
            return self._answer(name, kind)
        except DnsTemporary as error:
            return error

    async def ask(self, name: str, kind: Kind) -> Answer[object]:
        """See ``net.dns.Resolver``."""
        self.asked[name, kind] += 1
        return self._answer(name, kind)

    def _answer(self, name: str, kind: Kind) -> Answer[object]:
        tables: dict[Kind, Mapping[str, Sequence[object] | None]] = {
            Kind.MX: self._mx, Kind.TXT: self._texts, Kind.PTR: self._names, Kind.A: self._hosts, Kind.AAAA: self._hosts
        }  # fmt: skip
        rows = _found(name, tables.get(kind, {}))
        if kind in {Kind.A, Kind.AAAA}:
            family = 4 if kind is Kind.A else 6
            rows = [found for found in map(ip_address, map(str, rows)) if found.version == family]
        elif kind is Kind.MX:
            rows = [Mx(*row) for row in self._mx.get(name) or ()]
        return Answer(name, kind, tuple(rows), any(name in table for table in tables.values()), canonical=name)

    async def close(self) -> None:
        """See ``net.dns_resolver.DnsResolver``."""


def _found(name: str, table: Mapping[str, Sequence[T] | None]) -> Sequence[T]:
    rows = table.get(name, ())
    if rows is None:
        raise DnsTemporary(f"{name}: the test says that nobody answers")
    return rows
