"""Are reports found in messages, however they are attached, and is what is none told apart?"""

import base64
import gzip
import zipfile
from io import BytesIO

import pytest

from pillarbox.senderauth.aggregate import AggregateReport
from pillarbox.senderauth.report_found import Found, ReportLimits, Unreadable, reports
from pillarbox.senderauth.tlsrpt import TlsReport

XML = (
    b"<feedback><report_metadata><org_name>R</org_name></report_metadata>"
    b"<policy_published><domain>bank.example</domain></policy_published></feedback>"
)
JSON = b'{"organization-name": "R", "policies": []}'


def zipped(content: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", content)
    return buffer.getvalue()


def part(media: str, name: str, content: bytes) -> bytes:
    head = f'Content-Type: {media}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def message(*parts: bytes) -> bytes:
    inner = b"".join(b"\r\n--b\r\n" + one for one in parts)
    return b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n" + inner + b"\r\n--b--\r\n"


def kinds(found: list[Found]) -> list[type]:
    return [type(one) for one in found]


@pytest.mark.parametrize(
    ("media", "name", "content", "kind"),
    [
        ("application/gzip", "r!d!1!2.xml.gz", gzip.compress(XML), AggregateReport),
        ("application/octet-stream", "R!D!1!2.XML.GZ", gzip.compress(XML), AggregateReport),
        ("application/x-zip-compressed", "r.zip", zipped(XML), AggregateReport),
        ("application/gzip", "wrong.gz", zipped(XML), AggregateReport), ("text/xml", "r.xml", XML, AggregateReport),
        ("application/tlsrpt+gzip", "r.json.gz", gzip.compress(JSON), TlsReport),
        ("application/tlsrpt+json", "", b"\r\n" + JSON, TlsReport),
        ("application/octet-stream", "r.json", JSON, TlsReport), ("application/gzip", "", b"rubbish", Unreadable),
    ],
)  # fmt: skip
def test_attachments(media: str, name: str, content: bytes, kind: type) -> None:
    octets = part(media, name, content)
    assert kinds(reports(message(octets))) == [kind]
    assert kinds(reports(b"Subject: alone\r\n" + octets)) == [kind]
    forwarded = message(b"Content-Type: message/rfc822\r\n\r\n" + message(octets))
    assert kinds(reports(forwarded)) == [kind]


def test_what_is_no_attachment_of_a_report_is_not_looked_at() -> None:
    assert reports(b"Subject: Report Domain: x\r\n\r\n" + XML) == []
    assert reports(message(part("image/png", "x.png", XML), part("text/plain", "x.txt", XML))) == []


def test_several_and_too_many() -> None:
    one, broken = part("text/xml", "r.xml", XML), part("text/xml", "b" * 300 + ".xml", b"<x>")
    found = reports(message(broken, one))
    assert kinds(found) == [Unreadable, AggregateReport]
    assert isinstance(found[0], Unreadable)
    assert (len(found[0].name), "no XML" in found[0].reason) == (200, True)
    assert len(reports(message(*[one] * 50))) == ReportLimits().attachments


def test_an_encoding_that_nobody_knows() -> None:
    [found] = reports(b"Content-Type: text/xml\r\nContent-Transfer-Encoding: x-rot13\r\n\r\n" + XML)
    assert isinstance(found, Unreadable)
    assert "encoding" in found.reason


def test_a_bomb_is_told_not_unpacked() -> None:
    [found] = reports(message(part("application/gzip", "r.xml.gz", gzip.compress(b"<x>" + b" " * 60_000_000))))
    assert isinstance(found, Unreadable)
    assert "unpacks to more than" in found.reason
