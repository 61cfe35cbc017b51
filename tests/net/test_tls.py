"""Does TLS come up with a certificate of our own making, and only in versions that are safe?"""

import ssl
import time
from pathlib import Path

import pytest

from pillarbox.net.tls import CertificatePaths, Certificates, make_self_signed


def made(folder: Path, hostname: str = "mx.example.test") -> CertificatePaths:
    paths = CertificatePaths(folder / "c.pem", folder / "k.pem")
    certificate, key = make_self_signed(hostname, time.time())
    paths.certificate.write_bytes(certificate)
    paths.key.write_bytes(key)
    return paths


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """Both ends in memory; the client's end."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="mx.example.test")
    two = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for end in (one, two):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return one


def test_a_client_that_knows_the_certificate_believes_it(tmp_path: Path) -> None:
    paths = made(tmp_path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(paths.certificate)
    assert handshake(Certificates(paths).context(), client).version() == "TLSv1.3"


def test_old_versions_are_refused(tmp_path: Path) -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    paths = made(tmp_path)
    assert handshake(Certificates(paths).context(), client).version() == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        handshake(Certificates(paths, "1.3").context(), client)


def test_a_reload_takes_the_new_one_and_keeps_the_old_when_it_is_broken(tmp_path: Path) -> None:
    paths = made(tmp_path)
    certificates = Certificates(paths)
    first = certificates.context()
    made(tmp_path)
    certificates.reload()
    second = certificates.context()
    assert second is not first
    paths.certificate.write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        certificates.reload()
    assert certificates.context() is second
