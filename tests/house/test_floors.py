"""What lies on the ground stays on the ground, and what is public stays as it is."""

import inspect
import subprocess
import sys

import pillarbox
import pillarbox.testing

GROUND = (
    "pillarbox.mail.address", "pillarbox.mail.headers", "pillarbox.mail.mailboxes", "pillarbox.mail.texts",
    "pillarbox.mail.sections", "pillarbox.mail.preview", "pillarbox.proto.smtp.server", "pillarbox.proto.smtp.client",
    "pillarbox.proto.pop3.server", "pillarbox.proto.imap.server", "pillarbox.proto.imap.bodystructure",
    "pillarbox.proto.imap.envelope", "pillarbox.proto.sasl", "pillarbox.senderauth",
)  # fmt: skip
FORBIDDEN = ("asyncio", "socket", "ssl", "threading", "logging", "sqlite3", "apsw", "uvloop", "random", "secrets")
# What programs start with every message must be there in a blink.
QUICK = ("pillarbox.app.sendmail", "pillarbox.app.mailq", "pillarbox.app.entry")
SLOW = ("asyncio", "pydantic", "typer", "rich", "cryptography", "apsw", "dns")

PUBLIC = {
    "Box": "(server: pillarbox.app.server.Server, folder: pathlib.Path) -> None",
    "FakeResolver": "(mx, hosts, texts, names)",
    "server": "(folder, users, *, settings, resolver, catch_all, clock, pause)",
}


def loaded_by(names: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """Which of ``wanted`` a fresh interpreter has loaded after importing ``names``."""
    script = f"import {', '.join(names)}, sys; print(*[name for name in {wanted!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_protocols_need_no_loop_no_socket_and_no_clock() -> None:
    assert loaded_by(GROUND, FORBIDDEN) == ""


def test_what_is_started_for_every_message_starts_in_a_blink() -> None:
    assert loaded_by(QUICK, SLOW) == ""


def test_the_public_names_of_testing_stay() -> None:
    assert set(pillarbox.testing.__all__) == set(PUBLIC)
    for name in ("FakeResolver", "server"):
        given = inspect.signature(getattr(pillarbox.testing, name)).parameters.values()
        stars = [*(each.name for each in given if each.kind is not inspect.Parameter.KEYWORD_ONLY)]
        keywords = [each.name for each in given if each.kind is inspect.Parameter.KEYWORD_ONLY]
        assert f"({', '.join([*stars, *(['*', *keywords] if keywords else [])])})" == PUBLIC[name]
    assert {name for name in vars(pillarbox.testing.Box) if not name.startswith("_")} >= {
        "port",
        "inbox",
        "server",
        "folder",
    }


def test_the_version_is_one() -> None:
    assert pillarbox.__version__.count(".") == 2
