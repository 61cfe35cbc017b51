"""What does a DMARC record say? RFC 9989 §4.7 and §4.8; the records of RFC 7489 are read as they were meant.

Only the version can make a record void. Whatever else is wrong in it counts as not written (§4.8), and is told.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from pillarbox.mail.address import Address, AddressError

RECORD_MAX = 8_192
"""Octets of a record; a longer one is none."""
DESTINATIONS_MAX = 10
"""Addresses of one rua or ruf that reports go to (RFC 9990 §2.5 lets the sender choose how many)."""

# dmarc-version (§4.8): the tag in any case, its value as it stands, and first of all.
_VERSION = re.compile(r"[Vv][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_TAG = re.compile(r"[ \t]*([A-Za-z]+)[ \t]*=[ \t]*([ -:<-~]*?)[ \t]*\Z")
# obs-dmarc-report-size of §4.8 behind an RFC 3986 URI.
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):([^!\s]+?)(?:!([0-9]{1,15})([kmgtKMGT]?))?\Z")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_FAILURE_OPTIONS = re.compile(r"[01ds](?::[01ds]){0,3}\Z", re.IGNORECASE)


class Policy(Enum):
    """What the domain's owner asks for mail that fails (§4.7, "p")."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def milder(self) -> "Policy":
        """One level below, as t=y asks for (§4.7, "t")."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


class Psd(Enum):
    """Whether the domain is a public suffix (§4.7, "psd")."""

    YES = "y"
    NO = "n"
    UNKNOWN = "u"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where reports go by mail. ``most``: octets of a report at most (RFC 7489 §6.2), None without such a wish."""

    address: Address
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it counts. ``p``, ``sp`` and ``np`` are what to ask for a domain, an existing and a non-existent
    subdomain; None where the tag is not there. ``applies`` is False where nothing of it is to be applied (§4.10.1).

    ``percent`` is the pct of RFC 7489; ``faults`` are sentences about what could not be read.
    """

    text: str
    p: Policy = Policy.NONE
    sp: Policy | None = None
    np: Policy | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: Psd = Psd.UNKNOWN
    testing: bool = False
    rua: tuple[Destination, ...] = ()
    ruf: tuple[Destination, ...] = ()
    failure_options: str = "0"
    percent: int | None = None
    applies: bool = True
    faults: tuple[str, ...] = ()

    def policy_for(self, subdomain: bool, exists: bool) -> tuple[str, Policy]:
        """Which tag decides for the author domain, and what it asks for (§4.10.1)."""
        if subdomain and not exists and self.np is not None:
            return "np", self.np
        if subdomain and self.sp is not None:
            return "sp", self.sp
        return "p", self.p


@lru_cache(maxsize=512)
def parse(octets: bytes) -> Record | None:
    """The record in one TXT record, its strings joined; None for what is no DMARC record at all."""
    if len(octets) > RECORD_MAX:
        return None
    text = octets.decode("utf-8", "replace")
    version = _VERSION.match(text)
    return None if version is None else _Reader(text).read(text[version.end() :])


def choose(texts: tuple[bytes, ...]) -> Record | None:
    """The one record among all TXT records of a name; None for none, and for several (§4.10, steps 2 and 6)."""
    found = [record for record in map(parse, texts) if record is not None]
    return found[0] if len(found) == 1 else None


@dataclass(slots=True)
class _Reader:
    """One record being read."""

    text: str
    tags: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def read(self, rest: str) -> Record:
        self._collect(rest)
        p, sp, np = self._policy("p"), self._policy("sp"), self._policy("np")
        rua, any_rua = self._destinations("rua")
        ruf, _ = self._destinations("ruf")
        broken = p is None or (sp is None and "sp" in self.tags) or (np is None and "np" in self.tags)
        if broken:  # §4.10.1: as if it said p=none and no more, if anybody listens to reports at all
            p = sp = np = None
        percent = self._percent()
        return Record(
            self.text, p or Policy.NONE, sp, np,
            strict_dkim=self._one_of("adkim", "rs", "r") == "s",
            strict_spf=self._one_of("aspf", "rs", "r") == "s",
            psd=Psd(self._one_of("psd", "ynu", "u")),
            # RFC 9989 §A.6: t=y took the place of pct=0, and asks for the same.
            testing=self._one_of("t", "yn", "y" if percent == 0 else "n") == "y",
            rua=rua, ruf=ruf, failure_options=self._failure_options(), percent=percent,
            applies=not broken or any_rua,
            faults=tuple(self.faults),
        )  # fmt: skip

    def _collect(self, rest: str) -> None:
        twice = set()
        for piece in rest.split(";"):
            match = _TAG.match(piece)
            if match is None:
                if piece.strip():
                    self.faults.append(f"it holds something that is no tag: {piece.strip()[:40]!r}")
                continue
            name, value = match[1].lower(), match[2]
            if self.tags.setdefault(name, value) != value:
                twice.add(name)
        for name in sorted(twice):
            # RFC 6376 §3.2 forbids it, and which of the two was meant nobody can know: both count as wrong.
            self.faults.append(f"it holds the tag {name}= twice, with different values")
            self.tags[name] = "?"

    def _policy(self, name: str) -> Policy | None:
        value = self.tags.get(name)
        if value is None:
            return None
        try:
            return Policy(value.lower())
        except ValueError:
            self._fault(name, value)
            return None

    def _one_of(self, name: str, letters: str, default: str) -> str:
        value = self.tags.get(name)
        if value is None:
            return default
        if len(value) == 1 and value.lower() in letters:
            return value.lower()
        self._fault(name, value)
        return default

    def _percent(self) -> int | None:
        value = self.tags.get("pct")
        return int(value) if value is not None and re.match(r"(?:100|\d\d?)\Z", value, re.ASCII) else None

    def _failure_options(self) -> str:
        value = self.tags.get("fo", "0")
        if _FAILURE_OPTIONS.match(value):
            return value.lower()
        self._fault("fo", value)
        return "0"

    def _destinations(self, name: str) -> tuple[tuple[Destination, ...], bool]:
        """The mail addresses of a list of URIs, and whether it holds a URI of any kind."""
        found: list[Destination] = []
        any_uri = False
        for text in self.tags.get(name, "").split(","):
            match = _URI.match(text.strip())
            if match is None:
                if text.strip():
                    self._fault(name, text.strip())
                continue
            any_uri = True
            one = _mail(match) if match[1].lower() == "mailto" else None
            if one is not None and one not in found and len(found) < DESTINATIONS_MAX:
                found.append(one)
            elif one is None and match[1].lower() == "mailto":
                self._fault(name, text.strip())
        return tuple(found), any_uri

    def _fault(self, name: str, value: str) -> None:
        self.faults.append(f"its tag {name}= cannot be read: {value[:40]!r}")


def _mail(match: re.Match[str]) -> Destination | None:
    """RFC 6068: mailto:local@domain, percent-encoded; the header fields behind a question mark are not for us."""
    try:
        address = Address.parse(unquote(match[2].partition("?")[0]))
    except AddressError:
        return None
    if not address.domain or address.literal is not None:
        return None
    size = None if match[3] is None else int(match[3]) * _UNITS[(match[4] or "").lower()]
    return Destination(address, size)
