"""In whose name does forwarded mail travel? In ours: the sender rewriting scheme (SRS, M. S. Wong 2003).

SPF of the sender's domain does not name us, so mail that an alias sends on would fail it. The reverse-path becomes an
address of ours that holds the real one, sealed so that nobody can have us send to an address of their choice:

    SRS0=seal=day=example.org=ann@forwarder        ann@example.org sent it
    SRS1=seal=first==rest@forwarder                another forwarder, first, had rewritten it to SRS0=rest@first
    SRS0=seal=day=.=message@forwarder              as the first, where that does not fit: whoever sent that message

Reports of failure come back to that address, and go from here to the real one.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from dataclasses import dataclass

from pillarbox.mail import ids
from pillarbox.mail.address import LOCAL_MAX, Address, AddressError
from pillarbox.net.clock import Clock

DAY = 86_400
_SEAL_SIZE = 6  # of base 32: 30 bits, and nobody can try them faster than we answer
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_FIRST = re.compile(r"srs0[=+-]([a-z2-7]+)=([a-z2-7]{2})=([^=]+)=(.+)\Z", re.IGNORECASE | re.DOTALL)
_LATER = re.compile(r"srs1[=+-]([a-z2-7]+)=([^=]+)=([=+-].+)\Z", re.IGNORECASE | re.DOTALL)
_OTHERS_FIRST = re.compile(r"srs0([=+-].+)\Z", re.IGNORECASE | re.DOTALL)
_OTHERS_LATER = re.compile(r"srs1[=+-][^=]+=([^=]+)=([=+-].+)\Z", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ForwardingSettings:
    """``srs``: rewrite at all. ``days``: how long a rewritten address is answered for; at most 1000."""

    srs: bool = True
    days: int = 21


@dataclass(frozen=True, slots=True)
class Return:
    """Where a rewritten address leads back to: an ``address``, or the sender of the message ``message_id``. ``fault``
    says why it leads nowhere."""

    address: Address | None = None
    message_id: int | None = None
    fault: str = ""


class Forwarding:
    """Rewrites and reads. ``secret`` seals; whoever has it can send through us."""

    def __init__(self, secret: bytes, clock: Clock, settings: ForwardingSettings | None = None) -> None:
        self._secret = secret
        self._clock = clock
        self._settings = settings or ForwardingSettings()

    def rewrite(self, sender: Address, via: str, message_id: str) -> str | None:
        """The reverse-path for what ``sender`` sent and ``via``, our domain, sends on as ``message_id``; None when it
        stays as it is."""
        if not self._settings.srs:
            return None
        local = self._again(sender) or self._once(sender.ascii_domain, sender.local)
        if len(local.encode()) > LOCAL_MAX or not sender.domain or sender.literal is not None:
            local = self._once(".", message_id)
        return str(Address(local, via))

    def read(self, address: Address) -> Return | None:
        """Where ``address`` leads back to; None when it is none that we could have written."""
        if address.local[:4].lower() not in {"srs0", "srs1"}:
            return None
        first = _FIRST.match(address.local)
        if first is not None:
            return self._read_first(*first.groups())
        later = _LATER.match(address.local)
        return self._read_later(*later.groups()) if later is not None else Return(fault="it is cut off")

    def _once(self, domain: str, local: str) -> str:
        day = _day(self._today())
        return f"SRS0={self._seal('0', day, domain, local)}={day}={domain}={local}"

    def _again(self, sender: Address) -> str | None:
        """For what another forwarder has rewritten before: only the first one is kept."""
        later = _OTHERS_LATER.match(sender.local)
        first = _OTHERS_FIRST.match(sender.local)
        if later is not None:
            domain, rest = later.groups()
        elif first is not None:
            domain, rest = sender.ascii_domain, first[1]
        else:
            return None
        return f"SRS1={self._seal('1', domain, rest)}={domain}={rest}"

    def _read_first(self, seal: str, day: str, domain: str, local: str) -> Return:
        if not hmac.compare_digest(self._seal("0", day, domain, local), seal.lower()):
            return Return(fault="its seal is not ours")
        if (self._today() - _number(day)) % 1024 > self._settings.days:
            return Return(fault=f"it is older than {self._settings.days} days")
        if domain == ".":
            return Return(message_id=ids.decode(local))
        return _address(f"{local}@{domain}")

    def _read_later(self, seal: str, domain: str, rest: str) -> Return:
        if not hmac.compare_digest(self._seal("1", domain, rest), seal.lower()):
            return Return(fault="its seal is not ours")
        return _address(f"SRS0{rest}@{domain}")

    def _seal(self, *parts: str) -> str:
        # Local parts may come back in other letters than they left in.
        octets = "=".join(parts).casefold().encode()
        digest = hmac.new(self._secret, octets, hashlib.sha256).digest()
        return b32encode(digest)[:_SEAL_SIZE].decode().lower()

    def _today(self) -> int:
        return int(self._clock.now() // DAY) % 1024


def _day(number: int) -> str:
    return _ALPHABET[number >> 5] + _ALPHABET[number & 31]


def _number(day: str) -> int:
    return _ALPHABET.index(day[0].lower()) * 32 + _ALPHABET.index(day[1].lower())


def _address(text: str) -> Return:
    try:
        return Return(Address.parse(text))
    except AddressError as error:
        return Return(fault=str(error))
