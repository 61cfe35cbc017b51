"""Does each floor get what the settings mean for it?"""

import smtplib
from asyncio import to_thread
from ipaddress import ip_address

import pytest

from pillarbox.app import portions
from pillarbox.app.settings import Settings
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
