"""Rights are given, taken and shown as RFC 4314 has it."""

import pytest

from inbox.wood import ANN, BOB, EVE, Refused, Wood, theirs
from pillarbox.inbox.tree import TreeSettings


async def test_the_owner_has_all_rights(wood: Wood) -> None:
    given = await wood.tree.rights(wood.ann, "inbox")
    assert (given.place.name, given.rights) == ("INBOX", ((ANN, "lrswipkxteacd"),))
    assert (await wood.tree.my_rights(wood.ann, "Sent"))[1] == "lrswipkxteacd"
    for letters, mode in (("lr", ""), (None, ""), ("l", "-"), ("lr", "+")):
        with Refused("CANNOT"):
            await wood.tree.set_rights(wood.ann, "Sent", ANN, letters, mode)
    with Refused("CANNOT"):
        await wood.tree.set_rights(wood.ann, "Sent", f"-{ANN}", "lrswipkxtea")
    await wood.tree.set_rights(wood.ann, "Sent", "ann", "lrswipkxteacd")


async def test_rights_are_replaced_added_and_taken(wood: Wood) -> None:
    async def now() -> dict[str, str]:
        return dict((await wood.tree.rights(wood.ann, "Sent")).rights[1:])

    await wood.share("Sent", BOB, "rl")
    assert await now() == {BOB: "lr"}
    await wood.tree.set_rights(wood.ann, "Sent", "Bob@Example.ORG", "ws", "+")
    assert await now() == {BOB: "lrsw"}
    await wood.tree.set_rights(wood.ann, "Sent", "bob", "lwa", "-")
    assert await now() == {BOB: "rs"}
    await wood.tree.set_rights(wood.ann, "Sent", f"-{BOB}", "s")
    await wood.tree.set_rights(wood.ann, "Sent", "ANYONE", "l")
    assert await now() == {f"-{BOB}": "s", "anyone": "l", BOB: "rs"}
    assert (await wood.tree.my_rights(wood.bob, theirs("Sent")))[1] == "lr"
    assert (await wood.tree.my_rights(wood.eve, theirs("Sent")))[1] == "l"
    await wood.tree.set_rights(wood.ann, "Sent", BOB, None)
    await wood.tree.set_rights(wood.ann, "Sent", "anyone", "")
    assert await now() == {f"-{BOB}": "s"}


async def test_the_rights_of_rfc_2086(wood: Wood) -> None:
    await wood.share("Sent", BOB, "lrcd")
    assert (await wood.tree.my_rights(wood.bob, theirs("Sent")))[1] == "lrkxtecd"
    await wood.tree.set_rights(wood.ann, "Sent", BOB, "x", "-")
    assert (await wood.tree.my_rights(wood.bob, theirs("Sent")))[1] == "lrktecd"
    await wood.tree.set_rights(wood.ann, "Sent", BOB, "d", "-")
    assert (await wood.tree.my_rights(wood.bob, theirs("Sent")))[1] == "lrkc"


@pytest.mark.parametrize("letters", ["lz", "L", "l r", "0", "é"])
async def test_there_are_no_other_rights(wood: Wood, letters: str) -> None:
    with Refused("", bad=True):
        await wood.share("Sent", BOB, letters)
    assert len((await wood.tree.rights(wood.ann, "Sent")).rights) == 1


@pytest.mark.parametrize("identifier", ["nobody@example.org", "nobody", "", "-", "a b", "-nobody", "$group", "@"])
async def test_rights_are_given_to_users_of_ours(wood: Wood, identifier: str) -> None:
    with Refused("CANNOT"):
        await wood.share("Sent", identifier, "l")


async def test_what_can_be_given(wood: Wood) -> None:
    given = await wood.tree.rights_to_give(wood.ann, "Sent", "bob")
    assert (given.identifier, given.always, given.optional) == ("bob", "", tuple("lrswipkxteacd"))
    own = await wood.tree.rights_to_give(wood.ann, "Sent", ANN)
    assert (own.always, own.optional) == ("lrswipkxteacd", ())


async def test_only_who_administers_sees_and_gives_rights(wood: Wood) -> None:
    await wood.share("Sent", BOB, "lr")
    with Refused("NOPERM"):
        await wood.tree.rights(wood.bob, theirs("Sent"))
    with Refused("NOPERM"):
        await wood.tree.rights_to_give(wood.bob, theirs("Sent"), EVE)
    with Refused("NOPERM"):
        await wood.tree.set_rights(wood.bob, theirs("Sent"), EVE, "l")
    with Refused("NONEXISTENT"):
        await wood.tree.rights(wood.eve, theirs("Sent"))
    with Refused("NONEXISTENT"):
        await wood.tree.my_rights(wood.eve, theirs("Sent"))
    with Refused("NONEXISTENT"):
        await wood.tree.my_rights(wood.eve, theirs("Nowhere"))
    with Refused("NONEXISTENT"):
        await wood.tree.set_rights(wood.ann, "Nowhere", EVE, "l")
    await wood.tree.set_rights(wood.ann, "Sent", BOB, "a", "+")
    await wood.tree.set_rights(wood.bob, theirs("Sent"), EVE, "l")
    assert dict((await wood.tree.rights(wood.bob, theirs("Sent"))).rights)[EVE] == "l"
    with Refused("CANNOT"):
        await wood.tree.set_rights(wood.bob, theirs("Sent"), ANN, "l")


async def test_my_rights_are_shown_to_who_may_do_something_that_matters(wood: Wood) -> None:
    await wood.share("Sent", BOB, "swp")
    with Refused("NONEXISTENT"):
        await wood.tree.my_rights(wood.bob, theirs("Sent"))


async def test_so_many_can_be_given_rights(wood: Wood) -> None:
    bounded = wood.bounded(TreeSettings(identifiers=2))
    await bounded.share("Sent", BOB, "l")
    await bounded.share("Sent", EVE, "l")
    with Refused("LIMIT"):
        await bounded.share("Sent", "anyone", "l")
    await bounded.share("Sent", EVE, "lr")
    await bounded.share("Sent", EVE, "")
    await bounded.share("Sent", "anyone", "l")


async def test_a_new_user_of_an_old_address_has_no_rights(wood: Wood) -> None:
    await wood.share("Sent", BOB, "lr")
    await wood.bench.store.remove_account(wood.bob.id)
    bob = wood.bob._replace(id=await wood.bench.account("bob"))
    assert (await wood.tree.find(bob, theirs("Sent"))).folder is None
