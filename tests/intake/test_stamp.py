"""What does the trace of a message tell, and what not? RFC 5321 §4.4, RFC 3848."""

import pytest

from pillarbox.accounts.account import Account
from pillarbox.intake.session import Service, Session
from pillarbox.intake.stamp import received

NOW = 1_800_000_000.0


def stamp(session: Session, *, hidden: bool = False, only: str | None = None) -> bytes:
    return received(session, hidden, "mx.example.test", "1jne2bw4b22t", only, NOW)


def test_a_strangers_trace() -> None:
    session = Session(Service.MX, "l", "192.0.2.7", 5000, hello="client.test", extended=True)
    assert stamp(session, only="ann@example.test") == (
        b"Received: from client.test ([192.0.2.7])\r\n\tby mx.example.test with ESMTP id 1jne2bw4b22t\r\n"
        b"\tfor <ann@example.test>;\r\n\tFri, 15 Jan 2027 08:00:00 +0000\r\n"
    )


def test_a_users_trace_names_no_machine() -> None:
    session = Session(Service.SUBMISSION, "l", "192.0.2.7", 5000, hello="anns-laptop", extended=True)
    session.cipher, session.account = "TLSv1.3, X", Account(1, "ann@example.test", "")
    trace = stamp(session, hidden=True)
    assert trace.startswith(b"Received: from localhost\r\n\tby mx.example.test with ESMTPSA id ")
    assert b"192.0.2.7" not in trace
    assert b"anns-laptop" not in trace


@pytest.mark.parametrize(
    ("service", "extended", "cipher", "user", "name"),
    [
        (Service.MX, False, "", False, "SMTP"),
        (Service.MX, True, "", False, "ESMTP"),
        (Service.MX, True, "TLSv1.3, X", False, "ESMTPS"),
        (Service.SUBMISSION, True, "", True, "ESMTPA"),
        (Service.SUBMISSION, True, "TLSv1.3, X", True, "ESMTPSA"),
        (Service.LMTP, True, "", False, "LMTP"),
        (Service.LMTP, True, "TLSv1.3, X", False, "LMTPS"),
    ],
)
def test_protocols(service: Service, extended: bool, cipher: str, user: bool, name: str) -> None:
    session = Session(service, "l", "192.0.2.7", 5000, hello="a", extended=extended, cipher=cipher)
    session.account = Account(1, "ann@example.test", "") if user else None
    assert session.protocol == name


def test_a_hello_name_cannot_add_lines_or_comments() -> None:
    session = Session(Service.MX, "l", "2001:db8::1", 5000, hello="a\r\nX: y (b) <c>", extended=True)
    trace = stamp(session)
    assert trace.startswith(b"Received: from a??X:?y??b???c? ([IPv6:2001:db8::1])\r\n")
