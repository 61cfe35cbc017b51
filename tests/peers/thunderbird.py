"""A running Thunderbird with one account and a profile of its own, without a screen, that does as it is told."""

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.marionette import Marionette, Value
from peers.need import program
from peers.process import Daemon, Endpoint, attached

_LIBRARY = Path(__file__).with_suffix(".js")
_NORMAL_PASSWORD, _TLS = 3, 3  # the numbers that Thunderbird has for them
_PREFERENCES: dict[str, Value] = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.identity.id1.valid": True,
    "mail.server.server1.type": "imap",
    "mail.server.server1.authMethod": _NORMAL_PASSWORD,
    "mail.server.server1.socketType": _TLS,
    # It stays connected to the inbox, but asks for nothing: what it sees of new mail comes by IDLE.
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": True,
    "mail.server.server1.check_time": 600,
    # A message is fetched when it is looked at.
    "mail.server.server1.offline_download": False,
    "mail.server.server1.autosync_offline_stores": False,
    "marionette.port": 0,
    # It shall not speak with anybody else, and ask its user nothing.
    "app.update.auto": False,
    "browser.region.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "media.gmp-manager.url": "http://127.0.0.1:9/",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "security.OCSP.enabled": 0,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mail, where by IMAP with TLS, and the CA that the server's certificate comes from."""

    address: str
    password: str
    imaps: Endpoint
    root: Path


class Thunderbird:
    """One that runs."""

    def __init__(self, marionette: Marionette) -> None:
        self._marionette = marionette
        self._library = _LIBRARY.read_text()

    def do(self, script: str, *arguments: Value) -> Value:
        """What the body of an async function made of the library's words returns."""
        return self._marionette.run(f"{self._library}\n{script}", *arguments)


@contextmanager
def running(account: Account, folder: Path) -> Iterator[Thunderbird]:
    """A Thunderbird whose profile lies in ``folder``, signed in, with the inbox before its user's eyes."""
    profile = folder / "profile"
    profile.mkdir()
    preferences = _PREFERENCES | {
        "mail.identity.id1.useremail": account.address,
        "mail.server.server1.hostname": account.imaps[0],
        "mail.server.server1.port": account.imaps[1],
        "mail.server.server1.userName": account.address,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines))
    words = ["--headless", "--no-remote", "--marionette", "-remote-allow-system-access", "--profile", str(profile)]
    environment = {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"}
    daemon = Daemon("thunderbird", [program("thunderbird"), *words], folder / "thunderbird.log", environment)
    with attached(daemon):
        port = profile / "MarionetteActivePort"
        daemon.wait_ready(lambda: port.exists() and port.read_text().strip().isdigit(), 60)
        marionette = Marionette(int(port.read_text()))
        thunderbird = Thunderbird(marionette)
        _sign_in(thunderbird, account)
        yield thunderbird
        marionette.quit()


def _sign_in(thunderbird: Thunderbird, account: Account) -> None:
    certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(account.root.read_text())).decode()
    thunderbird.do("await trust(arguments[0]);", certificate)
    origin = f"imap://{account.imaps[0]}"
    thunderbird.do("await remember(...arguments);", origin, account.address, account.password)
    thunderbird.do("await begin();")
