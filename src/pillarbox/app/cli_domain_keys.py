"""`pillarbox domain rotate`: new signing keys for a domain."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from pillarbox.accounts.key_making import KeyMaking
from pillarbox.accounts.keys import record
from pillarbox.accounts.names import read_domain
from pillarbox.net.clock import SystemClock
from pillarbox.senderauth import dkim
from pillarbox.store.trust_rows import DkimKeyRow

from . import folders, portions
from .calling import Nudge
from .cli_options import Data, Json
from .config import load
from .going import go
from .offline import open_store
from .output import as_json, say
from .trouble import Exit, Trouble

Name = Annotated[str, typer.Argument(help="The domain, such as example.org.")]


def rotate(name: Name, data: Data = None, json: Json = False) -> None:
    """Make new signing keys (DKIM). They take over by themselves when DNS shows them; the old ones sign until then."""
    loaded = load(folders.chosen(data))
    domain = read_domain(name)

    async def work() -> list[DkimKeyRow]:
        with ThreadPoolExecutor(1, thread_name_prefix="keys") as pool:
            async with open_store(loaded.data) as store:
                if await store.domain(domain) is None:
                    why, cure = "it is not one of our domains", f"add it with: pillarbox domain add {domain}"
                    raise Trouble(f"there are no keys for {domain}", why, cure, Exit.DATA)
                making = KeyMaking(store, pool, SystemClock(), portions.keys(loaded.settings), lambda: None)
                return await making.rotate(domain)

    made = [record(row) for row in go(work())]
    Nudge(loaded.data).wake()
    if json:
        for one in made:
            as_json({"name": one.name, "type": "TXT", "value": one.text, "state": one.state.value})
        return
    say(f"New keys for {domain}. Add these lines to its zone; keep the old ones until `pillarbox domain dns {domain}`")
    say("no longer shows them:")
    for one in made:
        say(f"{one.name}. IN TXT {dkim.zone_text(one.text)}")
