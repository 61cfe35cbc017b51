"""`pillarbox` and nothing else: up in a second, everything lands in one inbox, nothing leaves, Ctrl-C ends it well."""

import json
import os
import poplib
import re
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest

from pillarbox.app.folders import chosen, personal, store_of
from pillarbox.app.trouble import Exit

from .conftest import Command

PORTS = ("SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS", "POP3", "POP3S")


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Ports of our own for try-out mode, and a folder of our own."""
    found = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    for name, port in found.items():
        monkeypatch.setenv(f"PILLARBOX_TRYOUT__{name}", str(port))
    monkeypatch.setenv("PILLARBOX_DATA", str(tmp_path / "try"))
    return found


@pytest.fixture
def running(ports: Mapping[str, int], program: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """Try-out mode in a process of its own."""
    with subprocess.Popen(
        program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8",
    ) as process:  # fmt: skip
        yield process
        process.kill()


def read_until(out: IO[str] | None, pattern: str) -> str:
    """What the process says up to a line that matches."""
    assert out is not None
    text = ""
    while not re.search(pattern, text):
        line = out.readline()
        assert line, f"it ended without {pattern!r}:\n{text}"
        text += line
    return text


def test_the_first_five_minutes(running: "subprocess.Popen[str]", ports: Mapping[str, int], command: Command) -> None:
    welcome = read_until(running.stdout, r"ready · 7 listeners")
    assert "no mail leaves this machine" in welcome
    assert "Web" not in welcome
    assert "IMAP" in welcome
    password = re.search(r"user you@localhost   password (\S+)", welcome)
    assert password is not None
    assert re.search(r"\n[0-9]\.[0-9] s ready", welcome)

    with smtplib.SMTP("127.0.0.1", ports["SMTP"]) as client:
        client.sendmail("app@shop.test", ["anybody@anywhere.test"], "Subject: caught\r\n\r\nhi\r\n")
    line = read_until(running.stdout, r"received")
    assert re.search(
        r"^\d\d:\d\d:\d\d received  \w{12} from=app@shop.test to=anybody@anywhere.test  0\.\d KB  \d+ ms$",
        line,
        re.MULTILINE,
    )
    sent = command("send", "hello")
    assert sent.code == 0, sent.err
    read_until(running.stdout, r"from=pillarbox@localhost to=you@localhost")

    with smtplib.SMTP("127.0.0.1", ports["SUBMISSION"]) as client:
        client.login("you@localhost", password[1])
        client.sendmail("you@localhost", ["boss@work.test"], "From: you@localhost\r\nSubject: also here\r\n\r\nhi\r\n")
    reader = poplib.POP3("127.0.0.1", ports["POP3"])
    reader.user("you@localhost")
    reader.pass_(password[1])
    assert reader.stat()[0] == 3
    assert b"Delivered-To: anybody@anywhere.test" in reader.retr(1)[1]
    reader.quit()
    assert command("queue", "ls").out == "The queue is empty.\n"

    running.send_signal(signal.SIGINT)
    assert running.wait(10) == 0
    assert running.stdout is not None
    assert running.stdout.read().endswith("Stopped. Your mail is kept for the next time.\n")


def test_the_password_stays_and_reset_wipes(
    running: "subprocess.Popen[str]", tmp_path: Path, command: Command, program: list[str]
) -> None:
    first = running
    read_until(first.stdout, "ready")
    password = json.loads((tmp_path / "try" / "tryout.json").read_text())["password"]
    assert command("reset", "--yes").code == Exit.UNAVAILABLE
    first.send_signal(signal.SIGTERM)
    assert first.wait(10) == 0
    again = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert password in read_until(again.stdout, "ready")
    finally:
        again.terminate()
        assert again.wait(10) == 0
        assert again.stdout is not None
        again.stdout.close()
    assert command("doctor").code in {0, 1}
    assert command("reset", "--yes").code == 0
    assert not (tmp_path / "try").exists()
    assert command("reset", "--yes").code == Exit.NO_INPUT


def test_a_port_that_is_taken(ports: Mapping[str, int], tmp_path: Path, command: Command) -> None:
    with socket.create_server(("127.0.0.1", ports["POP3"])):
        done = command()
    assert done.code == Exit.UNAVAILABLE
    assert f"port {ports['POP3']} is taken; it is for reading the inbox (POP3)" in done.err
    assert f"PILLARBOX_TRYOUT__POP3={ports['POP3'] + 1000}" in done.err
    with socket.create_server(("127.0.0.1", ports["SMTP"])):
        pass  # nothing of ours listens: never half a server


def test_a_real_server_is_not_tried_out(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILLARBOX_DATA", str(folder))
    done = command()
    assert done.code == Exit.CONFIG
    assert "pillarbox run" in done.err


def test_which_folder_is_meant(tmp_path: Path) -> None:
    assert chosen(tmp_path, {"PILLARBOX_DATA": "/x"}) == tmp_path
    assert chosen(None, {"PILLARBOX_DATA": "/x"}) == Path("/x")
    home = {"XDG_DATA_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    assert chosen(None, home) in {personal(home), Path("/var/lib/pillarbox")}
    assert personal(home).name.lower() == "pillarbox"
    assert store_of(tmp_path) == tmp_path
    (tmp_path / "pillarbox.toml").write_text('hostname = "x.test"\ndata = "mail"\n')
    assert store_of(tmp_path) == tmp_path / "mail"
    (tmp_path / "pillarbox.toml").write_text("data = [broken")
    assert store_of(tmp_path) == tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made with pty(7) here")
def test_keys_at_a_terminal(ports: Mapping[str, int], program: list[str], request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--platform-simulation"):
        pytest.skip("the simulated system has no terminal")
    import pty
    import termios

    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    # A session of its own with the terminal as its own, as a shell would have it.
    code = "import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    code += f"os.execv({program[0]!r}, {program!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        text = b""
        while b"q to quit" not in text:
            text += os.read(ours, 4096)
        os.write(ours, b"?")
        while b"q quits, ? shows this" not in text:
            text += os.read(ours, 4096)
        os.write(ours, b"q")
        while b"Stopped." not in text:
            text += os.read(ours, 4096)
        assert process.wait(10) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
