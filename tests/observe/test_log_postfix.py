"""What reads Postfix's logs reads ours: the patterns are those of pflogsumm 1.1.5 and fail2ban 1.0."""

import re
import time

from pillarbox.observe.log_formats import Stamp
from pillarbox.observe.log_postfix import PostfixFormat
from pillarbox.observe.story import Evidence

AT = 1_793_628_131.5  # 2 November 2026, 14:02:11
ID = "01j2k3m4n5p6"
DELAYS = "delay=0.012, delays=0.012/0/0/0"
# pflogsumm: the frame of a line, a delivery, a message's size.
FRAME = re.compile(r"(...) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) \S+ (postfix/([^\[:]*).*?: ([^:\s]+).*)$")
ATTEMPT = re.compile(
    r"to=<([^>]*)>, (?:orig_to=<[^>]*>, )?relay=([^,]+), (?:conn_use=[^,]+, )?delay=([^,]+), "
    r"(?:delays=[^,]+, )?(?:dsn=[^,]+, )?status=(\S+)(.*)$"
)
# fail2ban: filter.d/postfix.conf, modes auth and normal.
AUTH = re.compile(r"warning: [^[]*\[(\S+)\](?::\d+)?: SASL (?i:LOGIN|PLAIN) authentication failed:(?! Connection lost)")
REJECT = re.compile(
    r"\w+: reject: [A-Z]{4} from [^[]*\[(\S+)\](?::\d+)?: [45][50][04] [45]\.\d\.\d+ (?:(?:<[^>]*>)?: )?"
    r"(?:(?:Helo command|(?:Sender|Recipient) address) rejected: )?"
    r"(?:Relay access denied|match|[Uu](?:ser unknown|ndeliverable address))\b"
)


def lines(kind: str, message_id: str | None = None, **fields: Evidence) -> list[str]:
    form = PostfixFormat("mx.example.org", 4711, Stamp("%b %d %H:%M:%S", time.gmtime))
    text = form(AT, kind, message_id, fields)
    assert all(line.isprintable() for line in text.split("\n"))
    return text.splitlines()


def test_the_frame_of_every_line() -> None:
    for line in lines("received", ID, peer="192.0.2.1", sender="a@b", size=1, filed=["c@d"], queued=0):
        match = FRAME.match(line)
        assert match is not None
        assert match.group(1, 2, 3, 4, 5) == ("Nov", "2", "14", "02", "11")
        assert match[8] == ID
    assert lines("removed", ID) == [f"Nov  2 14:02:11 mx postfix/qmgr[4711]: {ID}: removed"]


def test_a_message_from_outside() -> None:
    told = lines(
        "received", ID, peer="192.0.2.1", name="mail.b.example", sender="a@b.example", size=4198, recipients=2,
        header_id="<x@b.example>", filed=["you@example.org"], queued=1, delay=0.0123,
    )  # fmt: skip
    bodies = [line.partition(f"{ID}: ")[2] for line in told]
    assert bodies == [
        "client=mail.b.example[192.0.2.1]",
        "message-id=<x@b.example>",
        "from=<a@b.example>, size=4198, nrcpt=2 (queue active)",
        f"to=<you@example.org>, relay=virtual, {DELAYS}, dsn=2.0.0, status=sent (delivered to mailbox)",
    ]
    assert [line.split()[4].partition("[")[0] for line in told] == [
        "postfix/smtpd", "postfix/cleanup", "postfix/qmgr", "postfix/virtual",
    ]  # fmt: skip


def test_a_local_message_is_removed_when_nothing_waits() -> None:
    assert lines("received", ID, peer="192.0.2.1", sender="", size=1, filed=["c@d"], queued=0)[-1].endswith(": removed")


