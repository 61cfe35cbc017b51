"""What LIST and LSUB show, by the examples of their RFCs, written anew."""

import time

import pytest

from inbox.wood import ANN, BOB, EXTENDED, Wood, theirs
from pillarbox.inbox.patterns import PATTERN_MAX
from pillarbox.inbox.tree import Listed, ListOptions

SUBSCRIBED = ListOptions(subscribed=True, extended=True)
RECURSIVE = ListOptions(subscribed=True, recursive=True, extended=True)


def told(found: dict[str, Listed]) -> dict[str, set[str]]:
    """Attributes by name, but for those of children."""
    return {name: set(one.attributes) - {"\\HasChildren", "\\HasNoChildren"} for name, one in found.items()}


@pytest.fixture
async def fruits(wood: Wood) -> Wood:
    """The tree of RFC 5258 §5, more or less: what ann subscribed to is not all there."""
    await wood.made(wood.ann, "Fruit/Apple", "Fruit/Banana", "Tofu", "Vegetable/Broccoli", "Vegetable/Corn")
    for name in ("INBOX", "Junk", "Sent"):
        await wood.tree.subscribe(wood.ann, name, on=False)
    for name in ("Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli", "Meat/Beef"):
        await wood.tree.subscribe(wood.ann, name)
    return wood


async def test_all_of_them_inbox_first(fruits: Wood) -> None:
    found = await fruits.tree.list(fruits.ann, "", ["*"])
    assert [(one.name, one.attributes) for one in found] == [
        ("INBOX", ("\\HasNoChildren",)),
        ("Fruit", ("\\HasChildren",)),
        ("Fruit/Apple", ("\\HasNoChildren",)),
        ("Fruit/Banana", ("\\HasNoChildren",)),
        ("Junk", ("\\HasNoChildren", "\\Junk")),
        ("Sent", ("\\HasNoChildren", "\\Sent")),
        ("Tofu", ("\\HasNoChildren",)),
        ("Vegetable", ("\\HasChildren",)),
        ("Vegetable/Broccoli", ("\\HasNoChildren",)),
        ("Vegetable/Corn", ("\\HasNoChildren",)),
    ]


async def test_one_level(fruits: Wood) -> None:
    assert await fruits.names(fruits.ann, "%") == ["INBOX", "Fruit", "Junk", "Sent", "Tofu", "Vegetable"]
    assert await fruits.names(fruits.ann, "%", reference="Fruit/") == ["Fruit/Apple", "Fruit/Banana"]
    assert await fruits.names(fruits.ann, "inbox", "tofu", "T*", "%/C%") == ["INBOX", "Tofu", "Vegetable/Corn"]
    assert await fruits.names(fruits.ann, "INBOX", reference="Fruit/") == []
    assert await fruits.names(fruits.ann, "Fruit/") == []


async def test_an_empty_pattern_asks_for_the_delimiter(fruits: Wood) -> None:
    assert await fruits.tree.list(fruits.ann, "Fruit/", [""]) == [Listed("", ("\\Noselect",))]
    assert await fruits.tree.list(fruits.ann, "", [""], EXTENDED) == []


async def test_subscribed_names_whether_they_are_there_or_not(fruits: Wood) -> None:
    found = await fruits.listed(fruits.ann, ["*"], SUBSCRIBED)
    assert told(found) == {
        "Fruit/Banana": {"\\Subscribed"}, "Fruit/Peach": {"\\Subscribed", "\\NonExistent"},
        "Meat/Beef": {"\\Subscribed", "\\NonExistent"}, "Vegetable": {"\\Subscribed"},
        "Vegetable/Broccoli": {"\\Subscribed"},
    }  # fmt: skip
    assert found["Vegetable"].folder is not None
    assert found["Fruit/Peach"].folder is None


async def test_what_is_subscribed_is_shown_on_request(fruits: Wood) -> None:
    found = told(await fruits.listed(fruits.ann, ["%"], ListOptions(show_subscribed=True, extended=True)))
    assert (found["Vegetable"], found["Fruit"], "Meat" in found) == ({"\\Subscribed"}, set(), False)
    assert told(await fruits.listed(fruits.ann, ["%"]))["Vegetable"] == set()


