"""Which keys does all trust begin with? Those of the root, as IANA publishes them: RFC 9718."""

from collections.abc import Iterable

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

# https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024, which begins to sign in October 2026.
ROOT = """\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""


def parse_anchors(text: str) -> tuple[DS, ...]:
    """The DS and DNSKEY lines of a zone file with nothing but those of the root; ValueError says what is wrong.

    TTL and class may be missing, and ";" begins a comment: what unbound-anchor, dig and IANA write can be read.
    """
    anchors = tuple(_anchors(text.splitlines()))
    if not anchors:
        raise ValueError("there is no trust anchor in it: a line as `. IN DS 20326 8 2 E06D...` is wanted")
    return anchors


def _anchors(lines: Iterable[str]) -> Iterable[DS]:
    for number, line in enumerate(lines, 1):
        words = line.partition(";")[0].split()
        if not words:
            continue
        rest = [word for word in words[1:] if word.upper() != "IN" and not (word.isdigit() and word == words[1])]
        if words[0] != "." or len(rest) < 2 or rest[0].upper() not in {"DS", "DNSKEY"}:
            raise ValueError(f"line {number} is no DS or DNSKEY of the root: {line[:80]!r}")
        try:
            record = dns.rdata.from_text(dns.rdataclass.IN, rest[0].upper(), " ".join(rest[1:]))
        except (dns.exception.DNSException, ValueError) as error:
            raise ValueError(f"line {number} cannot be read: {error}") from error
        yield _digest(record)


def _digest(record: dns.rdata.Rdata) -> DS:
    if isinstance(record, DS):
        return record
    assert isinstance(record, DNSKEY)
    from dns import dnssec  # noqa: PLC0415  80 ms at the first time; who never asks never pays

    return dnssec.make_ds(dns.name.root, record, "SHA256")
