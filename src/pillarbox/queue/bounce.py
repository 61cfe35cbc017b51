"""How is a report to a sender built? A delivery status notification: RFC 3461 §6, RFC 3464, RFC 6522, RFC 6533."""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header

from pillarbox.mail import ids
from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.headers import date, first
from pillarbox.store.rows import MessageRow

from .fate import Action, Fate, printable
from .status_part import About, status_part
from .wording import Letter, letter, subject

SUBJECT_MAX = 120
# RFC 5322 §2.1.1: what lies between two CRLF, at the utmost.
_LONG_LINE = re.compile(rb"[^\n]{999}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>\Z")


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """``hostname`` is the Reporting-MTA; ``postmaster`` is where a report comes from, "" for postmaster@hostname.

    ``report_content``: the octets of a message that a failure report carries back; of a larger one only the header.
    """

    hostname: str
    postmaster: str = ""
    report_content: int = 64 * 1024

    @property
    def from_address(self) -> str:
        """The address in From."""
        return self.postmaster or f"postmaster@{self.hostname}"


@dataclass(frozen=True, slots=True)
class Original:
    """The message that a report speaks of: its row, its header block, and all of its octets where they go back."""

    row: MessageRow
    header: bytes
    whole: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report: its octets, the size of its header block, and how it must travel."""

    content: bytes
    header_size: int
    body_type: str
    smtputf8: bool


@dataclass(frozen=True, slots=True)
class _Part:
    kind: bytes
    description: bytes
    encoding: bytes
    octets: bytes

    def encode(self) -> bytes:
        return (
            b"Content-Type: " + self.kind + b"\r\nContent-Description: " + self.description
            + b"\r\nContent-Transfer-Encoding: " + self.encoding + b"\r\n\r\n" + self.octets
        )  # fmt: skip


def returns_whole(row: MessageRow, action: Action, settings: ReportSettings) -> bool:
    """Whether a report carries the whole message back.

    RFC 3461 §4.3: RET counts for failures alone. Where the sender did not say, our own users get their words back, and
    a stranger, whose address may be forged, the header only. RFC 8689 §5: what needs TLS all the way is not shown.
    """
    asked = row.ret == "FULL" or (row.ret is None and row.login is not None)
    if row.tls == TlsWish.REQUIRED.value:
        return False
    return action is Action.FAILED and asked and row.body_type != "BINARYMIME" and row.size <= settings.report_content


def compose(original: Original, fates: Sequence[Fate], settings: ReportSettings, report_id: int, now: float) -> Report:
    """The report on ``fates`` (one action, at least one of them) to the sender of ``original``."""
    utf8 = original.row.smtputf8
    parts = [
        _human_part(_letter(original, settings), fates),
        _machine_part(original, fates, settings, utf8=utf8),
        _returned_part(original, settings, utf8=utf8),
    ]
    bodies = [part.encode() for part in parts]
    boundary = _boundary(ids.encode(report_id), bodies)
    header = _header(original, fates, settings, boundary, report_id, now)
    content = header + _joined(bodies, boundary)
    return Report(
        content,
        len(header),
        body_type="7BIT" if content.isascii() else "8BITMIME",
        smtputf8=not header.isascii(),
    )


# --- header ---------------------------------------------------------------------------------------------------------


def _header(
    original: Original, fates: Sequence[Fate], settings: ReportSettings, boundary: bytes, report_id: int, now: float
) -> bytes:
    fields = [
        f"From: Mail Delivery System <{settings.from_address}>",
        f"To: <{original.row.sender}>",
        f"Subject: {_ascii_subject(fates)}",
        f"Date: {date(now)}",
        f"Message-ID: <{ids.encode(report_id)}@{settings.hostname}>",
        # RFC 3834 §5: an answer to a message, made by a machine; nobody's vacation notice shall answer it.
        "Auto-Submitted: auto-replied",
        *_thread(original.header),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary.decode()}"',
    ]
    return "\r\n".join(fields).encode() + b"\r\n\r\n"


def _ascii_subject(fates: Sequence[Fate]) -> str:
    """The Subject; an international address is written with A-labels, or left out where that does not help."""
    text = printable(subject(fates))
    if text.isascii():
        return text
    shown = printable(fates[0].recipient)
    return text.replace(shown, _in_ascii(shown))


def _in_ascii(recipient: str) -> str:
    try:
        address = Address.parse(recipient)
    except AddressError:
        return "one recipient"
    return str(Address(address.local, address.ascii_domain)) if address.local.isascii() else "one recipient"


def _thread(header: bytes) -> list[str]:
    """RFC 3834 §3.1.5: the fields by which a mail program puts the report beside the message."""
    field = first(header, b"Message-ID")
    if field is None or not _MESSAGE_ID.match(field.value):
        return []
    return [f"In-Reply-To: {field.value}", f"References: {field.value}"]


# --- parts ----------------------------------------------------------------------------------------------------------


def _letter(original: Original, settings: ReportSettings) -> Letter:
    row = original.row
    return Letter(settings.hostname, ids.encode(row.id), row.arrived, decoded_subject(original.header))


def decoded_subject(header: bytes) -> str:
    """The Subject as people read it (RFC 2047 decoded), bounded and on one line; as it stands where it is broken."""
    field = first(header, b"Subject")
    if field is None:
        return ""
    raw = field.value[: 4 * SUBJECT_MAX]
    try:
        text = str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        text = raw
    return printable(text)[:SUBJECT_MAX].strip()


def _human_part(about: Letter, fates: Sequence[Fate]) -> _Part:
    text = letter(about, fates).replace("\n", "\r\n").encode("utf-8", "replace")
    description = b"What happened, in words"
    if text.isascii():
        return _Part(b"text/plain; charset=us-ascii", description, b"7bit", text)
    return _Part(b"text/plain; charset=utf-8", description, b"quoted-printable", _quoted_printable(text))


def _machine_part(original: Original, fates: Sequence[Fate], settings: ReportSettings, *, utf8: bool) -> _Part:
    row = original.row
    about = About(settings.hostname, ids.encode(row.id), row.arrived, row.envelope_id)
    octets = status_part(about, fates, utf8=utf8)
    description = b"What happened, for programs"
    if octets.isascii():
        return _Part(b"message/delivery-status", description, b"7bit", octets)
    # RFC 6533 §3 allows an encoding here, so the report passes any server.
    return _Part(b"message/global-delivery-status", description, b"quoted-printable", _quoted_printable(octets))


def _returned_part(original: Original, settings: ReportSettings, *, utf8: bool) -> _Part:
    whole = original.whole
    if whole is not None and not _LONG_LINE.search(whole) and b"\0" not in whole:
        kind = b"message/global" if utf8 and not original.header.isascii() else b"message/rfc822"
        # RFC 2046 §5.2.1: a message within a message is never encoded anew.
        return _Part(kind, b"Your message", b"7bit" if whole.isascii() else b"8bit", whole)
    return _header_part(_bounded(original.header, settings.report_content), utf8=utf8)


def _header_part(header: bytes, *, utf8: bool) -> _Part:
    description = b"The header of your message"
    if header.isascii() and b"\0" not in header and not _LONG_LINE.search(header):
        return _Part(b"text/rfc822-headers", description, b"7bit", header)
    kind = b"message/global-headers" if utf8 else b"text/rfc822-headers"
    return _Part(kind, description, b"quoted-printable", _quoted_printable(header))


def _bounded(header: bytes, most: int) -> bytes:
    """At most ``most`` octets of the header, whole lines."""
    return header if len(header) <= most else header[: header.rfind(b"\r\n", 0, most) + 2]


def _quoted_printable(octets: bytes) -> bytes:
    """RFC 2045 §6.7, line by line, so that CRLF stays a line end and lines stay within 76."""
    return b"\r\n".join(b2a_qp(line, istext=False).replace(b"=\n", b"=\r\n") for line in octets.split(b"\r\n"))


# --- together -------------------------------------------------------------------------------------------------------


def _boundary(token: str, bodies: Sequence[bytes]) -> bytes:
    """A boundary that no part holds (RFC 2046 §5.1.1), the same for the same report."""
    number = 0
    while True:
        boundary = f"report-{token}-{number}".encode()
        if not any(b"--" + boundary in body for body in bodies):
            return boundary
        number += 1


def _joined(bodies: Sequence[bytes], boundary: bytes) -> bytes:
    mark = b"--" + boundary
    return b"".join(mark + b"\r\n" + body + b"\r\n" for body in bodies) + mark + b"--\r\n"
