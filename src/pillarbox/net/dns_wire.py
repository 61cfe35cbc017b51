"""How are questions and answers written in DNS messages? RFC 1035 §4, by means of dnspython's wire format.

Only its message classes are imported: its resolver costs a quarter of a second at start, and brings its own I/O.
"""

import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TLSA import TLSA
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from .dns import Address, Kind, Mx, Tlsa

Record: TypeAlias = Address | Mx | Tlsa | bytes | str

# RFC 9715 §3.1: what fits everywhere without being cut into fragments.
PAYLOAD = 1232
# RFC 8767 and common sense: no list of mail hosts or addresses that we use is longer.
RECORDS_MAX = 100
# RFC 1034 §3.6.2 asks not to chain; real zones do, loops do endlessly.
CNAME_MAX = 8

_HEADER = struct.Struct("!HHHHHH")
_TRUNCATED = 0x0200
_IS_RESPONSE = 0x8000


class BadName(ValueError):
    """The text is no domain name."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it goes over the wire; ``id`` must be unpredictable (RFC 5452 §9).

    ``signatures``: DO, those of DNSSEC shall come along (RFC 3225). ``unchecked``: CD, the server shall not keep back
    what it thinks is bogus (RFC 4035 §3.2.2).
    """

    name: str
    kind: Kind
    id: int
    signatures: bool = False
    unchecked: bool = False

    def encode(self, edns: bool = True) -> bytes:
        """The query message; BadName when the name cannot be written."""
        query = dns.message.make_query(
            parse_name(self.name),
            dns.rdatatype.RdataType(self.kind),
            use_edns=0 if edns else False,
            payload=PAYLOAD,
            ednsflags=dns.flags.DO if self.signatures else 0,
            id=self.id,
            # RFC 6840 §5.7: AD in a query asks to be told
            flags=dns.flags.RD | dns.flags.AD | (dns.flags.CD if self.unchecked else 0),
        )
        return query.to_wire()


@dataclass(frozen=True, slots=True)
class Response:
    """What one server said. ``rcode`` as text. ``canonical`` is where its CNAME chain ends.

    ``ttl``: the smallest in the chain, or of a negative answer what RFC 2308 §5 gives (0: it may not be kept).
    """

    rcode: str
    records: tuple[Record, ...]
    ttl: int
    canonical: str
    authenticated: bool


def parse_name(name: str) -> dns.name.Name:
    """``name`` (A-labels) as an absolute name; BadName when it is none."""
    try:
        return dns.name.from_text(name, dns.name.root, idna_codec=None)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise BadName(f"{name!r} is no domain name: {error}") from error


def is_answer_to(wire: bytes, question: Question, asked: bytes) -> bool:
    """``wire`` answers the query ``asked``: the same id and the same question, octet for octet but for case."""
    if len(wire) < _HEADER.size:
        return False
    header: tuple[int, ...] = _HEADER.unpack_from(wire)
    number, flags, questions = header[:3]
    if number != question.id or not flags & _IS_RESPONSE:
        return False
    if not questions:  # some servers leave the question out when they refuse
        return flags & 0xF != 0
    end = asked.index(b"\0", _HEADER.size) + 5
    return bool(wire[_HEADER.size : end].lower() == asked[_HEADER.size : end].lower())


def is_truncated(wire: bytes) -> bool:
    """The TC bit: the whole answer must be asked for over TCP (RFC 7766 §5)."""
    return bool(_HEADER.unpack_from(wire)[1] & _TRUNCATED)


def parse(wire: bytes) -> dns.message.Message:
    """The message in ``wire``; ValueError when it is none."""
    try:
        return dns.message.from_wire(wire, ignore_trailing=True, one_rr_per_rrset=False)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise ValueError(f"the answer cannot be read: {type(error).__name__}") from error


def read(wire: bytes, question: Question) -> Response:
    """The response in ``wire``; ValueError when it makes no sense."""
    return understand(parse(wire), question)


def understand(message: dns.message.Message, question: Question) -> Response:
    """What ``message`` says to ``question``; ValueError when it makes no sense."""
    try:
        return _response(message, question)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise ValueError(f"the answer cannot be read: {type(error).__name__}") from error


def complaint(message: dns.message.Message) -> str:
    """Why a server has no answer: its rcode and what it adds (RFC 8914); at most 200 characters."""
    text = dns.rcode.to_text(message.rcode())
    for option in message.options:
        if isinstance(option, dns.edns.EDEOption):
            words = dns.edns.EDECode.to_text(option.code).replace("_", " ").lower()
            more = "".join(char for char in option.text or "" if char.isprintable())
            return f"{text} ({words}{': ' if more else ''}{more})"[:200]
    return text


def complains_of_bogus(message: dns.message.Message) -> bool:
    """The server says that DNSSEC is what failed (RFC 8914 §4.7 to §4.13)."""
    codes = {option.code for option in message.options if isinstance(option, dns.edns.EDEOption)}
    return any(dns.edns.EDECode.DNSSEC_BOGUS <= code <= dns.edns.EDECode.NSEC_MISSING for code in codes)


def _response(message: dns.message.Message, question: Question) -> Response:
    rcode = dns.rcode.to_text(message.rcode())
    canonical, chain_ttl = _follow(message, parse_name(question.name), question.kind)
    wanted = message.get_rrset(message.answer, canonical, dns.rdataclass.IN, dns.rdatatype.RdataType(question.kind))
    records = () if wanted is None else records_of(wanted)
    ttl = min(chain_ttl, wanted.ttl) if wanted is not None and records else min(chain_ttl, negative_ttl(message))
    return Response(rcode, records, ttl, text_of(canonical), bool(message.flags & dns.flags.AD))


def _follow(message: dns.message.Message, name: dns.name.Name, kind: Kind) -> tuple[dns.name.Name, int]:
    """The end of the CNAME chain within the answer, and the smallest TTL on the way."""
    ttl = 2**31 - 1
    for _ in range(CNAME_MAX):
        alias = message.get_rrset(message.answer, name, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if alias is None or not len(alias) or kind is Kind.CNAME:
            return name, ttl
        name, ttl = alias[0].target, min(ttl, alias.ttl)
    raise ValueError("a chain of aliases that does not end")


def negative_ttl(message: dns.message.Message) -> int:
    """RFC 2308 §5: the smaller of the SOA's TTL and its MINIMUM; without a SOA the answer is not to be kept."""
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.SOA and len(rrset):
            return int(min(rrset.ttl, rrset[0].minimum))
    return 0


def records_of(rrset: dns.rrset.RRset) -> tuple[Record, ...]:
    """Its records as our values, no more than RECORDS_MAX; ValueError for kinds that we have no value for."""
    return tuple(_record(rdata) for _, rdata in zip(range(RECORDS_MAX), rrset, strict=False))


def _record(rdata: dns.rdata.Rdata) -> Record:
    match rdata:
        case A() | AAAA():
            return ip_address(rdata.address)
        case MX():
            return Mx(int(rdata.preference), text_of(rdata.exchange))
        case TXT():
            return b"".join(rdata.strings)
        case PTR() | CNAME() | NS():
            return text_of(rdata.target)
        case TLSA():
            return Tlsa(int(rdata.usage), int(rdata.selector), int(rdata.mtype), rdata.cert)
        case _:
            raise ValueError(f"a record of type {rdata.rdtype}, which nothing asked for")


def text_of(name: dns.name.Name) -> str:
    """Lower case, no last dot, "" for the root; odd octets stay escaped as \\DDD (RFC 1035 §5.1)."""
    return "" if name == dns.name.root else name.to_text(omit_final_dot=True).lower()
