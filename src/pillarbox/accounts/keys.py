"""Which keys sign for our domains? They are made, published, seen in DNS, and only then used. RFC 6376 §3.1, §6.1.2.

made -> active (DNS shows it) -> retired (a newer one is active) -> removed, when no signature of it is on its way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from pillarbox.senderauth import arc, dkim
from pillarbox.store.trust_rows import DkimKeyRow


class State(Enum):
    """The life of a key."""

    MADE = "made"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeySettings:
    """``algorithms``: a new domain gets a key of each. ``retired``: seconds that a key stays in DNS when it signs no
    more (a message may wait in a queue for days). ``rsa_bits``: of new RSA keys."""

    algorithms: tuple[str, ...] = ("rsa", "ed25519")
    retired: float = 30 * 86_400
    rsa_bits: int = 2048


class KeyStore(Protocol):
    """What of the store keeps keys."""

    async def dkim_keys(self) -> list[DkimKeyRow]: ...


class Record(NamedTuple):
    """What DNS must show: ``name`` of the TXT record, its ``text`` in one piece, and the ``state`` of the key."""

    name: str
    text: str
    state: State


class Keys:
    """The keys as they were when last loaded; answers at once."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._rows: dict[str, list[DkimKeyRow]] = {}
        self._signers: dict[str, tuple[dkim.Signer, ...]] = {}
        self._sealers: dict[str, arc.Sealer | None] = {}

    async def load(self) -> None:
        """Read them anew. StoreError when the store cannot."""
        rows: dict[str, list[DkimKeyRow]] = {}
        for row in await self._store.dkim_keys():
            rows.setdefault(row.domain, []).append(row)
        self._rows, self._signers, self._sealers = rows, {}, {}

    def domain_of(self, author: str) -> str | None:
        """The domain that signs for mail by ``author``, a domain: itself or the nearest one above it with keys."""
        name = author.lower().removesuffix(".")
        while "." in name:
            if name in self._rows:
                return name
            name = name.partition(".")[2]
        return None

    def signers(self, domain: str) -> tuple[dkim.Signer, ...]:
        """Who signs for ``domain``: all its active keys."""
        found = self._signers.get(domain)
        if found is None:
            active = [row for row in self._rows.get(domain, ()) if row.state == State.ACTIVE.value]
            found = self._signers[domain] = tuple(map(_signer, active))
        return found

    def sealer(self, domain: str) -> arc.Sealer | None:
        """Who seals for ``domain``: its active RSA key, which every verifier knows (RFC 8617 §4.1.2)."""
        if domain not in self._sealers:
            rows = [row for row in self._rows.get(domain, ()) if _seals(row)]
            self._sealers[domain] = _sealer(rows[0]) if rows else None
        return self._sealers[domain]

    def rows(self) -> Sequence[DkimKeyRow]:
        """All keys."""
        return [row for rows in self._rows.values() for row in rows]


def record(row: DkimKeyRow) -> Record:
    """What DNS must show for a key."""
    text = dkim.record(dkim.from_pem(row.private.encode()))
    return Record(f"{row.selector}._domainkey.{row.domain}", text, State(row.state))


def _signer(row: DkimKeyRow) -> dkim.Signer:
    return dkim.Signer(row.domain, row.selector, dkim.from_pem(row.private.encode()), dkim.SignSettings())


def _seals(row: DkimKeyRow) -> bool:
    return row.state == State.ACTIVE.value and row.algorithm == "rsa"


def _sealer(row: DkimKeyRow) -> arc.Sealer:
    return arc.Sealer(row.domain, row.selector, dkim.from_pem(row.private.encode()), dkim.SignSettings())
