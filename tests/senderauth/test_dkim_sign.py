"""Do our signatures say what they cover, and cover what they should? RFC 6376 §5."""

import re

import pytest

from pillarbox.senderauth import dkim
from senderauth.letters import BODY, HEADER, NOW, checked, digest, ed25519, parted, rsa, signed, zone

HASH = digest(BODY)


def test_two_keys_over_one_message() -> None:
    settings = dkim.SignSettings()
    signers = [
        dkim.Signer("mailer.example", "r1", rsa(), settings),
        dkim.Signer("mailer.example", "e1", ed25519(), settings),
    ]
    message = dkim.sign_all(signers, HEADER, HASH, NOW) + HEADER + b"\r\n" + BODY
    found = checked(message, zone(r1=rsa(), e1=ed25519()))
    assert [(each.result.value, each.selector, each.bits) for each in found] == [
        ("pass", "r1", 2048),
        ("pass", "e1", 256),
    ]


def test_the_field_is_mail() -> None:
    top = parted(signed(rsa()))[0][: -len(HEADER) - 2]
    lines = top.split(b"\r\n")
    assert lines.pop() == b""
    assert lines[0].startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;")
    assert all(line.startswith(b"\t") for line in lines[1:])
    assert max(map(len, lines)) <= 78
    assert re.search(rb"\tt=1800000000;\r\n", top)


def test_a_signature_may_end() -> None:
    signer = dkim.Signer("mailer.example", "e1", ed25519(), dkim.SignSettings(lifetime=100))
    message = signer.field(HEADER, HASH, NOW) + HEADER + b"\r\n" + BODY
    names = zone(e1=ed25519())
    assert checked(message, names, NOW + 100)[0].result.value == "pass"
    assert checked(message, names, NOW + 100 + 3601)[0].result.value == "permerror"


@pytest.mark.parametrize(
    "name",
    ["From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version",
     "Content-Type", "Content-Transfer-Encoding"],
)  # fmt: skip
def test_nothing_can_be_added(name: str) -> None:
    message = signed(ed25519(), "e1")
    names = zone(e1=ed25519())
    for forged in (
        f"{name}: x\r\n".encode() + message,
        message.replace(b"\r\n\r\n", f"\r\n{name}: x\r\n\r\n".encode(), 1),
    ):
        assert checked(forged, names)[0].result.value == "fail"


def test_trace_and_list_fields_may_be_added() -> None:
    message = b"Received: x\r\nList-Id: <x.example>\r\nSender: y@list.example\r\n" + signed(ed25519(), "e1")
    assert checked(message, zone(e1=ed25519()))[0].result.value == "pass"


def test_every_one_of_several_is_signed() -> None:
    header = b"List-Post: <a>\r\nlist-post: <b>\r\n" + HEADER
    message = signed(ed25519(), "e1", header)
    names = zone(e1=ed25519())
    assert checked(message, names)[0].result.value == "pass"
    assert checked(message.replace(b"<a>", b"<c>"), names)[0].result.value == "fail"
    assert checked(message.replace(b"<b>", b"<c>"), names)[0].result.value == "fail"


@pytest.mark.parametrize("header", [b"", b"To: x\r\n", b"From: a\nTo: b\r\n", b"From: a\r\n\rTo: b\r\n"])
def test_what_cannot_be_signed(header: bytes) -> None:
    signer = dkim.Signer("mailer.example", "e1", ed25519(), dkim.SignSettings())
    with pytest.raises(dkim.UnsoundHeader):
        signer.field(header, HASH, NOW)


def test_a_long_header_is_folded() -> None:
    header = b"From: a\r\n" + b"Autocrypt: x\r\n" * 50
    message = signed(ed25519(), "e1", header)
    assert max(map(len, message.split(b"\r\n"))) <= 78
    assert checked(message, zone(e1=ed25519()))[0].result.value == "pass"
