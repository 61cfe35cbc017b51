"""Can Postfix's log readers read our log? pflogsumm, Debian's own, must count what really happened."""

import re
import smtplib
from pathlib import Path

import pytest

from peers import need
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, run, until
from peers.world import free_port

pytestmark = [pytest.mark.interop]

ANN, PASSWORD = "ann@home.test", "correct horse battery staple"


def test_pflogsumm_counts_right(tmp_path: Path) -> None:
    need.peers("pflogsumm")
    smtp, submission = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    log = tmp_path / "maillog"
    box = Pillarbox(tmp_path / "data")
    box.init("home.test", "home.test", config=_config(smtp, submission, log))
    box.add_user(ANN, PASSWORD)
    with box.running():
        with smtplib.SMTP(*smtp) as client:
            for number in range(3):
                client.sendmail("bob@elsewhere.test", [ANN], f"Subject: {number}\r\n\r\nhello\r\n".encode())
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("bob@elsewhere.test", ["ghost@home.test"], b"Subject: no\r\n\r\nhello\r\n")
        with smtplib.SMTP(*submission) as client:
            client.login(ANN, PASSWORD)
            client.sendmail(ANN, ["x@dead.test"], f"From: {ANN}\r\nSubject: later\r\n\r\nhello\r\n".encode())
        until("the first attempt", lambda: all(item["attempts"] for item in box.queue()))
    totals = _totals(run(["pflogsumm", "--problems-first", str(log)]))
    assert totals["received"] == 4
    assert totals["delivered"] == 3
    assert totals["deferred"] == 1
    assert totals["rejected"] == 1
    assert totals["bounced"] == 0


def _config(smtp: Endpoint, submission: Endpoint, log: Path) -> str:
    nobody_there = free_port()
    return f"""\
[[listener]]
kind = "smtp"
address = "{smtp[0]}:{smtp[1]}"
tls = "none"
[[listener]]
kind = "submission"
address = "{submission[0]}:{submission[1]}"
tls = "none"
[log]
format = "postfix"
file = "{log}"
[delivery]
allow_loopback_targets = true
[[route]]
recipient_domain = "dead.test"
smart_host = "127.0.0.1:{nobody_there}"
tls = "none"
"""


def _totals(report: str) -> dict[str, int]:
    """The first table of the report: "  4   received"."""
    table = report.partition("Grand Totals")[2].partition("bytes received")[0]
    return {name: int(count) for count, name in re.findall(r"^ +(\d+)\w? +(\w+)", table, re.MULTILINE)}
