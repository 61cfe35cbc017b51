"""The doctor sees what is wrong, says what to do, and ends with 1."""

import asyncio
import json
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pillarbox.app.probes import certificate, look_up, reachable
from pillarbox.net.platform import current
from pillarbox.net.tls import make_self_signed

from .conftest import Command

NOW = 1_795_442_531.0


def examined(command: Command, folder: Path) -> tuple[int, dict[str, dict[str, object]]]:
    done = command("doctor", "--json", "--data", str(folder))
    report = json.loads(done.out)
    assert report["ok"] is (done.code == 0)
    return done.code, {check["check"]: check for check in report["checks"]}


def test_all_is_well_without_a_server_running(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILLARBOX_DNS__SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("PILLARBOX_DNS__TIMEOUT", "0.2s")
    code, found = examined(command, folder)
    assert code == 0
    assert found["store"]["ok"] is True
    assert found["server"]["ok"] is None
    assert found["names"]["ok"] is None, "nobody answers there, and that is said"
    assert "All is well." in command("doctor", "--data", str(folder)).out


@pytest.mark.skipif(type(current()).__name__ == "Windows", reason="permission bits mean nothing on Windows")
def test_others_may_read(folder: Path, command: Command) -> None:
    if current().private_files.problem(folder) is None:
        folder.chmod(0o755)
    code, found = examined(command, folder)
    assert code == 1
    assert "0755" in str(found["rights"]["text"])
    assert "chmod" in str(found["rights"]["cure"])


def test_wrong_settings_are_the_first_thing_said(folder: Path, command: Command) -> None:
    (folder / "pillarbox.toml").write_text("hostname = 3\n[limit]\n", encoding="utf-8")
    code, found = examined(command, folder)
    assert code == 1
    assert found["settings"]["ok"] is False


def test_a_damaged_store(folder: Path, command: Command) -> None:
    (folder / "pillarbox.db").write_bytes(b"no database at all" * 200)
    code, found = examined(command, folder)
    assert code == 1
    assert found["store"]["ok"] is False


def test_nobody_has_a_mailbox(tmp_path: Path, command: Command) -> None:
    command("init", str(tmp_path / "x"), "--hostname", "mx.example.test")
    code, found = examined(command, tmp_path / "x")
    assert code == 1
    assert "domain add" in str(found["domains"]["cure"])


@pytest.mark.parametrize(
    ("made", "hostname", "ok", "said"),
    [
        (NOW, "mx.example.test", True, "self-signed"),
        (NOW, "other.test", False, "not for other.test"),
        (NOW - 4000 * 86400, "mx.example.test", False, "expired"),
        (NOW - 3645 * 86400, "mx.example.test", False, "ends in"),
    ],
)
def test_certificates(tmp_path: Path, made: float, hostname: str, ok: bool, said: str) -> None:
    file = tmp_path / "c.pem"
    file.write_bytes(make_self_signed("mx.example.test", made)[0])
    seen = certificate(file, hostname, NOW)
    assert (seen.ok, said in seen.text) == (ok, True), seen.text
    assert ok or seen.cure


def test_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("nonsense")
    assert certificate(tmp_path / "c.pem", "x", NOW).ok is False
    assert certificate(tmp_path / "none.pem", "x", NOW).ok is False


async def test_ports(tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.read()
        writer.close()

    certificate_pem, key_pem = make_self_signed("localhost", datetime.now(UTC).timestamp())
    (tmp_path / "c.pem").write_bytes(certificate_pem + key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem")
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as plain:
        async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context) as secure:
            ports = [server.sockets[0].getsockname()[1] for server in (plain, secure)]
            assert await reachable(f"smtp at 127.0.0.1:{ports[0]}", implicit_tls=False) is None
            assert await reachable(f"smtp at 127.0.0.1:{ports[1]}", implicit_tls=True) is None
            assert await reachable(f"smtp at 127.0.0.1:{ports[0]}", implicit_tls=True) is not None
    assert await reachable(f"smtp at 127.0.0.1:{ports[0]}", implicit_tls=False) is not None


async def test_name_servers_that_do_not_answer() -> None:
    assert await look_up("example.test", ["127.0.0.1:1"], 0.2)
