"""`pillarbox domain dns` and `pillarbox domain check`: what must DNS show of a domain, and is all of it well?"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from random import SystemRandom
from typing import Annotated

import typer

from pillarbox.accounts.key_making import KeyMaking
from pillarbox.mail.address import AddressError, parse_domain
from pillarbox.net.clock import SystemClock
from pillarbox.net.platform import current

from . import folders, portions
from .calling import Nudge
from .checking.domain import World, examine
from .checking.findings import Finding
from .checking.pins import pins
from .checking.zone import Domain, Service, lines, zone_file
from .cli_options import Data, Json
from .config import Loaded, load
from .going import go
from .ground import name_servers
from .hosting import id_of
from .offline import open_store
from .output import as_json, say
from .trouble import Exit, Trouble

Name = Annotated[str, typer.Argument(help="The domain, such as example.org.")]
_MARKS = {True: "✓", False: "✗", None: "·"}
_SERVED = ("submission", "imap", "pop3")


def dns(name: Name, data: Data = None, json: Json = False) -> None:
    """Print the zone lines that DNS must have for a domain; signing keys are made when it has none."""
    found = lines(go(_domain(load(folders.chosen(data)), name)))
    if json:
        for line in found:
            as_json(line._asdict())
        return
    for text in zone_file(found):
        say(text)


def check(name: Name, data: Data = None, json: Json = False) -> int:
    """Look at a domain as others see it; say what is, what should be, and how to mend it. Exit code 1: something is
    wrong."""
    loaded = load(folders.chosen(data))
    domain = go(_domain(loaded, name))
    seen: set[bool | None] = set()

    async def work() -> None:
        async for finding in examine_with(loaded, domain):
            seen.add(finding.ok)
            _tell(finding, json=json)

    go(work())
    if not json:
        say(_summary(seen))
    return Exit.OK if True in seen and False not in seen else Exit.FINDINGS


def _summary(seen: set[bool | None]) -> str:
    if False in seen:
        return "Something needs you: see the lines with ✗."
    return "All is well." if True in seen else "Nothing could be looked at: do the name servers answer?"


def _tell(finding: Finding, *, json: bool) -> None:
    if json:
        as_json(asdict(finding))
        return
    say(f"{_MARKS[finding.ok]} {finding.check:<15} {finding.found}")
    if finding.ok is not True:
        for label, text in {"should be": finding.should, "to mend it": finding.cure}.items():
            if text:
                say(f"{'':18}{label}: {text}")


async def _domain(loaded: Loaded, name: str) -> Domain:
    """What the settings, the store and the certificate say of ``name``; Trouble when it is not one of our domains."""
    try:
        asked = parse_domain(name)
    except AddressError as error:
        raise Trouble(f"{name} is no domain", str(error), "name it as example.org", Exit.USAGE) from error
    changes: list[None] = []
    with ThreadPoolExecutor(1, thread_name_prefix="keys") as pool:
        async with open_store(loaded.data) as store:
            if await store.domain(asked) is None:
                why = "it is not one of our domains"
                raise Trouble(f"nothing is known of {asked}", why, f"pillarbox domain add {asked}", Exit.DATA)
            keys = portions.keys(loaded.settings)
            making = KeyMaking(store, pool, SystemClock(), keys, lambda: changes.append(None))
            records = await making.records(asked)
    if changes:
        Nudge(loaded.data).wake()
    settings = loaded.settings
    return Domain(
        asked,
        settings.hostname,
        tuple(sorted(portions.own_addresses(settings), key=lambda address: (address.version, int(address)))),
        tuple((record.name, record.text, record.state.value) for record in records),
        id_of(settings),
        pins(loaded),
        tuple(
            Service(part.kind, part.address.port, part.tls == "implicit")
            for part in settings.listener
            if part.kind in _SERVED
        ),
    )


async def examine_with(loaded: Loaded, domain: Domain) -> AsyncIterator[Finding]:
    """The findings about ``domain``, with the name servers of the settings and the real network."""
    from pillarbox.deliver.dial import TlsContexts  # noqa: PLC0415 - only this command speaks with others
    from pillarbox.deliver.mta_sts_fetch import FetchSettings, HttpsFetcher  # noqa: PLC0415
    from pillarbox.net.dns_resolver import DnsResolver  # noqa: PLC0415
    from pillarbox.net.dnssec_resolver import SecureResolver  # noqa: PLC0415

    from .checking.greeting import SmtpProber  # noqa: PLC0415

    settings, clock, contexts = loaded.settings, SystemClock(), TlsContexts()
    plain = DnsResolver(name_servers(settings, current()), clock, SystemRandom(), portions.dns(settings))
    off = settings.dns.dnssec == "off"
    secure = plain if off else SecureResolver(plain, clock, portions.dnssec(settings, loaded.folder))
    laboratory = portions.loopback_targets(settings)
    fetcher = HttpsFetcher(secure, lambda: contexts.verified, FetchSettings(allow_loopback=laboratory))
    prober = SmtpProber(settings.hostname, contexts.verified, settings.delivery.port)
    try:
        async for finding in examine(World(secure, prober, fetcher, time.time()), domain):
            yield finding
    finally:
        if not off:
            await secure.close()
        await plain.close()


COMMANDS: Mapping[str, Callable[..., object]] = {"dns": dns, "check": check}
