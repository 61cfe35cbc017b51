"""What a mailbox adds to a message, and how it knows that a message goes in circles."""

from pillarbox.deliver.local import DELIVERED_BEFORE, filing, refusal
from pillarbox.mail.headers import glance
from pillarbox.store.rows import Filing


def test_the_lines_of_one_mailbox() -> None:
    expected = b"Return-Path: <eve@far.example>\r\nDelivered-To: ann+x@example.org\r\n"
    assert filing(1, "ann+x@example.org", "eve@far.example") == Filing(1, "ann+x@example.org", expected, "INBOX")
    assert filing(1, "ann@example.org", "", "Junk").folder == "Junk"
    assert filing(1, "ann@example.org", "").prefix.startswith(b"Return-Path: <>\r\n")


def test_international_addresses_stand_as_utf8() -> None:
    assert filing(1, "änn@bücher.example", "").prefix.endswith("Delivered-To: änn@bücher.example\r\n".encode())


HEADER = (
    b"Received: from x\r\n\tdelivered-to: folded@example.org\r\n"
    b"delivered-to : Ann@Example.org \r\nSubject: Delivered-To: not@example.org\r\nDELIVERED-TO:bob@example.org\r\n\r\n"
)


def test_where_a_message_was_before() -> None:
    assert glance(HEADER).delivered_to == {"ann@example.org", "bob@example.org"}
    assert glance(b"Subject: x\r\n\r\n").delivered_to == frozenset()
    assert glance(b"Delivered-To: ann@example.org\r\n\r\n").delivered_to == {"ann@example.org"}
    assert glance(b"").delivered_to == frozenset()


def test_the_same_mailbox_again_is_a_circle() -> None:
    before = glance(HEADER).delivered_to
    assert refusal("ANN@example.org", before) == DELIVERED_BEFORE
    assert refusal("folded@example.org", before) is None
    assert refusal("ann+x@example.org", before) is None
    assert refusal("ann@example.org", frozenset()) is None
