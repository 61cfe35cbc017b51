"""Can Postfix's log readers read our log? pflogsumm, Debian's own, must count what really happened."""

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from peers import need
from peers.pillarbox import Pillarbox
from peers.process import Daemon, Endpoint, attached, run, until
from peers.world import free_port

pytestmark = [pytest.mark.interop]

ANN, PASSWORD = "ann@home.test", "correct horse battery staple"
LETTER = f"From: {ANN}\r\nSubject: letter\r\n\r\nhello\r\n".encode()


def test_pflogsumm_counts_right(tmp_path: Path) -> None:
    need.peers("pflogsumm", "smtp-sink")
    smtp, submission = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    log = tmp_path / "maillog"
    box = Pillarbox(tmp_path / "data")
    with _sink(tmp_path) as good, _sink(tmp_path, "-f", "RCPT") as bad:
        nobody = ("127.0.0.1", free_port())
        routes = {"good.test": good, "bad.test": bad, "dead.test": nobody}
        box.init("home.test", "home.test", config=_config(smtp, submission, log, routes))
        box.add_user(ANN, PASSWORD)
        with box.running():
            _play(box, smtp, submission)
    totals = _totals(run(["pflogsumm", "--problems-first", str(log)]))
    assert totals["received"] == 6
    assert totals["delivered"] == 5  # three in, one to the good one, and the report on the bad one
    assert totals["deferred"] == 1
    assert totals["bounced"] == 1
    assert totals["rejected"] == 1


def _play(box: Pillarbox, smtp: Endpoint, submission: Endpoint) -> None:
    """Three messages in, one refused, three out: of these one is sent, one bounced, one deferred."""
    with smtplib.SMTP(*smtp) as client:
        for _ in range(3):
            client.sendmail("bob@elsewhere.test", [ANN], LETTER)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("bob@elsewhere.test", ["ghost@home.test"], LETTER)
    with smtplib.SMTP(*submission) as client:
        client.login(ANN, PASSWORD)
        for domain in ("good.test", "bad.test", "dead.test"):
            client.sendmail(ANN, [f"x@{domain}"], LETTER)

    def only_the_dead_waits() -> bool:
        waiting = box.queue()
        return len(waiting) == 1 and waiting[0]["attempts"] > 0

    until("the first attempts to be over", only_the_dead_waits)


@contextmanager
def _sink(folder: Path, *options: str) -> Iterator[Endpoint]:
    """Postfix's smtp-sink, which takes everything, or with ``-f RCPT`` refuses every recipient."""
    endpoint = ("127.0.0.1", free_port())
    argv = [need.program("smtp-sink"), *need.as_nobody(), *options, f"{endpoint[0]}:{endpoint[1]}", "10"]
    with attached(Daemon("smtp-sink", argv, folder / f"sink-{endpoint[1]}")) as daemon:
        daemon.wait_listening(endpoint)
        yield endpoint


def _config(smtp: Endpoint, submission: Endpoint, log: Path, routes: dict[str, Endpoint]) -> str:
    listeners = "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "{host}:{port}"\ntls = "none"\n'
        for kind, (host, port) in (("smtp", smtp), ("submission", submission))
    )
    out = "".join(
        f'[[route]]\nrecipient_domain = "{domain}"\nsmart_host = "{host}:{port}"\ntls = "none"\n'
        for domain, (host, port) in routes.items()
    )
    return f'{listeners}{out}[log]\nformat = "postfix"\nfile = "{log}"\n[delivery]\nallow_loopback_targets = true\n'


def _totals(report: str) -> dict[str, int]:
    """The first table of the report: "  4   received"."""
    table = report.partition("Grand Totals")[2].partition("bytes received")[0]
    return {name: int(count) for count, name in re.findall(r"^ +(\d+)\w? +(\w+)", table, re.MULTILINE)}
