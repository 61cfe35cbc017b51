"""How does a certificate authority that speaks ACME run in a test? Pebble, with a DNS that leads every name to us."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.certificates import Authority
from peers.need import program
from peers.process import Daemon, attached
from peers.world import free_port


@dataclass(frozen=True, slots=True)
class Pebble:
    """``directory``: its address; ``trusted``: the root of its own web address; ``roots``: where the root is that
    it signs with; ``web``, ``tls``: the ports on which it looks for files and
    for TLS; ``names``: where its DNS takes orders."""

    directory: str
    trusted: Path
    roots: str
    web: int
    tls: int
    names: str


@contextmanager
def serving(folder: Path, dns: int = 0) -> Iterator[Pebble]:
    """A running Pebble. ``dns``: the port of another server to ask for names."""
    authority = Authority(folder)
    certificate, key = authority.issue("127.0.0.1")
    port, management, web, tls, own_dns, names = (free_port() for _ in range(6))
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(certificate),
        "privateKey": str(key),
        "httpPort": web,
        "tlsPort": tls,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    config = folder / "pebble.json"
    config.write_text(json.dumps({"pebble": settings}))
    answering = [
        program("pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
        "-dns01", f"127.0.0.1:{own_dns}", "-http01", "", "-https01", "",
        "-tlsalpn01", "", "-management", f"127.0.0.1:{names}",
    ]  # fmt: skip
    with attached(Daemon("challtestsrv", answering, folder / "names.log")) as server:
        server.wait_listening(("127.0.0.1", names))
        words = [program("pebble"), "-config", str(config), "-dnsserver", f"127.0.0.1:{dns or own_dns}", "-strict"]
        # A third of its nonces are refused; and it takes no nap before it looks.
        env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "33", "PEBBLE_AUTHZREUSE": "0"}
        with attached(Daemon("pebble", words, folder / "pebble.log", env)) as pebble:
            pebble.wait_listening(("127.0.0.1", port), ("127.0.0.1", management))
            yield Pebble(
                f"https://127.0.0.1:{port}/dir", authority.root, f"https://127.0.0.1:{management}/roots/0", web, tls,
                f"http://127.0.0.1:{names}",
            )  # fmt: skip
