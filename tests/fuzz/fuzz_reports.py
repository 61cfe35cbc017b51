"""Does reading reports survive whatever is attached? XML, JSON, gzip and ZIP, alone and in messages.

Nothing but ReportFault may be raised, nothing unpacks beyond its bound, and what was read can be written and read
again.
"""

import base64
import gzip
import json
import random
import zipfile
from io import BytesIO

from fuzz.rounds import mutate
from pillarbox.senderauth import aggregate_read, aggregate_xml, tlsrpt_json
from pillarbox.senderauth.aggregate import AggregateReport
from pillarbox.senderauth.aggregate_read import AggregateLimits
from pillarbox.senderauth.report_found import ReportLimits, Unreadable, reports
from pillarbox.senderauth.report_packing import ReportFault, UnpackLimits, unpack
from pillarbox.senderauth.tlsrpt import TlsReport
from senderauth.test_aggregate_read import OLD
from senderauth.test_tlsrpt_json import EXAMPLE

UNPACK = UnpackLimits(packed=100_000, unpacked=80_000, always=20_000, ratio=20, members=5)
LIMITS = ReportLimits(attachments=3, unpack=UNPACK, aggregate=AggregateLimits(rows=50, elements=500))
XML = OLD.encode()
JSON = json.dumps(EXAMPLE).encode()
SPICE = (
    b"<", b">", b"&", b"&lt;", b"&#13;", b"&#x10FFFF;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?x?>", b"<record>",
    b"</record>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"\0", b"\xff", b"\xc3\x84", b"xmlns='u'", b"<x>" * 50,
    b"{", b"}", b"[", b"]", b'"', b"\\ud83d", b"null", b"-1", b"1e999", b"9" * 400, b"[" * 2_000, b"PK\x01\x02",
    b"\x1f\x8b",
)  # fmt: skip


def zipped(content: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", content)
    return buffer.getvalue()


PACKED = (gzip.compress(XML, mtime=0), gzip.compress(JSON, mtime=0), zipped(XML), gzip.compress(b"x" * 90_000, mtime=0))


def one_case(seed: int) -> None:
    """One of the four."""
    dice = random.Random(seed)
    dice.choice((_xml, _json, _packed, _message))(dice)


def _xml(dice: random.Random) -> None:
    try:
        report = aggregate_read.read(mutate(XML, dice, SPICE), LIMITS.aggregate)
    except ReportFault:
        return
    _check(report)


def _json(dice: random.Random) -> None:
    try:
        report = tlsrpt_json.read(mutate(JSON, dice, SPICE))
    except ReportFault:
        return
    _check(report)


def _check(report: AggregateReport | TlsReport) -> None:
    if isinstance(report, TlsReport):
        assert tlsrpt_json.read(tlsrpt_json.write(report)).policies == report.policies
    else:
        assert aggregate_read.read(aggregate_xml.write(report), LIMITS.aggregate).rows == report.rows


def _packed(dice: random.Random) -> None:
    try:
        plain = unpack(mutate(dice.choice(PACKED), dice, SPICE[-8:]), UNPACK)
    except ReportFault:
        return
    assert len(plain) <= UNPACK.unpacked


def _message(dice: random.Random) -> None:
    content = base64.encodebytes(mutate(dice.choice(PACKED), dice, SPICE))
    part = b"Content-Type: application/gzip; name=r.xml.gz\nContent-Transfer-Encoding: base64\n\n" + content
    whole = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b\n" + part + b"\n--b--\n"
    found = reports(mutate(whole, dice, (b"--b\n", b"\n\n", b"Content-Type: text/xml\n")), LIMITS)
    assert len(found) <= LIMITS.attachments
    for one in found:
        if not isinstance(one, Unreadable):
            _check(one)
