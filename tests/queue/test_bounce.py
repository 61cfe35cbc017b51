"""Reports field by field, read back with the standard library's email package."""

import email
import email.policy
import quopri
from dataclasses import replace
from email.message import EmailMessage, Message

import pytest

from pillarbox.mail import ids
from pillarbox.mail.reply import Reply
from pillarbox.queue.bounce import Original, Report, ReportSettings, compose, decoded_subject, returns_whole
from pillarbox.queue.fate import Action, Fate, status_of
from pillarbox.store.rows import MessageRow

NOW = 1_800_000_000.0
ARRIVED = NOW - 3600
SETTINGS = ReportSettings("mx.us.test")
HEADER = b"From: Ann <ann@us.test>\r\nSubject: Lunch\r\nMessage-ID: <one@us.test>\r\n\r\n"
WHOLE = HEADER + b"Hello\r\n"
NUMBER = ids.IdSource(7).next(ARRIVED)
ROW = MessageRow(NUMBER, ARRIVED, "ann@us.test", len(WHOLE), len(HEADER), "7BIT", False, "FULL", "env+1", "ann", True)
FAILED = Fate(
    "bob@far.example",
    Action.FAILED,
    "5.1.1",
    Reply(550, "5.1.1", ("<bob@far.example>: no such user", "ask somebody else")),
    "mx.far.example [192.0.2.1]",
    "rfc822;Bob@far.example",
    2,
    NOW,
)


def made(*fates: Fate, row: MessageRow = ROW, header: bytes = HEADER, whole: bytes | None = WHOLE) -> Report:
    return compose(Original(row, header, whole), fates or (FAILED,), SETTINGS, ids.IdSource().next(NOW), NOW)


def read(report: Report) -> EmailMessage:
    parsed = email.message_from_bytes(report.content, policy=email.policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert part.defects == []
    return parsed


def parts(report: Report) -> list[EmailMessage]:
    found = read(report).get_payload()
    assert isinstance(found, list)
    return [part for part in found if isinstance(part, EmailMessage)]


def words(report: Report) -> str:
    """The human part on one line."""
    return " ".join(parts(report)[0].get_content().split())


def international_groups(report: Report) -> list[Message]:
    """The field groups of a message/global-delivery-status, which the email package does not know."""
    boundary = b"--" + read(report).get_boundary("").encode()
    part = report.content.split(boundary)[2]
    octets = quopri.decodestring(part.partition(b"\r\n\r\n")[2])
    return [email.message_from_bytes(group, policy=email.policy.SMTPUTF8) for group in octets.split(b"\r\n\r\n")]


def groups(part: EmailMessage) -> list[Message]:
    """The field groups of a message/delivery-status."""
    payload = part.get_payload()
    assert isinstance(payload, list)
    return [group for group in payload if isinstance(group, Message) and group.items()]


def test_the_header_is_that_of_an_automatic_answer() -> None:
    report = made()
    message = read(report)
    assert report.content[: report.header_size].endswith(b"\r\n\r\n")
    assert message["From"] == "Mail Delivery System <postmaster@mx.us.test>"
    assert message["To"] == "ann@us.test"
    assert message["Subject"] == "Not delivered: your message to bob@far.example"
    assert message["Date"].datetime.timestamp() == NOW
    assert message["Message-ID"].endswith("@mx.us.test>")
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == message["References"] == "<one@us.test>"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert [part.get_content_type() for part in parts(report)] == [
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]
    assert (report.body_type, report.smtputf8) == ("7BIT", False)


def test_the_words_say_what_happened_to_whom_and_what_to_do() -> None:
    text = words(made())
    assert "could not be delivered to one recipient" in text
    assert "To bob@far.example" in text
    assert "There is no mailbox with this address." in text
    assert "The server mx.far.example [192.0.2.1] said:" in text
    assert "550 5.1.1 <bob@far.example>: no such user 550 5.1.1 ask somebody else" in text
    assert "What you can do: check the address for typing errors." in text
    assert "2 times, last on Fri, 15 Jan 2027 08:00:00 +0000" in text
    assert "Subject: Lunch" in text
    assert ids.encode(NUMBER) in text


def test_every_field_of_the_machine_part() -> None:
    of_message, of_recipient = groups(parts(made())[1])
    assert of_message.items() == [
        ("Original-Envelope-Id", "env+1"),
        ("Reporting-MTA", "dns; mx.us.test"),
        ("Arrival-Date", "Fri, 15 Jan 2027 07:00:00 +0000"),
    ]
    assert [(name, " ".join(str(value).split())) for name, value in of_recipient.items()] == [
        ("Original-Recipient", "rfc822; Bob@far.example"),
        ("Final-Recipient", "rfc822; bob@far.example"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Remote-MTA", "dns; mx.far.example (192.0.2.1)"),
        ("Diagnostic-Code", "smtp; 550 5.1.1 <bob@far.example>: no such user ask somebody else"),
        ("Last-Attempt-Date", "Fri, 15 Jan 2027 08:00:00 +0000"),
    ]


def test_several_recipients_are_one_report() -> None:
    other = replace(FAILED, recipient="eve@far.example", original=None)
    report = made(FAILED, other)
    assert read(report)["Subject"] == "Not delivered: your message to 2 recipients"
    assert [group["Final-Recipient"] for group in groups(parts(report)[1])[1:]] == [
        "rfc822; bob@far.example",
        "rfc822; eve@far.example",
    ]


def test_the_message_comes_back_octet_for_octet() -> None:
    report = made()
    start = report.content.index(b"\r\n\r\n", report.content.index(b"message/rfc822")) + 4
    assert report.content[start : start + len(WHOLE)] == WHOLE


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, True),
        (replace(ROW, ret="HDRS"), False),
        (replace(ROW, ret=None), True),  # our own user
        (replace(ROW, ret=None, login=None), False),  # a stranger, perhaps forged
        (replace(ROW, size=65 * 1024), False),
        (replace(ROW, body_type="BINARYMIME"), False),
        (replace(ROW, tls="required"), False),  # RFC 8689 §5
        (replace(ROW, tls="optional"), True),
    ],
)
def test_when_the_whole_message_comes_back(row: MessageRow, expected: bool) -> None:
    assert returns_whole(row, Action.FAILED, SETTINGS) is expected
    assert not returns_whole(row, Action.DELAYED, SETTINGS)
    assert not returns_whole(row, Action.RELAYED, SETTINGS)