def test_a_user_and_a_program_of_this_machine_and_a_report() -> None:
    user = lines("received", ID, peer="192.0.2.1", sender="a@b", size=1, login="ann@b", mechanism="PLAIN", queued=1)
    assert user[0].endswith(f"{ID}: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=ann@b")
    assert "postfix/pickup" in lines("received", ID, peer="", sender="a@b", size=1, queued=1)[0]
    assert "postfix/cleanup" in lines("received", ID, sender="", size=1, queued=1, report_of="x")[0]


def test_attempts() -> None:
    sent = lines(
        "delivered", ID, recipient="c@d", host="mx.d", ip="192.0.2.9", port=25, delay=1.25, reply="250 2.0.0 OK"
    )
    deferred = lines(
        "deferred", ID, recipient="c@d", host="mx.d", ip="2001:db8::1", delay=301.0, dsn="4.2.0", reply="450 later"
    )
    bounced = lines("bounced", ID, recipient="c@d", delay=3.0, reply="550 5.1.10 takes no mail")
    expired = lines("expired", ID, recipient="c@d", host="mx.d", ip="192.0.2.9", delay=432000.0, reply="450 later")
    found = [match.groups() for (line,) in (sent, deferred, bounced, expired) if (match := ATTEMPT.search(line))]
    assert found == [
        ("c@d", "mx.d[192.0.2.9]:25", "1.2", "sent", " (250 2.0.0 OK)"),
        ("c@d", "mx.d[2001:db8::1]:25", "301", "deferred", " (host mx.d[2001:db8::1] said: 450 later)"),
        ("c@d", "none", "3", "bounced", " (550 5.1.10 takes no mail)"),
        ("c@d", "mx.d[192.0.2.9]:25", "432000", "bounced", " (host mx.d[192.0.2.9] said: 450 later)"),
    ]
    assert "dsn=4.2.0" in deferred[0]
    assert "dsn=5.0.0" in bounced[0]


def test_fail2ban_finds_the_address() -> None:
    (failed,) = lines("login_failed", peer="192.0.2.66", service="submission", user="x", mechanism="SCRAM-SHA-256")
    assert (AUTH.search(failed) or [""])[1] == "192.0.2.66"
    (unknown,) = lines(
        "rejected", peer="192.0.2.66", stage="RCPT", reply="550 5.1.1 No such mailbox here", sender="a@b",
        recipient="c@d", helo="h",
    )  # fmt: skip
    assert (REJECT.search(unknown) or [""])[1] == "192.0.2.66"
    assert unknown.endswith("; from=<a@b> to=<c@d> proto=ESMTP helo=<h>")
    (relay,) = lines("rejected", peer="192.0.2.66", stage="RCPT", reply="550 5.7.1 We do not relay", recipient="c@d")
    assert REJECT.search(relay) is not None
    (pop,) = lines("login_failed", peer="192.0.2.66", service="pop3", user="ann", mechanism="PLAIN")
    assert pop.endswith("Disconnected (auth failed, 1 attempts): user=<ann>, method=PLAIN, rip=192.0.2.66")
    (imap,) = lines("login_failed", peer="192.0.2.66", service="imap", user="ann", mechanism="PLAIN")
    assert imap == pop.replace("pop3-login", "imap-login")


def test_addresses_cannot_forge_anything() -> None:
    evil = '"x>, relay=y, delay=0, status=sent\r\nNov  2 14:02:11 mx postfix/smtpd[1]: fake"@c'
    (line,) = lines("deferred", ID, recipient=evil, delay=1.0, reply="450 a\nb\x1b[0m")
    match = ATTEMPT.search(line)
    assert match is not None
    assert match[4] == "deferred"


def test_sessions_are_told_apart_where_their_number_is_known() -> None:
    assert "smtpd[9]: connect from unknown[192.0.2.1]" in lines("connected", peer="192.0.2.1", session=9)[0]
    assert "smtpd[4711]: disconnect from unknown[192.0.2.1]" in lines("disconnected", peer="192.0.2.1")[0]


def test_what_postfix_does_not_know_is_not_told() -> None:
    assert lines("reloaded") == []
