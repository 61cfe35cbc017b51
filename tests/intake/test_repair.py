"""Is what a user's message lacks added, and a message that cannot be put right refused? RFC 6409 §6 and §8."""

import pytest

from pillarbox.intake.repair import Repaired, repair
from pillarbox.mail.address import Address

ANN = Address.parse("ann@example.test")
WHOLE = b"From: <ann@example.test>\r\nDate: Mon, 23 Nov 2026 19:39:28 +0000\r\nMessage-ID: <1@x>\r\n\r\n"


def look(header: bytes, sender: Address | None = ANN) -> Repaired:
    return repair(header, sender, "mx.example.test", lambda: "unique", 1_800_000_000.0)


def test_a_whole_header_stays_as_it_is() -> None:
    repaired = look(WHOLE)
    assert (repaired.head, repaired.added, repaired.refusal) == (b"", [], None)
    assert repaired.authors == [ANN]


def test_what_is_missing_is_added() -> None:
    repaired = look(b"Subject: x\r\n\r\n")
    assert repaired.refusal is None
    assert repaired.added == ["From", "Date", "Message-ID"]
    assert repaired.head == (
        b"From: <ann@example.test>\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <unique@mx.example.test>\r\n"
    )


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        ("ann@example.test", ["ann@example.test"]),
        ("Ann Otter <ann@example.test>", ["ann@example.test"]),
        ('"bank@bank.test" <ann@example.test>', ["ann@example.test"]),
        ("ann@example.test <ann@example.test>", ["ann@example.test"]),  # no quotes: wrong, and usual
        ("Ann\r\n <ann@example.test>", ["ann@example.test"]),
        ("ann@example.test, bob@example.test", ["ann@example.test", "bob@example.test"]),
        ("(ann@example.test) bob@example.test", ["bob@example.test"]),
    ],
)
def test_authors(value: str, authors: list[str]) -> None:
    repaired = look(f"From: {value}\r\n\r\n".encode())
    assert repaired.refusal is None
    assert [str(author) for author in repaired.authors] == authors


@pytest.mark.parametrize(
    "header",
    [
        b"From: a@b.test\r\nFrom: c@d.test\r\n\r\n",
        b"From: a@b.test\r\nfrom : c@d.test\r\n\r\n",
        b"From: a@b.test\r\nSender: c@d.test\r\nSender: e@f.test\r\n\r\n",
        b"From: \r\n\r\n",
        b"From: nobody\r\n\r\n",
        b"From: Friends: ;\r\n\r\n",
    ],
)
def test_what_cannot_be_put_right(header: bytes) -> None:
    refusal = look(header).refusal
    assert refusal is not None
    assert refusal.code == 550


def test_a_sender_field_is_an_author_too() -> None:
    repaired = look(b"From: ann@example.test\r\nSender: bob@example.test\r\n\r\n")
    assert [str(author) for author in repaired.authors] == ["ann@example.test", "bob@example.test"]


def test_nobody_at_all() -> None:
    assert look(b"Subject: x\r\n\r\n", sender=None).refusal is not None
