"""Do `pillarbox certificate show` and `renew` say and do what they should?"""

import json
import time
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pillarbox.app.acme_files import HOST, NEXT_KEY, RENEW, ROTATE, folder_of
from pillarbox.app.trouble import Exit
from pillarbox.deliver.certificates import public_key_info
from pillarbox.net.acme_keys import make_key
from pillarbox.net.tls import make_self_signed

from .conftest import Command

ACME = '\n[acme]\ndirectory = "https://ca.test/directory"\nagree = true\n'


def with_authority(folder: Path) -> Path:
    (folder / "pillarbox.toml").write_text(f'hostname = "mx.example.test"\n{ACME}')
    folder_of(folder).mkdir(mode=0o700)
    return folder_of(folder)


def test_what_is_shown_is_what_the_authority_gave(folder: Path, command: Command) -> None:
    acme = with_authority(folder)
    certificate, key = make_self_signed("mx.example.test", time.time())
    (acme / HOST).write_bytes(key + certificate)
    (acme / NEXT_KEY).write_bytes(make_key())
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    pin = sha256(public_key_info(der)).hexdigest()
    told = command("certificate", "show", "--data", str(folder)).out.splitlines()
    assert str(acme / HOST) in told[0]
    assert told[1] == f"TLSA now   3 1 1 {pin}"
    assert told[2].startswith("TLSA next  3 1 1 ")
    shown = json.loads(command("certificate", "show", "--json", "--data", str(folder)).out)
    assert shown["tlsa"][0] == f"3 1 1 {pin}"
    zone = command("domain", "dns", "example.test", "--data", str(folder)).out
    assert zone.count("_25._tcp.mx.example.test. IN TLSA 3 1 1 ") == 2


def test_a_renewal_is_asked_for(folder: Path, command: Command) -> None:
    assert command("certificate", "renew", "--data", str(folder)).code == Exit.CONFIG
    acme = with_authority(folder)
    assert command("certificate", "renew", "--new-key", "--data", str(folder)).code == Exit.CONFIG
    assert command("certificate", "renew", "--data", str(folder)).code == Exit.OK
    assert (acme / RENEW).exists()
    (acme / NEXT_KEY).write_bytes(make_key())
    assert command("certificate", "renew", "--new-key", "--data", str(folder)).code == Exit.OK
    assert (acme / ROTATE).exists()


def test_settings_that_cannot_be(folder: Path, command: Command) -> None:
    for lines, said in (
        ('[acme]\ndirectory = "https://ca.test/"\n', "agree = true is missing"),
        ('[acme]\ndirectory = "http://ca.test/"\nagree = true\n', "https://"),
        ('[acme]\nchallenge = "dns-01"\n', "dns_hook or dns_server"),
        ('[[listener]]\nkind = "web"\naddress = "*:443"\n', "implicit"),
        (f'[tls]\ncertificate = "a.pem"\nkey = "a.key"\n{ACME}', "take one of them out"),
    ):
        (folder / "pillarbox.toml").write_text(f'hostname = "mx.example.test"\n{lines}')
        done = command("config", "check", "--data", str(folder))
        assert (done.code, said in done.err) == (Exit.CONFIG, True), done.err
