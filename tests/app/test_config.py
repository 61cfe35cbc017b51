"""Defaults, file and environment make the settings; what is wrong is told in three parts with its place."""

from pathlib import Path

import pytest

from pillarbox.app.config import Loaded, load
from pillarbox.app.quantities import Endpoint
from pillarbox.app.settings import STANDARD_LISTENERS
from pillarbox.app.trouble import Exit, Trouble


def written(folder: Path, text: str, **environment: str) -> Loaded:
    (folder / "pillarbox.toml").write_text(text, encoding="utf-8")
    return load(folder, environment)


def complaint(folder: Path, text: str, **environment: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        written(folder, text, **environment)
    assert caught.value.code is Exit.CONFIG
    return caught.value


def test_a_host_name_is_enough(tmp_path: Path) -> None:
    loaded = written(tmp_path, 'hostname = "MX.Example.org"')
    settings = loaded.settings
    assert settings.hostname == "mx.example.org"
    assert settings.listener == STANDARD_LISTENERS
    assert list(map(int, settings.delivery.retry)) == [60, 300, 900, 3600, 14400]
    assert settings.limits.message_size == 50 * 1024**2
    assert loaded.data == tmp_path
    assert loaded.origin("hostname") == "file"
    assert loaded.origin("limits.message_size") == "default"


def test_the_names_that_scripts_rely_on(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        """
        hostname = "mx.example.org"
        data = "mail"
        [[listener]]
        kind = "smtp"
        address = "127.0.0.1:1025"
        tls = "starttls"
        proxy = ["192.0.2.0/24"]
        [[listener]]
        kind = "pop3"
        address = "[::1]:0"
        tls = "implicit"
        [tls]
        certificate = "a.pem"
        key = "b.pem"
        [dns]
        servers = ["127.0.0.1:5353", "192.0.2.53"]
        [delivery]
        port = 2525
        retry = ["1s", "2s"]
        expiry = "1h"
        [[route]]
        recipient_domain = "*"
        smart_host = "smtp.isp.example"
        username = "ann"
        password_env = "ISP_PASSWORD"
        [limits]
        message_size = "10MiB"
        """,
    )
    assert [listener.address for listener in settings.settings.listener] == [("127.0.0.1", 1025), ("::1", 0)]
    assert settings.settings.dns.servers == (Endpoint("127.0.0.1", 5353), Endpoint("192.0.2.53", 53))
    assert list(map(int, settings.settings.delivery.retry)) == [1, 2]
    assert settings.settings.route[0].smart_host == "smtp.isp.example:587"
    assert settings.data == tmp_path / "mail"


def test_the_environment_wins(tmp_path: Path) -> None:
    loaded = written(
        tmp_path,
        'hostname = "a.test"\n[limits]\nmessage_size = "1MiB"',
        PILLARBOX_LIMITS__MESSAGE_SIZE="2MiB",
        PILLARBOX_HOSTNAME="b.test",
        PILLARBOX_DNS__SERVERS="192.0.2.1, 192.0.2.2:54",
        PILLARBOX_LISTENER='[{"kind": "smtp", "address": "127.0.0.1:0"}]',
        PILLARBOX_DATA="/elsewhere",
        PILLARBOX_SOMETHING="of somebody else",
    )
    assert loaded.settings.hostname == "b.test"
    assert loaded.settings.limits.message_size == 2 * 1024**2
    assert loaded.settings.dns.servers == (("192.0.2.1", 53), ("192.0.2.2", 54))
    assert [listener.kind for listener in loaded.settings.listener] == ["smtp"]
    assert loaded.origin("limits.message_size") == "PILLARBOX_LIMITS__MESSAGE_SIZE"
    assert loaded.origin("listener") == "PILLARBOX_LISTENER"


def test_presets_stand_in_for_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"PILLARBOX_LOG__FORMAT": "json"}, {"hostname": "localhost", "log": {"file": "x.log"}})
    assert loaded.settings.hostname == "localhost"
    assert str(loaded.settings.log.file) == "x.log"
    assert loaded.settings.log.format == "json"


def test_an_unknown_key_names_its_line_and_what_was_meant(tmp_path: Path) -> None:
    trouble = complaint(tmp_path, 'hostname = "a.test"\n\n[limits]\nmesage_size = "1MiB"')
    assert trouble.what == f"{tmp_path / 'pillarbox.toml'}:4: limits.mesage_size"
    assert trouble.why == "there is no such setting"
    assert trouble.cure == "did you mean 'message_size'?"


def test_a_wrong_value_says_how_it_is_written(tmp_path: Path) -> None:
    trouble = complaint(tmp_path, 'hostname = "a.test"\n[delivery]\nretry = ["1m", "soon"]')
    assert ":3: delivery.retry[2]" in trouble.what
    assert 'write it like "30s"' in trouble.why


def test_several_mistakes_are_told_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = str(
        complaint(tmp_path, 'hostnam = "a.test"\n[[listener]]\nkind = "jmap"\naddress = "*:143"\n[log]\nfile = 3')
    )
    places = [text.index(part) for part in (":1: hostnam", ":3: listener[1].kind", ":6: log.file")]
    assert places == sorted(places)
    assert "hostname: it is missing" in text


def test_a_mistake_in_the_environment_is_told_as_one(tmp_path: Path) -> None:
    trouble = complaint(tmp_path, 'hostname = "a.test"', PILLARBOX_LIMITS__MESSAGE_SIZE="big")
    assert trouble.what == "environment variable PILLARBOX_LIMITS__MESSAGE_SIZE: limits.message_size"


def test_a_variable_that_only_looks_like_a_setting(tmp_path: Path) -> None:
    trouble = complaint(tmp_path, 'hostname = "a.test"', PILLARBOX_LIMITS__MESAGE_SIZE="1")
    assert trouble.cure == "did you mean PILLARBOX_LIMITS__MESSAGE_SIZE?"


def test_broken_json_in_the_environment(tmp_path: Path) -> None:
    assert "PILLARBOX_LISTENER" in complaint(tmp_path, 'hostname = "a.test"', PILLARBOX_LISTENER="[{").what


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in complaint(tmp_path, 'hostname = "a.test"\nlimits = [').why or "at end of document"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[tls]\ncertificate = "a.pem"', "certificate and key go together"),
        ("[[route]]\nsender = '*'", "smart_host is missing"),
        ('[[route]]\nsmart_host = "h:25"\nusername = "u"', "needs a password"),
        ('[delivery]\nwindow_share = 2', "less than or equal to 1"),
        ('[tls]\nminimum = "1.1"', "1.2"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_together(tmp_path: Path, text: str, part: str) -> None:
    assert part in str(complaint(tmp_path, f'hostname = "a.test"\n{text}'))


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "pillarbox.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Trouble, match="cannot be read"):
        load(tmp_path, {})
