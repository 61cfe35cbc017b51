"""Where does a server keep what it has from its certificate authority? In DATA/acme, for nobody else to read."""

from pathlib import Path

from pillarbox.net.tls import CertificatePaths

FOLDER = "acme"
ACCOUNT = "account.key"
CHAIN = "chain.pem"
KEY = "host.key"
NEXT_KEY = "next.key"
ROTATE = "rotate"


def folder_of(data: Path) -> Path:
    """The folder, which may not be there yet."""
    return data / FOLDER


def paths_of(data: Path) -> CertificatePaths:
    """The certificate and its key."""
    return CertificatePaths(data / FOLDER / CHAIN, data / FOLDER / KEY)
