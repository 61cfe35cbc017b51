"""A running server and its commands, for tests of what people type."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pillarbox.app.entry import main
from pillarbox.testing import Box, server


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


class Typed(io.TextIOWrapper):
    """Standard input with given octets, for code that reads text or octets."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `pillarbox WORDS` here and now."""

    def run(*words: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", Typed(stdin))
        monkeypatch.setattr(sys, "argv", ["pillarbox"])
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def folder(tmp_path: Path, command: Command) -> Path:
    """A server's folder with one domain and one user, without a running server."""
    folder = tmp_path / "box"
    assert command("init", str(folder), "--hostname", "mx.example.test", "--domain", "example.test").code == 0
    added = command("user", "add", "ann@example.test", "--password-stdin", "--data", str(folder), stdin=b"a password\n")
    assert added.code == 0
    return folder


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    """A running server with two users."""
    async with server(tmp_path / "box", {"ann@example.test": "a password", "bob@example.test": "another"}) as running:
        yield running


@pytest.fixture
def beside(command: Command) -> Callable[..., "asyncio.Future[Done]"]:
    """Runs a command in a thread, beside a server in this loop."""

    def run(*words: str, stdin: bytes = b"") -> "asyncio.Future[Done]":
        return asyncio.get_running_loop().run_in_executor(None, lambda: command(*words, stdin=stdin))

    return run
