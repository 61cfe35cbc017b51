"""How does a report travel? As a letter with one attachment: RFC 9990 §2.5.2 for DMARC, RFC 8460 §5.3 for TLS."""

import re
from base64 import encodebytes
from dataclasses import dataclass

from pillarbox.mail.address import Address
from pillarbox.mail.headers import date

from . import aggregate_xml, tlsrpt_json
from .aggregate import AggregateReport, passing
from .organisation import canonical
from .report_packing import pack
from .tlsrpt import TlsReport

# ridfmt (RFC 9990 §2.5.1): dot-atom-text, an @ and another allowed between.
_REPORT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:[.@][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_NO_UNIQUE = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Sending:
    """Who writes, and when. ``submitter``: the domain that reports, as A-labels; ``sender``: the From; ``now``: POSIX
    seconds. DKIM must sign what is made, with a domain aligned to ``sender``."""

    submitter: str
    sender: Address
    now: float


@dataclass(frozen=True, slots=True)
class Letter:
    """``content``: the message, CRLF; ``attachment``: octets of the packed report as they travel, which the size that a
    rua allows is compared with; ``file_name``: stays the same when it is sent again."""

    content: bytes
    file_name: str
    attachment: int


def aggregate_letter(report: AggregateReport, recipient: Address, sending: Sending) -> Letter:
    """A DMARC report to one address. ValueError for a domain or report id that may not stand in a Subject."""
    metadata, domain = report.metadata, report.policy.domain
    good, all_of_them = passing(report)
    text = (
        f"This is a DMARC report about mail in the name of {domain},\r\n"
        f"received by {sending.submitter} from {date(metadata.begin)}\r\nto {date(metadata.end)}: "
        f"{good} of {all_of_them} messages passed.\r\n"
        "The attachment is for programs (RFC 9990).\r\n"
    )
    shape = _Shape(domain, metadata.report_id, metadata.begin, metadata.end, "xml.gz", "application/gzip")
    return shape.letter(recipient, sending, text, pack(aggregate_xml.write(report)), "multipart/mixed", ())


def tls_letter(report: TlsReport, domain: str, recipient: Address, sending: Sending) -> Letter:
    """A report on TLS about ``domain`` to one address. ValueError as above."""
    failures = sum(one.failures for one in report.policies)
    sessions = failures + sum(one.successes for one in report.policies)
    text = (
        f"This is a report on TLS for mail to {domain},\r\n"
        f"sent by {sending.submitter} from {date(report.begin)}\r\nto {date(report.end)}: "
        f"{failures} of {sessions} sessions failed.\r\n"
        "The attachment is for programs (RFC 8460).\r\n"
    )
    shape = _Shape(domain, report.report_id, report.begin, report.end, "json.gz", "application/tlsrpt+gzip")
    fields = (
        f"TLS-Report-Domain: {domain}",
        f"TLS-Report-Submitter: {sending.submitter}",
        # RFC 8460 §3: a report on TLS that does not work must not wait for TLS that works (RFC 8689 §5).
        "TLS-Required: No",
    )
    kind = 'multipart/report; report-type="tlsrpt"'
    return shape.letter(recipient, sending, text, pack(tlsrpt_json.write(report)), kind, fields)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the two kinds of letters have in common, and in what they differ."""

    domain: str
    report_id: str
    begin: int
    end: int
    extension: str
    media_type: str

    def letter(
        self, recipient: Address, sending: Sending, text: str, report: bytes, kind: str, fields: tuple[str, ...]
    ) -> Letter:
        if not _REPORT_ID.match(self.report_id):
            raise ValueError(f"{self.report_id!r} is no report id")
        if canonical(self.domain) != self.domain or canonical(sending.submitter) != sending.submitter:
            raise ValueError("domains in reports are lower-case A-labels")
        unique = _NO_UNIQUE.sub("", self.report_id)
        # The same letter whenever it is made again: ids and boundaries come from the report's own id.
        boundary, name = f"report-{unique}", self._file_name(sending.submitter, unique)
        encoded = encodebytes(report).replace(b"\n", b"\r\n")
        header = (
            f"From: {sending.sender}",
            f"To: {recipient}",
            f"Subject: Report Domain: {self.domain}",
            f" Submitter: {sending.submitter}",
            f" Report-ID: <{self.report_id}>",
            f"Date: {date(sending.now)}",
            f"Message-ID: <{self.report_id.replace('@', '.')}.{self.extension[0]}@{sending.submitter}>",
            "Auto-Submitted: auto-generated",  # RFC 3834 §5
            *fields,
            "MIME-Version: 1.0",
            f'Content-Type: {kind};\r\n boundary="{boundary}"',
        )
        parts = (
            f"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{text}"
            f"\r\n--{boundary}\r\nContent-Type: {self.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'
        )
        octets = "\r\n".join(header).encode() + parts.encode() + encoded + f"--{boundary}--\r\n".encode()
        return Letter(octets, name, len(encoded))

    def _file_name(self, submitter: str, unique: str) -> str:
        """RFC 9990 §2.5.2 and RFC 8460 §5.1, which agree."""
        return f"{submitter}!{self.domain}!{self.begin}!{self.end}!{unique}.{self.extension}"
