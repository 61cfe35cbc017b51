"""`pillarbox certificate`: which certificate is shown, and a new one before its time."""

import time
from typing import Annotated

import typer

from pillarbox.net.platform import current

from . import folders
from .acme_files import NEXT_KEY, RENEW, ROTATE, folder_of
from .calling import Nudge
from .checking.pins import pins
from .cli_options import Data, Json, group
from .config import load
from .ground import certificate_paths
from .output import as_json, say
from .probes import certificate
from .trouble import Exit, Trouble

app = group("The certificate that the server shows.")

NewKey = Annotated[bool, typer.Option("--new-key", help="With the next key: DNS must have shown its TLSA record.")]


@app.command("show")
def show(data: Data = None, json: Json = False) -> None:
    """Say which certificate is shown, until when, and what TLSA records say of its key and of the next."""
    loaded = load(folders.chosen(data))
    file = certificate_paths(loaded).certificate
    seen = certificate(file, loaded.settings.hostname, time.time())
    records = [f"3 1 1 {pin.hex()}" for pin in pins(loaded)]
    if json:
        as_json({"file": str(file), "ok": seen.ok, "text": seen.text, "tlsa": records})
        return
    say(f"{file}: {seen.text}")
    for which, record in zip(("now", "next"), records, strict=False):
        say(f"TLSA {which:<5} {record}")


@app.command("renew")
def renew(data: Data = None, new_key: NewKey = False) -> None:
    """Ask the authority for a certificate now; the server does it, and says in its log how it went."""
    loaded = load(folders.chosen(data))
    if not loaded.settings.acme.directory:
        why = "no authority is named"
        raise Trouble("no certificate can be asked for", why, "set [acme] directory in pillarbox.toml", Exit.CONFIG)
    folder = folder_of(loaded.data)
    if new_key and not (folder / NEXT_KEY).exists():
        why = "there is no next key yet"
        raise Trouble("the key cannot be changed", why, "the server makes one with its first certificate", Exit.CONFIG)
    files = current().private_files
    files.make_folder(folder)
    files.write(folder / (ROTATE if new_key else RENEW), b"")
    Nudge(loaded.data).wake()
    say("The server asks for a certificate; without a running one, the next that starts does.")
