"""Try-out mode: what happens when somebody just types `pillarbox`? All on this machine, in a second, no questions.

One account, every recipient lands in its inbox, nothing leaves the machine. The password is made once and kept with
the data, so that a mail program set up yesterday works today.
"""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from pillarbox import __version__
from pillarbox.accounts import phrases
from pillarbox.net.platform import current
from pillarbox.store.interface import Store

from . import folders
from .config import Loaded, load
from .going import go
from .offline import Directory, open_directory
from .screen import Screen
from .serve import run
from .server import Server
from .settings import Tryout
from .trouble import Exit, Trouble

MARK = "tryout.json"
_LOG = "pillarbox.log"
_TLS = {
    "smtp": "starttls",
    "submission": "starttls",
    "submissions": "implicit",
    "imap": "starttls",
    "imaps": "implicit",
    "pop3": "starttls",
    "pop3s": "implicit",
}
_USES = {
    "smtp": "mail to any recipient (SMTP)",
    "submission": "sending with login (STARTTLS)",
    "submissions": "sending with login (TLS from the start)",
    "imap": "reading the inbox (IMAP)",
    "imaps": "reading the inbox (IMAP with TLS from the start)",
    "pop3": "reading the inbox (POP3)",
    "pop3s": "reading the inbox (POP3 with TLS from the start)",
}
_KIND = {"submissions": "submission", "imaps": "imap", "pop3s": "pop3"}


@dataclass(frozen=True, slots=True)
class Guest:
    """The one account of try-out mode."""

    account_id: int
    address: str
    password: str


def tryout_folder() -> Path:
    """Where try-out mode keeps its data."""
    return folders.chosen()


def tryout(started: float) -> int:
    """Run until told to stop; the exit code. ``started``: when the program began, as perf_counter told it."""
    folder = tryout_folder()
    if (folder / folders.CONFIG).exists() and not (folder / MARK).exists():
        raise Trouble(
            f"{folder} holds a real server",
            "try-out mode takes mail for everybody, which a real server must not",
            "start it with `pillarbox run`, or try out elsewhere: PILLARBOX_DATA=/tmp/try pillarbox",
            Exit.CONFIG,
        )
    platform = current()
    platform.private_files.make_folder(folder)
    loaded = settings_of(folder)
    guest = go(_guest(folder, loaded.settings.tryout))
    screen = Screen(sys.stdout, platform)

    def began(server: Server) -> None:
        took = perf_counter() - started
        ready = f"{took:.1f} s ready · {len(server.listeners)} listeners"
        screen.begin(f"{_welcome(loaded, guest)}{ready}", server.log, server.stop)

    try:
        return run(loaded, catch_all=guest.account_id, began=began)
    except Trouble as trouble:
        raise _movable(trouble, loaded.settings.tryout) from None
    finally:
        screen.end()


def _movable(trouble: Trouble, part: Tryout) -> Trouble:
    """A port that is taken: what it is for, and how to move it."""
    for name, use in _USES.items():
        port = getattr(part, name)
        if re.search(rf"(?<!\d){port}(?!\d)", trouble.what):
            cure = (
                f"stop the program that has it, or move ours: PILLARBOX_TRYOUT__{name.upper()}={port + 1000} pillarbox"
            )
            return Trouble(f"port {port} is taken; it is for {use}", trouble.why, cure, trouble.code)
    return trouble


def settings_of(folder: Path) -> Loaded:
    """The settings of try-out mode: its ports on loopback, its log in a file, so that the screen stays free."""
    preset: dict[str, object] = {"hostname": "localhost", "log": {"file": str((folder / _LOG).absolute())}}
    part = load(folder, preset=preset).settings.tryout
    listeners = [
        {"kind": _KIND.get(name, name), "address": f"{part.host}:{getattr(part, name)}", "tls": tls}
        for name, tls in _TLS.items()
    ]
    return load(folder, preset={**preset, "listener": listeners})


async def _guest(folder: Path, part: Tryout) -> Guest:
    async with open_directory(folder, make=True) as directory:
        row = await directory.store.account(part.account)
        kept = _kept(folder)
        if row is not None and kept:
            return Guest(row.id, part.account, kept)
        password = phrases.phrase(os.urandom, phrases.SHORT)
        account_id = await _welcome_guest(directory, part.account, password)
    current().private_files.write(folder / MARK, json.dumps({"password": password}).encode())
    return Guest(account_id, part.account, password)


async def _welcome_guest(directory: Directory, address: str, password: str) -> int:
    store: Store = directory.store
    domain = address.partition("@")[2]
    if await store.domain(domain) is None:
        await directory.management.add_domain(domain)
    row = await store.account(address)
    if row is None:
        return (await directory.management.add_user(address, password)).id
    await directory.management.set_password(address, password)
    return row.id


def _kept(folder: Path) -> str:
    try:
        return str(json.loads((folder / MARK).read_bytes())["password"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # a new one is made and kept


def _welcome(loaded: Loaded, guest: Guest) -> str:
    part = loaded.settings.tryout
    where = "localhost" if part.host == "127.0.0.1" else part.host
    return f"""\
Pillarbox {__version__} - try-out mode (no mail leaves this machine, nothing listens outside it)

  SMTP in    {where}:{part.smtp:<17} any recipient lands in your inbox
  Submit     {where}:{part.submission:<17} user {guest.address}   password {guest.password}
             {where}:{part.submissions:<17} the same with TLS from the start
  IMAP       {where + ":" + str(part.imap) + " / :" + str(part.imaps):<27} same password
  POP3       {where + ":" + str(part.pop3) + " / :" + str(part.pop3s):<27} same password
  Data       {loaded.folder}  (pillarbox reset to wipe)

  Try:  pillarbox send hello           Go live:  pillarbox init DIR --hostname NAME
"""