async def test_names_above_subscribed_ones(fruits: Wood) -> None:
    found = await fruits.listed(fruits.ann, ["%"], RECURSIVE)
    assert told(found) == {"Fruit": set(), "Meat": {"\\NonExistent"}, "Vegetable": {"\\Subscribed"}}
    assert {name: one.child_info for name, one in found.items()} == dict.fromkeys(found, ("SUBSCRIBED",))
    found = await fruits.listed(fruits.ann, ["*"], RECURSIVE)
    assert set(found) == {
        "Fruit", "Fruit/Banana", "Fruit/Peach", "Meat", "Meat/Beef", "Vegetable", "Vegetable/Broccoli",
    }  # fmt: skip
    assert found["Vegetable/Broccoli"].child_info == ()


async def test_special_uses(wood: Wood) -> None:
    await wood.tree.create(wood.ann, "Mine/Archive", ("\\Archive", "\\Important"))
    await wood.tree.create(wood.ann, "Mine/Drafts")
    found = await wood.listed(wood.ann, ["*"], ListOptions(special_use=True, extended=True))
    assert told(found)["Mine/Archive"] == {"\\Archive", "\\Important"}
    assert "Mine/Drafts" not in found
    both = ListOptions(special_use=True, subscribed=True, extended=True)
    assert "Mine/Archive" not in await wood.listed(wood.ann, ["*"], both)
    await wood.tree.subscribe(wood.ann, "Mine/Archive")
    assert "Mine/Archive" in await wood.listed(wood.ann, ["*"], both)
    above = await wood.listed(wood.ann, ["%"], ListOptions(special_use=True, recursive=True, extended=True))
    assert above["Mine"].child_info == ("SPECIAL-USE",)


async def test_lsub_shows_what_is_above_for_a_percent_sign(fruits: Wood) -> None:
    found = await fruits.tree.list_subscribed(fruits.ann, "", ["%"])
    assert [(one.name, one.attributes) for one in found] == [
        ("Fruit", ("\\Noselect",)), ("Meat", ("\\Noselect",)), ("Vegetable", ()),
    ]  # fmt: skip
    found = await fruits.tree.list_subscribed(fruits.ann, "Fruit/", ["*"])
    assert [(one.name, one.attributes) for one in found] == [("Fruit/Banana", ()), ("Fruit/Peach", ())]


async def test_folders_of_others_lie_below_their_owners(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/2024")
    await wood.share("Work/2024", BOB, "lr")
    await wood.share("Sent", BOB, "l")
    everything = {
        "Other Users": {"\\NonExistent", "\\Noselect"}, f"Other Users/{ANN}": {"\\NonExistent", "\\Noselect"},
        theirs("Sent"): set(), theirs("Work"): {"\\NonExistent", "\\Noselect"}, theirs("Work/2024"): set(),
    }  # fmt: skip
    assert told(await wood.listed(wood.bob, ["Other*"], ListOptions())) == everything
    assert await wood.names(wood.bob, f"Other Users/{ANN}/%") == [theirs("Sent"), theirs("Work")]
    extended = await wood.listed(wood.bob, ["Other Users/%"])
    assert extended[f"Other Users/{ANN}"].attributes == ("\\NonExistent", "\\HasChildren")
    assert (await wood.listed(wood.bob, [theirs("Work/%")]))[theirs("Work/2024")].folder is not None
    assert await wood.names(wood.eve, "Other*") == await wood.names(wood.ann, "Other*") == []
    assert [place.name for place in await wood.tree.places(wood.bob)][-2:] == [theirs("Sent"), theirs("Work/2024")]


async def test_a_subscription_to_what_is_no_longer_shared(wood: Wood) -> None:
    await wood.share("Sent", BOB, "lr")
    await wood.tree.subscribe(wood.bob, theirs("Sent"))
    assert told(await wood.listed(wood.bob, ["Other*"], SUBSCRIBED)) == {theirs("Sent"): {"\\Subscribed"}}
    await wood.tree.set_rights(wood.ann, "Sent", BOB, None)
    shown = told(await wood.listed(wood.bob, ["Other*"], SUBSCRIBED))
    assert shown == {theirs("Sent"): {"\\Subscribed", "\\NonExistent"}}


async def test_denied_folders_are_not_shown(wood: Wood) -> None:
    await wood.share("Sent", "anyone", "lr")
    await wood.share("Sent", f"-{BOB}", "l")
    assert await wood.names(wood.bob, "Other*") == []
    assert theirs("Sent") in await wood.names(wood.eve, "Other*")


async def test_wild_patterns_over_many_folders_take_no_time(wood: Wood) -> None:
    folders = [f"{'a' * 50}{number}" for number in range(300)]
    await wood.made(wood.ann, *folders)
    began = time.process_time()
    assert await wood.names(wood.ann, "*a%" * (PATTERN_MAX // 3) + "b") == []
    assert time.process_time() - began < 1