def test_headers_only() -> None:
    part = parts(made(whole=None))[2]
    assert part.get_content_type() == "text/rfc822-headers"
    assert part.get_payload() == HEADER.decode().replace("\r\n", "\n") or part.get_payload() == HEADER.decode()


def test_delay() -> None:
    fate = replace(FAILED, action=Action.DELAYED, status="4.7.1", retry_until=NOW + 86_400)
    report = made(fate, whole=None)
    assert read(report)["Subject"].startswith("Delayed: ")
    group = groups(parts(report)[1])[1]
    assert (group["Action"], group["Status"]) == ("delayed", "4.7.1")
    assert group["Will-Retry-Until"] == "Sat, 16 Jan 2027 08:00:00 +0000"
    text = words(report)
    assert "You need not send it again" in text
    assert "Goes on: until Sat, 16 Jan 2027 08:00:00 +0000" in text


@pytest.mark.parametrize(
    ("action", "subject", "said"),
    [
        (Action.RELAYED, "Passed on: ", "passed on to a server that sends no such reports"),
        (Action.DELIVERED, "Delivered: ", "has reached the mailbox"),
        (Action.EXPANDED, "Delivered to a list: ", "was given to the people behind that address"),
    ],
)
def test_success(action: Action, subject: str, said: str) -> None:
    report = made(Fate("bob@far.example", action, "2.0.0"), whole=None)
    assert read(report)["Subject"].startswith(subject)
    assert said in words(report)
    group = groups(parts(report)[1])[1]
    assert (group["Action"], group["Status"], group["Diagnostic-Code"]) == (action.value, "2.0.0", None)


def test_our_own_reasons_name_no_remote() -> None:
    fate = replace(FAILED, remote="", reply=Reply(451, "4.4.1", ("no answer within 30 seconds",)), expired=True)
    report = made(replace(fate, status=status_of(fate.reply, Action.FAILED, expired=True)))
    group = groups(parts(report)[1])[1]
    assert (group["Remote-MTA"], group["Status"]) == (None, "5.4.7")
    assert group["Diagnostic-Code"] == "X-Pillarbox; no answer within 30 seconds"
    assert "time for which a message is tried has run out" in words(report)


def test_a_hostile_reply_adds_no_field_and_no_long_line() -> None:
    evil = Reply(550, "", ("x\r\nSubject: won\r\n\r\n", "\x1b[2J" + "y" * 5000, *(["z" * 300] * 100)))
    report = made(replace(FAILED, reply=evil, recipient='"a\\\r\nBcc: x"@far.example'))
    assert max(map(len, report.content.split(b"\r\n"))) <= 998
    assert b"\nSubject: won" not in report.content
    assert b"\nBcc: x" not in report.content
    assert b"\x1b" not in report.content
    assert len(report.content) < 40_000
    assert len(groups(parts(report)[1])) == 2


