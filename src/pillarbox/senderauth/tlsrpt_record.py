"""Where does a domain want reports on TLS? RFC 8460 §3: the TXT record at _smtp._tls."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from pillarbox.mail.address import Address, AddressError

from .asking import Check, Kind, Question, Status

RECORD_MAX = 8_192
"""Octets of a record; a longer one is none."""
DESTINATIONS_MAX = 5
"""Addresses of one record that reports go to."""

# tlsrpt-record (§3): the version first, then rua, then extensions, with semicolons between.
_RECORD = re.compile(r"v=TLSRPTv1[ \t]*;[ \t]*rua=([^;]+)(?:;|\Z)")


@dataclass(frozen=True, slots=True)
class TlsDestinations:
    """``mail`` addresses and ``web`` addresses (https, §3); ``again``: DNS was silent. ``reason`` is for people."""

    mail: tuple[Address, ...] = ()
    web: tuple[str, ...] = ()
    reason: str = ""
    again: bool = False


def parse(octets: bytes) -> TlsDestinations | None:
    """What one TXT record says; None for what is no such record."""
    match = _RECORD.match(octets.decode("utf-8", "replace")) if len(octets) <= RECORD_MAX else None
    if match is None:
        return None
    mail: dict[Address, None] = {}
    web: dict[str, None] = {}
    for uri in match[1].split(","):
        scheme, _, rest = uri.strip().partition(":")
        if scheme.lower() == "https" and rest.startswith("//") and len(web) < DESTINATIONS_MAX:
            web[f"https:{rest}"] = None
        elif scheme.lower() == "mailto" and len(mail) < DESTINATIONS_MAX:
            address = _address(rest)
            if address is not None:
                mail[address] = None
    return TlsDestinations(tuple(mail), tuple(web))


def destinations(domain: str) -> Check[TlsDestinations]:
    """Where reports on mail to ``domain`` go; nowhere unless there is exactly one record (§3)."""
    [answer] = yield [Question(Kind.TXT, f"_smtp._tls.{domain}")]
    if answer.status is Status.FAILED:
        reason = f"_smtp._tls.{domain} could not be looked up: {answer.reason or 'DNS gave no answer'}"
        return TlsDestinations(reason=reason, again=True)
    texts = [text for text in answer.records if isinstance(text, bytes)]
    # §3: "records that do not begin with v=TLSRPTv1; are discarded"; of several that are left none counts.
    found = [text for text in texts if text.startswith(b"v=TLSRPTv1")]
    if len(found) != 1:
        return TlsDestinations(reason=f"{domain} has {len(found)} records that ask for reports on TLS")
    return parse(found[0]) or TlsDestinations(reason=f"the record at _smtp._tls.{domain} names no address")


def _address(text: str) -> Address | None:
    try:
        address = Address.parse(unquote(text.partition("?")[0]))
    except AddressError:
        return None
    return address if address.domain and address.literal is None else None
