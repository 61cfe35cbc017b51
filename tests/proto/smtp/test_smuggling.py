"""Is there any spelling of an end, and any cutting, by which one message becomes two? CVE-2023-51764 and its kin."""

import pytest

from dialogs.written import Cutter, all_at_once, at_random, byte_by_byte
from pillarbox.mail import reply as replies
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.server import Role, ServerConnection, ServerSettings

FALSE_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\n\n.\n\n",
]
SECOND = b"MAIL FROM:<boss@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nforged\r\n.\r\nQUIT\r\n"


def converse(settings: ServerSettings, octets: bytes, cut: Cutter) -> tuple[list[events.Event], bytes]:
    connection = ServerConnection(settings)
    connection.greet()
    told: list[events.Event] = []
    for piece in cut(b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n" + octets):
        connection.receive_data(piece)
        while (event := connection.next_event()) is not None:
            told.append(event)
            if connection.awaiting_reply:
                body = isinstance(event, events.Body) and event.defect
                start = isinstance(event, events.DataRequested)
                connection.reply(body.reply if body else replies.START_INPUT if start else replies.OK)
    return told, connection.take_output()


@pytest.mark.parametrize("cut", [all_at_once, byte_by_byte, at_random(7)], ids=["whole", "bytes", "random"])
@pytest.mark.parametrize("end", FALSE_ENDS)
@pytest.mark.parametrize("role", [Role.MX, Role.LMTP, Role.SUBMISSION])
@pytest.mark.parametrize("repair", [False, True])
def test_never_two_messages_by_data(role: Role, repair: bool, end: bytes, cut: Cutter) -> None:
    settings = ServerSettings("mx", role, repair_line_ends=repair)
    octets = b"DATA\r\ninnocent" + end + SECOND + b"\r\n.\r\nNOOP\r\n"
    if role is Role.LMTP:
        octets = b"LHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n" + octets
    told, output = converse(settings, octets, cut)
    assert [event.envelope.sender_text for event in told if isinstance(event, events.Mail)] == ["a@b.example"]
    assert sum(isinstance(event, events.Body) and event.last for event in told) == 1
    if not repair or b"\0" in end:
        assert b"550 5.6.0 " in output


@pytest.mark.parametrize("cut", [all_at_once, byte_by_byte, at_random(7)], ids=["whole", "bytes", "random"])
@pytest.mark.parametrize("end", [b"\r\n.\r\n", *FALSE_ENDS])
def test_never_two_messages_by_bdat(end: bytes, cut: Cutter) -> None:
    text = b"innocent" + end + SECOND
    for size in (0, 9, 10, 11, len(text)):
        first, last = text[:size], text[size:]
        chunks = b"BDAT %d\r\n%bBDAT %d LAST\r\n%b" % (len(first), first, len(last), last)
        told, _ = converse(ServerSettings("mx"), chunks, cut)
        assert sum(isinstance(event, events.Mail) for event in told) == 1