def test_a_hostile_header_stays_in_its_part() -> None:
    header = b"Subject: =?utf-8?q?x=0D=0AEvil:_yes?=\r\nMessage-ID: <a>\r\n b@c>\r\nX: " + b"w" * 3000 + b"\r\n\r\n"
    report = made(header=header, whole=None)
    message = read(report)
    assert message["In-Reply-To"] is None
    assert message["Evil"] is None
    assert max(map(len, report.content.split(b"\r\n"))) <= 998
    assert parts(report)[2].get_payload(decode=True) == header


def test_a_message_that_holds_the_boundary() -> None:
    number = ids.IdSource().next(NOW)
    first = f"--report-{ids.encode(number)}-0".encode()
    whole = HEADER + first + b"\r\n\r\ngotcha\r\n"
    report = compose(Original(ROW, HEADER, whole), [FAILED], SETTINGS, number, NOW)
    assert len(parts(report)) == 3


def test_eight_bit_content_makes_an_eight_bit_report() -> None:
    report = made(whole=HEADER + "Grüße\r\n".encode())
    assert report.body_type == "8BITMIME"
    assert parts(report)[2]["Content-Transfer-Encoding"] == "8bit"


@pytest.mark.parametrize("body", [b"x" * 1200 + b"\r\n", b"a\0b\r\n"])
def test_content_that_may_not_travel_as_it_is_comes_back_as_header(body: bytes) -> None:
    assert parts(made(whole=HEADER + body))[2].get_content_type() == "text/rfc822-headers"


# --- RFC 6533 -------------------------------------------------------------------------------------------------------

WIDE = replace(FAILED, recipient="bücher@läden.example", original="utf-8;bücher@läden.example")


def test_international_addresses_for_a_sender_who_has_smtputf8() -> None:
    row = replace(ROW, smtputf8=True, sender="jürgen@us.test")
    header = "Subject: Grüße\r\n\r\n".encode()
    report = made(WIDE, row=row, header=header, whole=None)
    machine = parts(report)[1]
    assert machine.get_content_type() == "message/global-delivery-status"
    group = international_groups(report)[1]
    assert group["Final-Recipient"] == group["Original-Recipient"] == "utf-8; bücher@läden.example"
    assert parts(report)[2].get_content_type() == "message/global-headers"
    assert report.smtputf8  # To is international
    assert "bücher@läden.example" in parts(report)[0].get_content()


def test_international_addresses_for_a_sender_who_has_not() -> None:
    report = made(WIDE)
    assert report.content.isascii()
    assert not report.smtputf8
    machine = parts(report)[1]
    assert machine.get_content_type() == "message/delivery-status"
    assert groups(machine)[1]["Final-Recipient"] == r"utf-8; b\x{FC}cher@l\x{E4}den.example"
    assert read(report)["Subject"] == "Not delivered: your message to one recipient"


def test_an_international_domain_alone_is_written_in_a_labels() -> None:
    report = made(replace(FAILED, recipient="bob@läden.example", original=None))
    assert groups(parts(report)[1])[1]["Final-Recipient"] == "rfc822; bob@xn--lden-loa.example"
    assert read(report)["Subject"] == "Not delivered: your message to bob@xn--lden-loa.example"


def test_an_international_message_comes_back_as_one() -> None:
    header = "Subject: Grüße\r\n\r\n".encode()
    report = made(row=replace(ROW, smtputf8=True), header=header, whole=header + b"Hello\r\n")
    assert b"Content-Type: message/global\r\n" in report.content
    assert not report.smtputf8


# --- small parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "Grüße"),
        (b"Subject: =?no-such-charset?q?x?=\r\n", "=?no-such-charset?q?x?="),
        (b"Subject: =?utf-8?b?x?=\r\n", "=?utf-8?b?x?="),
        (b"Subject: " + b"x" * 500 + b"\r\n", "x" * 120),
        (b"X: y\r\n", ""),
    ],
)
def test_subjects(raw: bytes, text: str) -> None:
    assert decoded_subject(raw) == text


@pytest.mark.parametrize(
    ("reply", "action", "status"),
    [
        (Reply(550, "5.1.1", ("no",)), Action.FAILED, "5.1.1"),
        (Reply(550, "", ("no",)), Action.FAILED, "5.0.0"),
        (Reply(452, "4.2.2", ("full",)), Action.FAILED, "5.2.2"),
        (Reply(452, "4.2.2", ("full",)), Action.DELAYED, "4.2.2"),
        (Reply(554, "5.3.2", ("no",)), Action.DELAYED, "4.0.0"),
        (Reply(250, "2.1.5", ("ok",)), Action.RELAYED, "2.1.5"),
        (None, Action.DELIVERED, "2.0.0"),
    ],
)
def test_the_status_fits_the_action(reply: Reply | None, action: Action, status: str) -> None:
    assert status_of(reply, action) == status
