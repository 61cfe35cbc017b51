"""Each user sees their own bounds, and nobody else's."""

from dataclasses import replace

from inbox.wood import ANN, BOB, Refused, Wood, theirs
from pillarbox.inbox.namespaces import NAMESPACES
from pillarbox.inbox.quotas import Quota, Resource
from store_contract.engines import BODY, HEAD, PREFIX


async def bound(wood: Wood, octets: int | None, messages: int | None) -> None:
    row = await wood.bench.store.account_by_id(wood.ann.id)
    assert row is not None
    await wood.bench.store.change_account(replace(row, quota_octets=octets, quota_messages=messages))


async def test_without_bounds_the_root_bounds_nothing(wood: Wood) -> None:
    assert await wood.tree.quota(wood.ann, ANN) == Quota(ANN, ())
    place, roots = await wood.tree.quota_roots(wood.ann, "inbox")
    assert (place.name, roots) == ("INBOX", (Quota(ANN, ()),))


async def test_usage_is_counted_in_units_and_rounded_up(wood: Wood) -> None:
    await bound(wood, 10_240, 7)
    assert await wood.tree.quota(wood.ann, ANN) == Quota(ANN, (Resource("STORAGE", 0, 10), Resource("MESSAGE", 0, 7)))
    await wood.bench.store.accept(wood.bench.local(wood.ann.id))
    assert 0 < len(HEAD + BODY + PREFIX) < 1024
    assert await wood.tree.quota(wood.ann, ANN) == Quota(ANN, (Resource("STORAGE", 1, 10), Resource("MESSAGE", 1, 7)))
    await bound(wood, 10_240, None)
    assert await wood.tree.quota(wood.ann, ANN) == Quota(ANN, (Resource("STORAGE", 1, 10),))


async def test_nobody_sees_anothers(wood: Wood) -> None:
    for root in (BOB, "", "nobody"):
        with Refused("NONEXISTENT"):
            await wood.tree.quota(wood.ann, root)
    with Refused("NONEXISTENT"):
        await wood.tree.quota_roots(wood.bob, theirs("Sent"))
    await wood.share("Sent", BOB, "lr")
    place, roots = await wood.tree.quota_roots(wood.bob, theirs("Sent"))
    assert (place.name, roots) == (theirs("Sent"), ())


def test_the_namespaces(wood: Wood) -> None:
    assert wood.tree.namespaces() == ((("", "/"),), (("Other Users/", "/"),), ()) == NAMESPACES
