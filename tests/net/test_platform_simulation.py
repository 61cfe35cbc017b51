"""The simulated Windows bites where the real one would; otherwise a suite that passes under it would prove nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROGRAM = TESTS / "pillarbox_plugins" / "platforms.py"
PREPARE = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from pillarbox_plugins.windows import simulate
simulate()
from pathlib import Path
folder = Path(sys.argv[1])
"""
# Code that stands in a module of ours: what it ends with when it does what only POSIX can.
BITES = {
    "import fcntl": "ModuleNotFoundError",
    "import uvloop": "ModuleNotFoundError",
    "import os; os.fork": "AttributeError",
    "from os import getuid": "ImportError",
    "import signal; signal.SIGHUP": "AttributeError",
    "import socket; socket.AF_UNIX": "AttributeError",
    "import asyncio; asyncio.start_unix_server": "AttributeError",
    "import asyncio, signal; asyncio.new_event_loop().add_signal_handler(signal.SIGTERM, print)": "NotImplementedError",
    "import asyncio; asyncio.new_event_loop().add_reader(0, print)": "NotImplementedError",
    "import os; os.open(folder, os.O_RDONLY)": "PermissionError",
    "(folder / 'a:b').touch()": "OSError",
    "(folder / 'aux.txt').mkdir()": "OSError",
    "(folder / 'dot.').write_bytes(b'')": "OSError",
    "open(folder / 'x', 'w')": "AssertionError",
    "(folder / 'f').write_bytes(b''); f = open(folder / 'f', 'rb'); (folder / 'f').unlink()": "PermissionError",
    "(folder / 'f').write_bytes(b''); f = open(folder / 'f', 'rb'); (folder / 'f').rename(folder / 'g')":
        "PermissionError",
    "(folder / 'f').write_bytes(b''); (folder / 'g').write_bytes(b''); f = open(folder / 'g', 'rb'); "
    "(folder / 'f').replace(folder / 'g')": "PermissionError",
}  # fmt: skip
ALLOWED = [
    "(folder / 'f').write_bytes(b''); (folder / 'f').rename(folder / 'g'); (folder / 'g').unlink()",
    "import os, sys; assert sys.platform == 'win32'; assert os.O_BINARY == 0",
    "with open(folder / 'x', 'w', encoding='utf-8') as f: f.write('x')",
]


def run(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run ``code`` as the code of a module of ours."""
    package = folder / "src" / "pillarbox"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "guest.py").write_text(f"def act(folder):\n    {code}\n")
    script = f"{PREPARE}\nsys.path.insert(0, {str(folder / 'src')!r})\nfrom pillarbox.guest import act\nact(folder)\n"
    return subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", list(BITES))
def test_it_bites(code: str, tmp_path: Path) -> None:
    done = run(code, tmp_path)
    assert done.stderr.strip().splitlines()[-1].startswith(BITES[code]), done.stderr


@pytest.mark.parametrize("code", ALLOWED)
def test_it_lets_pass_what_windows_does(code: str, tmp_path: Path) -> None:
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_program_runs_under_it(tmp_path: Path) -> None:
    def program(*words: str) -> str:
        return subprocess.run(
            [sys.executable, str(PROGRAM), "windows", *words], capture_output=True, text=True, check=True
        ).stdout

    folder = str(tmp_path / "box")
    assert "Made the store" in program("init", folder, "--hostname", "mx.example.test", "--domain", "example.test")
    assert "ann@example.test" in program("user", "add", "ann@example.test", "--data", folder)
    assert "sound" in program("doctor", "--data", folder)


def test_the_platform_tests_pass_under_it() -> None:
    words = ["pytest", "-q", "--platform-simulation=windows", str(TESTS / "net" / "test_platform.py")]
    done = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True, text=True, check=False, cwd=TESTS.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
