"""What is a mailbox address, and how is it written? RFC 5321 §4.1.2, RFC 6531 §3.3, RFC 5890.

One parser serves policy, delivery and the screens alike: two opinions on what an address means are how mail
servers become open relays.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import idna

# RFC 5321 §4.5.3.1: octets of a local part, of a domain, of a whole path.
LOCAL_MAX = 64
DOMAIN_MAX = 255
PATH_MAX = 256

# atext of RFC 5322 §3.2.3; RFC 6531 §3.3 adds every non-ASCII character. Written as what is left out: a class that
# names all of Unicode takes long to compile and much memory.
_ATEXT = r"""[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+"""
_DOT_STRING = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*\Z")
# sub-domain of RFC 5321 §4.1.2, and the underscore that real host names carry.
_LET_DIG = r"[^\x00-/:-@\[-^`{-\x7f]"
_LET_DIG_HYPHEN = r"[^\x00-,./:-@\[-^`{-\x7f]"
_LABEL = rf"{_LET_DIG}(?:{_LET_DIG_HYPHEN}{{0,61}}{_LET_DIG})?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_QUOTED = re.compile(r'"(?:[^\x00-\x1f"\\\x7f]|\\[ -~])*"\Z')
_PLAIN = re.compile(r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([A-Za-z0-9.-]{1,253})\Z")
_QUOTE_PAIR = re.compile(r"\\(.)")


class AddressError(ValueError):
    """The text is no address; ``str(error)`` says why in words a person can use."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: ``local@domain``.

    ``local`` is unquoted and keeps its case (RFC 5321 §2.4); ``domain`` is lower case, as U-labels where it was
    written so, or a literal in brackets. An empty ``domain`` is the bare ``postmaster`` of RFC 5321 §4.5.1.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """The address that ``text`` spells; AddressError when it spells none."""
        return _parse(text)

    def __str__(self) -> str:
        return _written(self.local, self.domain)

    @property
    def is_ascii(self) -> bool:
        """False when only SMTPUTF8 can carry the local part or the domain (RFC 6531)."""
        return self.local.isascii() and self.domain.isascii()

    @property
    def ascii_domain(self) -> str:
        """The domain as A-labels (RFC 5890), the form for DNS and for comparing."""
        return to_ascii(self.domain)

    @property
    def literal(self) -> IPv4Address | IPv6Address | None:
        """The IP address of an address literal, ``user@[192.0.2.1]``; None for a name."""
        return parse_literal(self.domain)

    @property
    def key(self) -> str:
        """The form under which our own mailboxes are compared: local part without case, domain as A-labels."""
        return f"{self.local.casefold()}@{self.ascii_domain}"


@lru_cache(maxsize=4096)
def _written(local: str, domain: str) -> str:
    quoted = local if _DOT_STRING.match(local) else _quote(local)
    return f"{quoted}@{domain}" if domain else quoted


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address:
    plain = _PLAIN.match(text)
    if plain is not None:
        local, domain = plain.groups()
        if _DOT_STRING.match(local) and _DOMAIN.match(domain):
            return Address(local, domain.lower())
    return _parse_slowly(text)


def _parse_slowly(text: str) -> Address:
    if len(text.encode("utf-8", "surrogatepass")) > PATH_MAX:
        raise AddressError(f"an address is at most {PATH_MAX} octets long")
    if text.lower() == "postmaster":
        return Address(text, "")
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError("an address needs an @ between the name and the domain")
    return Address(_local_part(local), parse_domain(domain))


def _local_part(text: str) -> str:
    if text.startswith('"'):
        if not _QUOTED.match(text):
            raise AddressError("the quoted name before the @ is not closed or holds a character that may not be there")
        value = _QUOTE_PAIR.sub(r"\1", text[1:-1])
    elif _DOT_STRING.match(text):
        value = text
    else:
        raise AddressError("the name before the @ is empty or holds a character that must be quoted")
    if not value or len(value.encode("utf-8", "surrogatepass")) > LOCAL_MAX:
        raise AddressError(f"the name before the @ must have 1 to {LOCAL_MAX} octets")
    return value


def parse_domain(text: str) -> str:
    """A domain name in lower case, or an address literal in brackets; AddressError for anything else."""
    if text.startswith("["):
        if parse_literal(text) is None:
            raise AddressError("the address literal after the @ is no IPv4 or IPv6 address")
        return text.lower()
    if not _DOMAIN.match(text):
        raise AddressError("the domain after the @ is empty or holds a character that no host name has")
    domain = text.lower()
    if len(to_ascii(domain)) > DOMAIN_MAX:
        raise AddressError(f"a domain is at most {DOMAIN_MAX} octets long")
    return domain


@lru_cache(maxsize=4096)
def to_ascii(domain: str) -> str:
    """The domain as lower-case A-labels; AddressError where IDNA (UTS 46, non-transitional) has no form for it."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressError(f"the domain cannot be written in DNS: {error}") from error


def parse_literal(text: str) -> IPv4Address | IPv6Address | None:
    """The IP inside ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]`` (RFC 5321 §4.1.3); None when it is neither."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    inner = text[1:-1]
    try:
        if inner[:5].lower() == "ipv6:":
            return IPv6Address(inner[5:])
        return IPv4Address(inner)
    except ValueError:
        return None


def _quote(local: str) -> str:
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
