"""Do other people's odd, broken and tortured messages come out of the inbox as they went in, octet for octet?"""

import os
import poplib
import re
import smtplib
from asyncio import to_thread
from pathlib import Path

import pytest

from pillarbox.testing import server

ANN, PASSWORD = "ann@example.test", "a quiet otter"
ROOT = Path(__file__).parents[3]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
NO_MESSAGES = {".txt", ".json", ".md", ".py", ".cs", ".rb"}


def messages() -> list[bytes]:
    """All of them as they go over the wire: lines end with CRLF, no octet is NUL."""
    folder = SUITES / "mime"
    if not folder.is_dir():
        reason = f"other people's messages are not in {folder} (PILLARBOX_SUITES says where they are)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix not in NO_MESSAGES:
            octets = re.sub(rb"\r\n?|\n", b"\r\n", file.read_bytes()).replace(b"\0", b"")
            found.append(octets if octets.endswith(b"\r\n") else octets + b"\r\n")
    return found


def send(port: int, contents: list[bytes]) -> list[bytes]:
    """Send them; those that were taken."""
    taken = []
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("client.test")
        for content in contents:
            client.mail("x@far.test", ["BODY=8BITMIME"])
            client.rcpt(ANN)
            code, _text = client.data(content)
            if code == 250:
                taken.append(content)
    return taken


def fetch(port: int) -> list[bytes]:
    """The inbox as POP3 gives it."""
    client = poplib.POP3("127.0.0.1", port, timeout=30)
    client.user(ANN)
    client.pass_(PASSWORD)
    count, _octets = client.stat()
    found = [b"\r\n".join(client.retr(number)[1]) + b"\r\n" for number in range(1, count + 1)]
    client.quit()
    return found


async def test_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poplib, "_MAXLINE", 1_000_000)
    contents = messages()
    assert len(contents) > 50
    async with server(tmp_path, {ANN: PASSWORD}) as box:
        taken = await to_thread(send, box.port("smtp"), contents)
        stored = await box.inbox(ANN)
        fetched = await to_thread(fetch, box.port("pop3"))
    # Refused are only those whose header is all of a large message, or that went in circles before they came here.
    assert len(taken) >= len(contents) - 5
    assert len(stored) == len(fetched) == len(taken)
    for content, one, other in zip(taken, stored, fetched, strict=True):
        assert one.endswith(b"\r\n" + content)
        assert other == one
