"""Which reports came with a message? Those in its attachments: DMARC (RFC 9990, RFC 7489) and TLS (RFC 8460).

A report says what it likes: whoever sent it must be judged by SPF, DKIM and DMARC, like anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from pillarbox.mail import transfer
from pillarbox.mail.structure import Part, ScanLimits, scan
from pillarbox.mail.texts import file_name

from . import aggregate_read, tlsrpt_json
from .aggregate import AggregateReport
from .aggregate_read import AggregateLimits
from .report_packing import ReportFault, UnpackLimits, unpack
from .tlsrpt import TlsReport
from .tlsrpt_json import TlsReportLimits

_TYPES = frozenset({
    "application/gzip", "application/x-gzip", "application/gzip-compressed", "application/zip",
    "application/x-zip", "application/x-zip-compressed", "text/xml", "application/xml",
    "application/tlsrpt+gzip", "application/tlsrpt+json",
})  # fmt: skip
# For attachments of any other type, often application/octet-stream.
_NAMES = (".xml", ".xml.gz", ".zip", ".json", ".json.gz", ".gz")
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """``attachments`` of one message that are opened."""

    attachments: int = 10
    scan: ScanLimits = field(default_factory=lambda: ScanLimits(depth=10, parts=100))
    unpack: UnpackLimits = field(default_factory=UnpackLimits)
    aggregate: AggregateLimits = field(default_factory=AggregateLimits)
    tls: TlsReportLimits = field(default_factory=TlsReportLimits)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An attachment that should be a report: ``reason`` says why it is none that can be read."""

    name: str
    reason: str


Found: TypeAlias = AggregateReport | TlsReport | Unreadable


def reports(message: bytes, limits: ReportLimits | None = None) -> list[Found]:
    """What the attachments of ``message`` hold, in their order. It may take seconds: not for the event loop."""
    bounds = limits or ReportLimits()
    found: list[Found] = []
    for part in _candidates(scan(message, bounds.scan)):
        if len(found) >= bounds.attachments:
            break
        found.append(_opened(message, part, bounds))
    return found


def _candidates(part: Part) -> Iterator[Part]:
    if part.message is not None or part.children:
        for inner in (part.message,) if part.message is not None else part.children:
            yield from _candidates(inner)
    elif f"{part.kind}/{part.subkind}" in _TYPES or file_name(part).lower().endswith(_NAMES):
        yield part


def _opened(message: bytes, part: Part, limits: ReportLimits) -> Found:
    try:
        raw = message[part.body[0] : part.body[1]]
        if len(raw) > 2 * limits.unpack.packed:
            raise ReportFault(f"it is larger than {limits.unpack.packed} octets")
        content = transfer.decode(raw, part.encoding)
        if content is None:
            raise ReportFault("its transfer encoding is unknown")
        plain = unpack(content, limits.unpack)
        if plain.lstrip(_BLANK).removeprefix(b"\xef\xbb\xbf").startswith(b"{"):
            return tlsrpt_json.read(plain, limits.tls)
        return aggregate_read.read(plain, limits.aggregate)
    except ReportFault as fault:
        return Unreadable(file_name(part)[:200], str(fault))
