"""MAIL and RCPT as a remote can read them."""

import pytest

from pillarbox.mail.address import Address
from pillarbox.mail.envelope import BodyType, Notify, Recipient, Return
from pillarbox.proto.smtp.client_envelope import Wishes, ascii_path, mail_line, rcpt_line, xtext
from pillarbox.proto.smtp.client_offers import Offers

ALL = Offers(takes_size=True, eight_bit=True, binary=True, chunking=True, smtputf8=True, dsn=True)
WISHES = Wishes(99, BodyType.EIGHT_BIT, smtputf8=True, ret=Return.HEADERS, envelope_id="QQ 3+1=4")


def test_every_wish_is_said_where_its_extension_is_offered() -> None:
    said = mail_line("s@us.test", WISHES, ALL)
    assert said == b"MAIL FROM:<s@us.test> SIZE=99 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+203+2B1+3D4\r\n"


def test_no_wish_is_said_where_nothing_is_offered() -> None:
    quiet = Wishes(99, BodyType.SEVEN_BIT, ret=Return.FULL, envelope_id="x")
    assert mail_line("", quiet, Offers()) == b"MAIL FROM:<>\r\n"
    wanting = Recipient(Address.parse("u@x.test"), Notify.NEVER, "rfc822;u@x.test")
    assert rcpt_line("u@x.test", wanting, Offers()) == b"RCPT TO:<u@x.test>\r\n"


@pytest.mark.parametrize(
    ("notify", "original", "said"),
    [
        (None, None, b""),
        (Notify.NEVER, None, b" NOTIFY=NEVER"),
        (Notify.SUCCESS | Notify.FAILURE | Notify.DELAY, None, b" NOTIFY=SUCCESS,FAILURE,DELAY"),
        (None, "rfc822;a+b=c@x.test", b" ORCPT=rfc822;a+2Bb+3Dc@x.test"),
        (None, "utf-8;\u00e9+\\=\U0001f600@x.test", rb" ORCPT=utf-8;\x{E9}\x{2B}\x{5C}\x{3D}\x{1F600}@x.test"),
    ],
)
def test_wishes_of_a_recipient(notify: Notify | None, original: str | None, said: bytes) -> None:
    recipient = Recipient(Address.parse("u@x.test"), notify, original)
    assert rcpt_line("u@x.test", recipient, ALL) == b"RCPT TO:<u@x.test>" + said + b"\r\n"


def test_xtext_never_holds_a_line_end() -> None:
    assert xtext("a\r\nRCPT TO:<x>\x7f\u00e9") == "a+0D+0ARCPT+20TO:<x>+7F+C3+A9"


def test_a_domain_can_be_written_in_ascii_and_a_local_part_cannot() -> None:
    assert ascii_path(Address.parse("u@b\u00fccher.example")) == "u@xn--bcher-kva.example"
    assert ascii_path(Address.parse("\u00fc@b\u00fccher.example")) is None
    assert ascii_path(Address.parse('"a b"@x.test')) == '"a b"@x.test'
