"""Where does a server keep what it has from its certificate authority? In DATA/acme, for nobody else to read."""

from pathlib import Path

from pillarbox.net.tls import CertificatePaths

FOLDER = "acme"
ACCOUNT = "account.key"
HOST = "host.pem"  # the key and the chain in one file, so that they change together
TRIAL = "host.new"
NEXT_KEY = "next.key"
RENEW = "renew"  # there when somebody asked for a certificate before its time
ROTATE = "rotate"  # the same, with the next key


def folder_of(data: Path) -> Path:
    """The folder, which may not be there yet."""
    return data / FOLDER


def paths_of(data: Path) -> CertificatePaths:
    """The certificate and its key."""
    return CertificatePaths(data / FOLDER / HOST, data / FOLDER / HOST)
