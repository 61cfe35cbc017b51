"""The directory as it is kept on disk: what is managed here is what routing, sending and signing in find."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts.test_login import CHEAP, Notebook
from pillarbox.accounts.account import Account
from pillarbox.accounts.addresses import Senders
from pillarbox.accounts.aliases import Aliases
from pillarbox.accounts.login import Login
from pillarbox.accounts.management import Management, ManagementError
from pillarbox.accounts.passwords import Passwords
from pillarbox.accounts.throttle import Throttle
from pillarbox.mail.address import Address
from pillarbox.proto.scram import ScramVerifier, derive_verifier
from pillarbox.route.recipients import Recipients, RecipientSettings
from store_contract.engines import Bench


@dataclass
class House:
    """All that deals with accounts, over one store."""

    bench: Bench
    management: Management
    aliases: Aliases
    senders: Senders
    recipients: Recipients
    login: Login


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    bench = Bench("sqlite", tmp_path, asyncio.get_running_loop())
    store, clock = await bench.open(), bench.clock
    senders = Senders(store, clock)
    recipients = Recipients(store, clock, RecipientSettings())

    def changed() -> None:
        senders.clear()
        recipients.clear()

    with ThreadPoolExecutor(1) as pool:
        passwords = Passwords(pool, clock, os.urandom, CHEAP)
        management = Management(store, passwords, clock, changed)
        await management.add_domain("bücher.example")
        login = Login(store, passwords, Throttle(clock), clock, Notebook())
        yield House(bench, management, Aliases(store, changed), senders, recipients, login)
        await bench.close()


async def test_a_user_from_the_first_day_to_the_last(house: House) -> None:
    ann = await house.management.add_user("Ann@bücher.example", "right", "Ann", quota_octets=1_000)
    assert ann.address == "ann@xn--bcher-kva.example"
    folders = {row.name: row.special_use for row in await house.bench.store.folders(ann.id)}
    assert folders == {
        "INBOX": None, "Drafts": "\\Drafts", "Sent": "\\Sent", "Archive": "\\Archive", "Junk": "\\Junk",
        "Trash": "\\Trash",
    }  # fmt: skip
    signed_in = await house.login.check("ANN@Bücher.example", "right", "192.0.2.1", "pop3")
    assert signed_in == Account(ann.id, ann.address, "Ann")
    verifier = await house.login.verifier("ann", "192.0.2.1", "pop3")
    assert isinstance(verifier, ScramVerifier)
    assert verifier == derive_verifier("right", verifier.salt, verifier.iterations)

    await house.aliases.put("Info@bücher.example", ["Ann@BÜCHER.example", "x@far.example"])
    routed = await house.recipients.resolve(Address.parse("info@xn--bcher-kva.example"))
    assert [(target.account_id, target.free) for target in routed.locals] == [(ann.id, 1_000)]
    assert [str(address) for address in routed.remotes] == ["x@far.example"]
    assert await house.senders.may_send_as(signed_in, Address.parse("info@bücher.example"))

    await house.aliases.remove("info@bücher.example")
    assert not await house.senders.may_send_as(signed_in, Address.parse("info@bücher.example"))
    assert (await house.recipients.resolve(Address.parse("info@bücher.example"))).refusal is not None
    await house.management.remove_user("ann@bücher.example")
    await house.management.remove_domain("bücher.example")
    assert await house.bench.store.domains() == []


async def test_two_who_add_the_same_user_at_once(house: House) -> None:
    results = await asyncio.gather(
        *(house.management.add_user("ann@bücher.example", "right") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, ManagementError) for result in results) == 2
    assert len(await house.bench.store.accounts()) == 1
