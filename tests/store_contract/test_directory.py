"""Are domains, users, aliases and routes kept as they were given?"""

import asyncio
from dataclasses import replace

import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow, RouteRow, ScramRow
from store_contract.engines import START, Bench

SCRAM = ScramRow(b"salt", 10_000, b"stored" * 5, b"server" * 5)


async def test_domains(bench: Bench) -> None:
    store = bench.store
    await store.put_domain(DomainRow("two.example"))
    await store.put_domain(DomainRow("one.example", "all@one.example", "-"))
    assert await store.domains() == [DomainRow("one.example", "all@one.example", "-"), DomainRow("two.example")]
    await store.put_domain(DomainRow("one.example"))
    assert await store.domain("one.example") == DomainRow("one.example")
    assert await store.domain("three.example") is None
    assert await store.remove_domain("one.example")
    assert not await store.remove_domain("one.example")


async def test_a_domain_in_use_stays(bench: Bench) -> None:
    store = bench.store
    await store.put_domain(DomainRow("example.org"))
    await store.put_domain(DomainRow("example.net"))
    await bench.account()
    await store.put_alias(AliasRow("info@example.net", ["user@example.org"]))
    for name in ("example.org", "example.net"):
        with pytest.raises(StoreError):
            await store.remove_domain(name)
    assert len(await store.domains()) == 2


async def test_accounts(bench: Bench) -> None:
    store = bench.store
    row = AccountRow(0, "ünal@example.org", "Ünal", "$argon2id$x", SCRAM, 1000, 10, True, START)
    number = await store.add_account(row, [("INBOX", None)])
    await store.add_account(AccountRow(0, "a@example.net", "", None, None, None, None, False, START), [])
    kept = await store.account("ünal@example.org")
    assert kept == replace(row, id=number)
    assert await store.account_by_id(number) == kept
    assert [account.address for account in await store.accounts()] == ["a@example.net", "ünal@example.org"]
    assert [account.enabled for account in await store.accounts("example.net")] == [False]
    assert await store.account("nobody@example.org") is None
    assert await store.account_by_id(999) is None


async def test_an_address_is_given_once(bench: Bench) -> None:
    results = await asyncio.gather(*(bench.account("same") for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(result, StoreError) for result in results) == 2
    assert len(await bench.store.accounts()) == 1


async def test_passwords_and_changes(bench: Bench) -> None:
    store = bench.store
    number = await bench.account()
    await store.set_password(number, "$argon2id$y", SCRAM)
    row = await store.account_by_id(number)
    assert row is not None
    assert (row.password, row.scram) == ("$argon2id$y", SCRAM)
    await store.change_account(replace(row, name="Other", quota_octets=5, enabled=False, password="ignored"))
    changed = await store.account_by_id(number)
    assert changed == replace(row, name="Other", quota_octets=5, enabled=False)
    await store.set_password(number, None, None)
    cleared = await store.account_by_id(number)
    assert cleared is not None
    assert (cleared.password, cleared.scram) == (None, None)


async def test_removing_a_user_removes_the_mail(bench: Bench) -> None:
    store = bench.store
    leaving, staying = await bench.account("leaving"), await bench.account("staying")
    own, shared = bench.local(leaving, leaving, body=bench.large(b"x" * 500)), bench.local(leaving, staying)
    await store.accept(own)
    await store.accept(shared)
    folder = await bench.folder_of(leaving)
    await store.expunge(folder.id, [1], "")
    row = await store.account_by_id(leaving)
    assert row is not None
    await store.change_account(replace(row, quota_messages=0))
    await store.accept(bench.local(leaving, staying, retry_full=(START, START + 9)))
    assert await store.queue_count() == 1
    assert await store.remove_account(leaving)
    assert not await store.remove_account(leaving)
    assert await store.folders(leaving) == []
    assert await store.queue_count() == 0
    assert await store.read_small(shared.message.id) is not None
    with pytest.raises(KeyError):
        async for _ in store.read_slices(own.message.id):
            pass
    again = await bench.account("leaving")
    assert again != leaving


async def test_aliases(bench: Bench) -> None:
    store = bench.store
    team = AliasRow("team@example.org", ["Zoe@Example.org", "ann@bücher.example", "not an address"])
    await store.put_alias(team)
    await store.put_alias(AliasRow("none@example.org", [], may_send=False))
    await store.put_alias(AliasRow("info@example.net", ["zoe@example.org"]))
    assert await store.alias("team@example.org") == team
    assert [alias.address for alias in await store.aliases()] == [
        "info@example.net", "none@example.org", "team@example.org",
    ]  # fmt: skip
    assert [alias.address for alias in await store.aliases("example.org")] == ["none@example.org", "team@example.org"]
    found = await store.aliases_to("zoe@example.org")
    assert [alias.address for alias in found] == ["info@example.net", "team@example.org"]
    assert found[1].targets == team.targets
    assert len(await store.aliases_to("ann@xn--bcher-kva.example")) == 1
    await store.put_alias(AliasRow("team@example.org", ["other@example.org"]))
    assert await store.aliases_to("zoe@example.org") == [AliasRow("info@example.net", ["zoe@example.org"])]
    assert await store.remove_alias("team@example.org")
    assert not await store.remove_alias("team@example.org")
    assert await store.alias("team@example.org") is None
    assert await store.aliases_to("other@example.org") == []


async def test_routes(bench: Bench) -> None:
    store = bench.store
    first = RouteRow(0, 0, "*", "", "smtp.isp.example:587", "starttls", "me", "secret.txt")
    second = replace(first, recipient_domain="one.example", username=None, password_file=None)
    a, b = await store.add_route(first), await store.add_route(second)
    routes = await store.routes()
    assert [(route.id, route.recipient_domain) for route in routes] == [(a, "*"), (b, "one.example")]
    assert replace(routes[0], id=0, position=0) == first
    assert routes[0].position < routes[1].position
    assert await store.remove_route(a)
    assert not await store.remove_route(a)
    c = await store.add_route(first)
    assert [route.id for route in await store.routes()] == [b, c]
    assert c > b
