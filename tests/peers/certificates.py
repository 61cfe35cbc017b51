"""Whom do the peers trust? A certificate authority made for one world."""

from pathlib import Path

import trustme


class Authority:
    """A throw-away CA; ``root`` is its certificate as a PEM file."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._folder = folder
        self.root = folder / "root.pem"
        self._ca.cert_pem.write_to_path(str(self.root))

    def issue(self, *names: str) -> tuple[Path, Path]:
        """A certificate chain and its key, as PEM files, for host names or addresses."""
        leaf = self._ca.issue_cert(*names, common_name=names[0])  # fetchmail wants a CN
        chain, key = self._folder / f"{names[0]}.pem", self._folder / f"{names[0]}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        key.chmod(0o644)  # each peer reads it as a user of its own
        return chain, key
