"""`sendmail` and `mailq` start in a blink: what they import is held here, because nobody sees it creep in."""

import subprocess
import sys

import pytest

SLOW = {"asyncio", "pydantic", "typer", "rich", "apsw", "dns", "cryptography", "uvloop", "idna", "prometheus_client"}


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; sys.stderr.write(' '.join(sys.modules))"],
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stderr.split()[-2000:]}


@pytest.mark.parametrize("words", [["sendmail", "--data", "/nonexistent", "x@y.test"], ["sendmail", "-q"]])
def test_sendmail_imports_nothing_slow(words: list[str]) -> None:
    assert imported(f"from pillarbox.app.entry import main; main({words!r})") & SLOW == set()


def test_mailq_imports_nothing_slow_beside_a_server() -> None:
    assert imported("import pillarbox.app.mailq, pillarbox.app.calling") & SLOW == set()


@pytest.mark.parametrize("name", ["sendmail", "mailq", "newaliases"])
def test_the_name_that_it_is_called_by_counts(name: str) -> None:
    code = f"import sys; sys.argv = ['/usr/sbin/{name}', '--data', '/nonexistent']; "
    code += "from pillarbox.app.entry import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, bool(done.stderr)) == {
        "sendmail": (64, True),
        "mailq": (66, True),
        "newaliases": (0, False),
    }[name]


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "from pillarbox.app.entry import main; import sys; sys.exit(main(['--help']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
