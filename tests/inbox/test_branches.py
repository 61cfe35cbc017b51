"""Folders are made, renamed, removed and subscribed to by those who may."""

import pytest

from inbox.wood import ANN, BOB, Refused, Wood, theirs
from pillarbox.inbox.tree import TreeSettings
from pillarbox.observe.story import decode
from pillarbox.store.rows import Filing


async def put(wood: Wood, folder: str = "INBOX") -> int:
    """A message of ann's; its id."""
    acceptance = wood.bench.local(wood.ann.id)
    acceptance.filings = [Filing(wood.ann.id, ANN, b"", folder)]
    await wood.bench.store.accept(acceptance)
    return acceptance.message.id


async def test_finding(wood: Wood) -> None:
    place = await wood.tree.find(wood.ann, "inbox/")
    assert place.folder is not None
    assert (place.name, place.local, place.owner, place.rights) == ("INBOX", "INBOX", ANN, "lrswipkxtea")
    assert await wood.tree.find(wood.ann, theirs("Inbox")) == place
    for name in ("Nowhere", "a//b", "", "Other Users", "Other Users/x", theirs(""), theirs("INBOX", BOB)):
        assert (await wood.tree.find(wood.ann, name)).folder is None, name
    assert (await wood.tree.find(wood.ann, theirs("INBOX", "nobody@example.org"))).folder is None
    with Refused("NONEXISTENT"):
        await wood.tree.need(wood.ann, "Nowhere", "r")


async def test_a_folder_is_made_with_those_above_it(wood: Wood) -> None:
    [place] = await wood.made(wood.ann, "Work/2024/May/")
    assert place.folder is not None
    assert (place.name, place.folder.name, place.folder.subscribed) == ("Work/2024/May", "Work/2024/May", False)
    assert await wood.names(wood.ann, "Work*") == ["Work", "Work/2024", "Work/2024/May"]
    assert (await wood.made(wood.ann, "inbox/below"))[0].name == "INBOX/below"


@pytest.mark.parametrize("name", ["Work", "work/../x", "Cafe\u0301", "& umläut ✓", "x" * 255])
async def test_names_are_kept_as_they_are_written(wood: Wood, name: str) -> None:
    [place] = await wood.made(wood.ann, name)
    assert place.name == ("Café" if name.startswith("Cafe") else name)
    with Refused("ALREADYEXISTS"):
        await wood.made(wood.ann, name)


@pytest.mark.parametrize(
    "name",
    ["", "/", "a//b", "a*", "x%y", "a\nb", "x" * 256, "Other Users", "Other Users/x", theirs(""), "/".join("x" * 21)],
)
async def test_names_that_no_folder_has(wood: Wood, name: str) -> None:
    with Refused("CANNOT"):
        await wood.made(wood.ann, name)


async def test_what_is_there_already(wood: Wood) -> None:
    for name in ("INBOX", "iNBoX", "Sent", "Sent/"):
        with Refused("ALREADYEXISTS"):
            await wood.made(wood.ann, name)


async def test_there_are_so_many_folders_and_no_more(wood: Wood) -> None:
    bounded = wood.bounded(TreeSettings(folders=5, subscriptions=4))
    with Refused("LIMIT"):
        await bounded.made(wood.ann, "a/b/c")
    await bounded.made(wood.ann, "a/b")
    with Refused("LIMIT"):
        await bounded.made(wood.ann, "c")
    await bounded.tree.subscribe(wood.ann, "a")
    with Refused("LIMIT"):
        await bounded.tree.subscribe(wood.ann, "a/b")
    await bounded.tree.subscribe(wood.ann, "a", on=False)
    await bounded.tree.subscribe(wood.ann, "a/b")


async def test_special_uses_are_given_with_the_folder(wood: Wood) -> None:
    place = await wood.tree.create(wood.ann, "Mine", ("\\archive", "\\Important", "\\Archive"))
    assert place.folder is not None
    assert place.folder.special_use == "\\Archive \\Important"
    for use in ("\\All", "\\Flagged", "\\Inbox", "Sent"):
        with Refused("USEATTR"):
            await wood.tree.create(wood.ann, "Other", (use,))
    assert (await wood.tree.find(wood.ann, "Other")).folder is None


