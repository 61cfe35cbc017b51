"""A running rspamd with nothing but its checks of senders: DKIM, SPF, DMARC and ARC; it signs what loopback brings."""

import http.client
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from peers.need import program
from peers.process import Daemon, Endpoint, attached
from peers.world import Ground, free_port

LOOPBACK = "127.0.0.1"
STRANGER = "192.0.2.1"
USER = "_rspamd"
SECONDS = 20
ARC = ("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results")

CONFIGURATION = """\
options {{
  tempdir = "{room}"; cache_file = "{room}/cache"; stats_file = "{room}/stats"; history_file = "{room}/history";
  hs_cache_dir = "{room}"; control_socket = "{room}/control mode=0600"; url_tld = "{room}/suffixes"; rrd = "";
  filters = "dkim"; local_addrs = ["{loopback}"]; explicit_modules = ["spf", "dmarc", "arc", "dkim_signing"];
  dns {{ nameserver = ["{dns[0]}:{dns[1]}"]; timeout = 2s; retransmits = 2; }}
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{ bind_socket = "{loopback}:{port}"; count = 1; }}
lua = "/usr/share/rspamd/rules/rspamd.lua";
modules {{ path = "/usr/share/rspamd/plugins"; }}
dkim {{ }}
spf {{ }}
dmarc {{ }}
arc {{ {signing} }}
dkim_signing {{ {signing} }}
"""
SIGNING = """
  sign_local = true; allow_username_mismatch = true; use_esld = false; check_pubkey = false; use_domain = "header";
  path = "{room}/$domain.$selector.key"; selector = "{selector}";
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """``dns`` answers its questions. ``keys``: in PEM, by domain, all of one ``selector``. ``suffixes``: of the public
    suffix list."""

    dns: Endpoint
    selector: str = "rspamd"
    keys: Mapping[str, bytes] = field(default_factory=dict)
    suffixes: Sequence[str] = ("example", "test", "com", "org")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``symbols``: what rspamd found, with what it says about each. ``signed``: the DKIM-Signature field that it adds;
    ``sealed``: the ARC set. Both with their line ends, and empty where it signs nothing."""

    symbols: Mapping[str, Sequence[str]]
    signed: bytes
    sealed: bytes


class Rspamd:
    """The running one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def ask(self, message: bytes, sender: str = "", client: str = STRANGER) -> Verdict:
        """What rspamd says of ``message`` with this reverse-path from this address."""
        connection = http.client.HTTPConnection(*self._endpoint, timeout=SECONDS)
        try:
            about = {"IP": client, "Helo": "mail.sender.example", "From": sender, "Rcpt": "u@here.example"}
            connection.request("POST", "/checkv2", message, about)
            found = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        symbols = {name: cast("list[str]", each.get("options", [])) for name, each in found["symbols"].items()}
        added = found.get("milter", {}).get("add_headers", {})
        sealed = b"".join(_field(name, each["value"]) for name in ARC for each in _several(added.get(name, [])))
        signature = found.get("dkim-signature", "")
        return Verdict(symbols, _field("DKIM-Signature", signature) if signature else b"", sealed)


def _several(found: dict[str, str] | list[dict[str, str]]) -> list[dict[str, str]]:
    return found if isinstance(found, list) else [found]


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Rspamd]:
    """rspamd, accepting questions, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    endpoint = (LOOPBACK, free_port(LOOPBACK))
    _write(room, endpoint[1], settings)
    argv = [program("rspamd"), "-f", "-u", USER, "-g", USER, "-c", str(room / "conf")]
    daemon = Daemon(name, argv, room / "log")
    with attached(daemon):
        daemon.wait_listening(endpoint)
        yield Rspamd(endpoint)


def _write(room: Path, port: int, settings: Settings) -> None:
    (room / "suffixes").write_text("".join(f"{suffix}\n" for suffix in settings.suffixes))
    for domain, key in settings.keys.items():
        (room / f"{domain}.{settings.selector}.key").write_bytes(key)
    signing = SIGNING.format(room=room, selector=settings.selector) if settings.keys else ""
    (room / "conf").write_text(
        CONFIGURATION.format(room=room, port=port, loopback=LOOPBACK, dns=settings.dns, signing=signing)
    )
    for path in (room, *room.iterdir()):
        shutil.chown(path, USER, USER)
