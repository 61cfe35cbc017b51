"""`sendmail -bs`: a program speaks SMTP on standard input and output."""

import asyncio
import subprocess
import sys

from pillarbox.testing import Box

DIALOGUE = b"EHLO me\nMAIL FROM:<ann@example.test>\nRCPT TO:<bob@example.test>\nDATA\nSubject: x\n\n..hi\n.\nQUIT\n"


async def test_a_dialogue(box: Box) -> None:
    words = [sys.executable, "-m", "pillarbox", "sendmail", "-bs", "--data", str(box.folder)]
    done = await asyncio.to_thread(subprocess.run, words, input=DIALOGUE, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    codes = [line[:3] for line in done.stdout.splitlines() if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
    (message,) = await box.inbox("bob@example.test")
    assert message.endswith(b"\r\n.hi\r\n")


async def test_without_login_to_anywhere(box: Box) -> None:
    dialogue = DIALOGUE.replace(b"bob@example.test", b"x@far.test")
    words = [sys.executable, "-m", "pillarbox", "sendmail", "-bs", "--data", str(box.folder)]
    done = await asyncio.to_thread(subprocess.run, words, input=dialogue, capture_output=True, timeout=30, check=False)
    assert b"queued as" in done.stdout


async def test_without_a_server(box: Box, tmp_path: object) -> None:
    words = [sys.executable, "-m", "pillarbox", "sendmail", "-bs", "--data", f"{tmp_path}/none"]
    done = await asyncio.to_thread(subprocess.run, words, input=b"", capture_output=True, timeout=30, check=False)
    assert done.returncode == 75
