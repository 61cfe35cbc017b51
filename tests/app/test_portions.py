"""Does each floor get what the settings mean for it?"""

import smtplib
from asyncio import to_thread
from ipaddress import ip_address
from pathlib import Path

import pytest

from pillarbox.app import portions
from pillarbox.app.config import load
from pillarbox.app.settings import Settings
from pillarbox.mail.route import SmartHost
from pillarbox.testing import Box


@pytest.mark.parametrize(
    ("listening", "own"),
    [
        (["192.0.2.25:25", "[2001:db8::25]:25", "192.0.2.25:587"], ["192.0.2.25", "2001:db8::25"]),
        (["0.0.0.0:25", "[::]:25", ":25", "127.0.0.1:2525"], ["127.0.0.1"]),
        (["localhost:25"], []),
    ],
)
def test_the_addresses_that_listeners_name_are_ours(listening: list[str], own: list[str]) -> None:
    listeners = [{"kind": "smtp", "address": address} for address in listening]
    settings = Settings.model_validate({"hostname": "mx.example.test", "listener": listeners})
    assert portions.recipients(settings, None).own_addresses == set(map(ip_address, own))


async def test_the_postmaster_of_our_own_address_is_ours(box: Box) -> None:
    """RFC 5321 §4.5.1 with §4.1.3: an address literal of ours is a domain of ours."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", box.port("smtp"), timeout=20) as client:
            client.sendmail("a@far.test", ["postmaster@[127.0.0.1]"], "Subject: x\r\n\r\nhi\r\n")
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@far.test", ["postmaster@[192.0.2.1]"], "Subject: x\r\n\r\nhi\r\n")

    await to_thread(send)
    assert len(await box.inbox("ann@example.test")) == 1


ROUTE = """
hostname = "mx.example.org"
[[route]]
smart_host = "smtp.isp.example:587"
username = "ann"
password_file = "isp.password"
"""


def test_a_password_file_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "pillarbox.toml").write_text(ROUTE)
    (tmp_path / "isp.password").write_text("secret\n")
    loaded = load(tmp_path, {})
    [rule] = portions.rules(loaded.settings, loaded.folder)
    assert isinstance(rule.route, SmartHost)
    assert rule.route.credentials is not None
    assert rule.route.credentials.password() == "secret"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", False),
        ('[dns]\nservers = ["127.0.0.1"]', False),
        ('[dns]\nservers = ["192.0.2.1:5353"]', False),
        ('[dns]\nservers = ["127.0.0.1:5353"]', True),
        ("[delivery]\nport = 2525", True),
        ("[delivery]\nallow_loopback_targets = true", True),
    ],
)
def test_loopback_mail_hosts_are_for_a_laboratory(tmp_path: Path, text: str, allowed: bool) -> None:
    (tmp_path / "pillarbox.toml").write_text(f'hostname = "mx.example.org"\n{text}\n')
    assert portions.loopback_targets(load(tmp_path, {}).settings) is allowed