async def test_a_folder_is_deleted_with_what_lies_in_it(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/2024")
    message_id = await put(wood, "Work")
    with Refused("HASCHILDREN"):
        await wood.tree.delete(wood.ann, "Work")
    await wood.tree.delete(wood.ann, "Work/2024", peer="192.0.2.7")
    place = await wood.tree.delete(wood.ann, "Work", peer="192.0.2.7")
    assert place.name == "Work"
    assert await wood.names(wood.ann) == ["INBOX", "Junk", "Sent"]
    [event] = decode((await wood.bench.store.story(message_id))[1])
    assert (event.kind, event.evidence["folder"], event.evidence["peer"]) == ("folder_removed", "Work", "192.0.2.7")


async def test_what_cannot_be_deleted(wood: Wood) -> None:
    with Refused("CANNOT"):
        await wood.tree.delete(wood.ann, "inbox")
    for name in ("Nowhere", "Other Users", theirs("INBOX", BOB), "a//b"):
        with Refused("NONEXISTENT"):
            await wood.tree.delete(wood.ann, name)


async def test_renaming(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/2024", "Workshop")
    source, target = await wood.tree.rename(wood.ann, "Work", "Past/Play")
    assert (source.name, target.name) == ("Work", "Past/Play")
    assert source.folder is not None
    assert target.folder is not None
    assert target.folder.id == source.folder.id
    assert await wood.names(wood.ann, "Past*", "Work*") == ["Past", "Past/Play", "Past/Play/2024", "Workshop"]
    assert (await wood.tree.find(wood.ann, "Past")).folder is not None
    _, target = await wood.tree.rename(wood.ann, "Past/Play/2024", "Sent/2024")
    assert target.name == "Sent/2024"
    assert await wood.names(wood.ann, "Past*", "Sent*") == ["Past", "Past/Play", "Sent", "Sent/2024"]


async def test_subscriptions_stay_where_a_folder_was(wood: Wood) -> None:
    await wood.tree.rename(wood.ann, "Sent", "Gone")
    assert "Sent" in await wood.bench.store.subscriptions(wood.ann.id)  # RFC 9051 §6.3.7


async def test_what_cannot_be_renamed(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/" + "x" * 200, "Deep/" + "/".join("x" * 19))
    for old, new, code in [
        ("Nowhere", "Here", "NONEXISTENT"), ("Work", "Sent", "ALREADYEXISTS"), ("Work", "Work", "ALREADYEXISTS"),
        ("Work", "inbox", "ALREADYEXISTS"), ("Work", "a*", "CANNOT"), ("Work", "Work/below", "CANNOT"),
        ("Work", "y" * 60, "CANNOT"), ("Deep", "Very/Deep", "CANNOT"), ("Work", theirs("x", BOB), "NONEXISTENT"),
        (theirs("INBOX", BOB), "Mine", "NONEXISTENT"),
    ]:  # fmt: skip
        with Refused(code):
            await wood.tree.rename(wood.ann, old, new)
    assert await wood.names(wood.ann, "y*", "Very*", "a*") == []


async def test_renaming_inbox_moves_what_lies_in_it(wood: Wood) -> None:
    await wood.made(wood.ann, "INBOX/below")
    message_id = await put(wood)
    source, target = await wood.tree.rename(wood.ann, "INBOX", "INBOX/Old", peer="192.0.2.7")
    assert source.folder is not None
    assert target.folder is not None
    inbox = await wood.bench.folder_of(wood.ann.id)
    assert (inbox.id, inbox.messages, inbox.uidvalidity) == (source.folder.id, 0, source.folder.uidvalidity)
    [entry] = await wood.bench.store.entries(target.folder.id)
    assert entry.message_id == message_id
    assert await wood.names(wood.ann, "INBOX*") == ["INBOX", "INBOX/Old", "INBOX/below"]
    [event] = decode((await wood.bench.store.story(message_id))[1])
    assert (event.kind, event.evidence["to"]) == ("inbox_renamed", "INBOX/Old")
    with Refused("ALREADYEXISTS"):
        await wood.tree.rename(wood.ann, "INBOX", "Sent")


async def test_subscribing(wood: Wood) -> None:
    assert await wood.tree.subscribe(wood.ann, "sENT/not yet") == "sENT/not yet"
    assert await wood.tree.subscribe(wood.ann, "inbox", on=False) == "INBOX"
    assert await wood.tree.subscribe(wood.ann, theirs("Work", "BOB@Example.org")) == theirs("Work", BOB)
    assert await wood.tree.subscribe(wood.ann, theirs("Sent"), on=False) == "Sent"
    assert await wood.bench.store.subscriptions(wood.ann.id) == ["Junk", theirs("Work", BOB), "sENT/not yet"]
    with Refused("CANNOT"):
        await wood.tree.subscribe(wood.ann, "a*")
    await wood.tree.subscribe(wood.ann, "a*", on=False)


# --- others' folders ---


async def test_without_rights_nothing_is_there(wood: Wood) -> None:
    for ask in (wood.tree.find(wood.bob, theirs("Sent")), wood.tree.find(wood.bob, theirs("Nowhere"))):
        place = await ask
        assert (place.folder, place.rights) == (None, "")
    for name in ("Sent", "Nowhere"):
        with Refused("NONEXISTENT"):
            await wood.tree.delete(wood.bob, theirs(name))
        with Refused("NONEXISTENT"):
            await wood.tree.rename(wood.bob, theirs(name), theirs("Other"))
        with Refused("NONEXISTENT"):
            await wood.tree.create(wood.bob, theirs(name))
        with Refused("NONEXISTENT"):
            await wood.tree.create(wood.bob, theirs(f"{name}/below"))


async def test_whoever_may_look_it_up_is_told_what_is_refused(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/2024")
    await wood.share("Work", BOB, "lr")
    place, folder = await wood.tree.need(wood.bob, theirs("Work"), "lr")
    assert (place.name, place.owner_id, place.rights, folder.name) == (theirs("Work"), wood.ann.id, "lr", "Work")
    with Refused("NOPERM"):
        await wood.tree.delete(wood.bob, theirs("Work"))
    with Refused("NOPERM"):
        await wood.tree.rename(wood.bob, theirs("Work"), theirs("Play"))
    with Refused("NOPERM"):
        await wood.tree.create(wood.bob, theirs("Work/new"))
    with Refused("NONEXISTENT"):
        await wood.tree.delete(wood.bob, theirs("Work/2024"))


async def test_who_may_read_but_not_look_up_does_not_learn_more(wood: Wood) -> None:
    await wood.share("Sent", BOB, "r")
    assert (await wood.tree.find(wood.bob, theirs("Sent"))).folder is not None
    with Refused("NONEXISTENT"):
        await wood.tree.delete(wood.bob, theirs("Sent"))
    assert await wood.names(wood.bob, "Other*") == []


async def test_who_may_make_folders_makes_them_with_the_rights_above(wood: Wood) -> None:
    await wood.made(wood.ann, "Work")
    await wood.share("Work", BOB, "lrikx")
    await wood.share("Work", "-anyone", "w")
    place = await wood.tree.create(wood.bob, theirs("Work/a/b"))
    assert place.folder is not None
    assert (place.owner_id, place.folder.account_id, place.rights) == (wood.ann.id, wood.ann.id, "lrikx")
    for name in ("Work/a", "Work/a/b"):
        folder = await wood.bench.folder_of(wood.ann.id, name)
        assert await wood.bench.store.rights(folder.id) == {BOB: "lrikx", "-anyone": "w"}
    with Refused("USEATTR"):
        await wood.tree.create(wood.bob, theirs("Work/c"), ("\\Sent",))
    with Refused("NONEXISTENT"):
        await wood.tree.create(wood.bob, theirs("Elsewhere"))
    _, target = await wood.tree.rename(wood.bob, theirs("Work/a/b"), theirs("Work/c"))
    assert target.name == theirs("Work/c")
    with Refused("CANNOT"):
        await wood.tree.rename(wood.bob, theirs("Work/a"), "Mine")
    await wood.tree.delete(wood.bob, theirs("Work/c"))


async def test_rights_are_those_of_the_nearest_folder_above(wood: Wood) -> None:
    await wood.made(wood.ann, "Work/Secret/x")
    await wood.share("Work", BOB, "lrk")
    with Refused("NONEXISTENT"):
        await wood.tree.create(wood.bob, theirs("Work/Secret/new"))
    with Refused("NOPERM"):
        await wood.tree.create(wood.bob, theirs("Work/Secret"))
    await wood.tree.create(wood.bob, theirs("Work/Open/new"))


async def test_nobody_renames_anothers_inbox(wood: Wood) -> None:
    await wood.share("INBOX", BOB, "lrswipkxtea")
    with Refused("CANNOT"):
        await wood.tree.rename(wood.bob, theirs("INBOX"), theirs("INBOX/x"))
    with Refused("CANNOT"):
        await wood.tree.delete(wood.bob, theirs("INBOX"))
