"""Notes on mailboxes are kept, bounded and shown to whom they are meant."""

import pytest

from inbox.wood import BOB, Refused, Wood, theirs
from pillarbox.inbox.tree import TreeSettings


async def test_notes_of_a_mailbox(wood: Wood) -> None:
    place = await wood.tree.set_notes(wood.ann, "inbox", {"/Private/Comment": b"mine", "/shared/comment": b"ours"})
    assert place is not None
    assert place.name == "INBOX"
    found = await wood.tree.notes(wood.ann, "INBOX", ["/private/comment", "/SHARED/comment", "/private/none"])
    assert found.values == {"/private/comment": b"mine", "/shared/comment": b"ours", "/private/none": None}
    assert (found.place, found.longest) == (place, None)
    await wood.tree.set_notes(wood.ann, "INBOX", {"/private/comment": None})
    assert (await wood.tree.notes(wood.ann, "INBOX", ["/private/comment"])).values == {"/private/comment": None}


async def test_notes_below_a_name(wood: Wood) -> None:
    notes = {f"/private/{name}": b"x" for name in ("a", "a/b", "a/b/c", "ab", "b")}
    await wood.tree.set_notes(wood.ann, "INBOX", notes)

    async def found(name: str, depth: int | None) -> list[str]:
        return sorted((await wood.tree.notes(wood.ann, "INBOX", [name], depth)).values)

    assert await found("/private/a", 0) == ["/private/a"]
    assert await found("/private/a", 1) == ["/private/a", "/private/a/b"]
    assert await found("/private/a", None) == ["/private/a", "/private/a/b", "/private/a/b/c"]
    assert await found("/private", 1) == ["/private/a", "/private/ab", "/private/b"]
    assert await found("/private/none", 1) == []


async def test_large_values_are_left_out_on_request(wood: Wood) -> None:
    await wood.tree.set_notes(
        wood.ann, "INBOX", {"/private/a": b"x" * 100, "/private/b": b"x" * 300, "/private/c": b""}
    )
    names = ["/private/a", "/private/b", "/private/c"]
    found = await wood.tree.notes(wood.ann, "INBOX", names, max_size=100)
    assert (sorted(found.values), found.longest) == (["/private/a", "/private/c"], 300)


@pytest.mark.parametrize(
    "name", ["comment", "/private/", "/private//a", "/private/a*", "/private/%", "/shared/é", "/other/a",
             "/private/a\n", "/private/" + "x" * 250]
)  # fmt: skip
async def test_what_is_no_name_of_a_note(wood: Wood, name: str) -> None:
    with Refused("", bad=True):
        await wood.tree.set_notes(wood.ann, "INBOX", {name: b"x"})
    with Refused("", bad=True):
        await wood.tree.notes(wood.ann, "INBOX", [name])


async def test_notes_are_bounded(wood: Wood) -> None:
    bounded = wood.bounded(TreeSettings(note_octets=10, notes=2)).tree
    with Refused("METADATA MAXSIZE 10"):
        await bounded.set_notes(wood.ann, "INBOX", {"/private/a": b"x" * 11})
    await bounded.set_notes(wood.ann, "INBOX", {"/private/a": b"x" * 10, "/private/b": b"x"})
    with Refused("METADATA TOOMANY"):
        await bounded.set_notes(wood.ann, "INBOX", {"/private/c": b"x", "/private/a": b"changed"})
    assert (await bounded.notes(wood.ann, "INBOX", ["/private/a"])).values == {"/private/a": b"x" * 10}
    await bounded.set_notes(wood.ann, "INBOX", {"/private/c": b"x", "/private/a": None})


async def test_notes_on_the_server(wood: Wood) -> None:
    assert await wood.tree.set_notes(wood.ann, "", {"/private/comment": b"mine"}) is None
    found = await wood.tree.notes(wood.ann, "", ["/private/comment", "/shared/admin"])
    assert (found.place, found.values) == (None, {"/private/comment": b"mine", "/shared/admin": None})
    with Refused("NOPERM"):
        await wood.tree.set_notes(wood.ann, "", {"/shared/comment": b"x"})
    assert (await wood.tree.notes(wood.bob, "", ["/private/comment"])).values == {"/private/comment": None}


async def test_notes_on_anothers_mailbox(wood: Wood) -> None:
    name = theirs("Sent")
    for ask in (
        wood.tree.notes(wood.bob, name, ["/shared/a"]),
        wood.tree.set_notes(wood.bob, name, {"/shared/a": b""}),
    ):
        with Refused("NONEXISTENT"):
            await ask
    await wood.share("Sent", BOB, "lr")
    await wood.tree.set_notes(wood.ann, "Sent", {"/private/a": b"hers", "/shared/a": b"all"})
    await wood.tree.set_notes(wood.bob, name, {"/private/b": b"his"})
    found = await wood.tree.notes(wood.bob, name, ["/private/a", "/private/b", "/shared/a"])
    assert found.values == {"/private/a": None, "/private/b": b"his", "/shared/a": b"all"}
    with Refused("NOPERM"):
        await wood.tree.set_notes(wood.bob, name, {"/private/b": b"x", "/shared/a": b"x"})
    await wood.tree.set_rights(wood.ann, "Sent", BOB, "w", "+")
    await wood.tree.set_notes(wood.bob, name, {"/shared/a": None})
    assert (await wood.tree.notes(wood.ann, "Sent", ["/shared/a"])).values == {"/shared/a": None}


async def test_what_a_mailbox_is_used_for_is_a_note_of_its_owner(wood: Wood) -> None:
    use = "/private/specialuse"
    assert (await wood.tree.notes(wood.ann, "Sent", [use])).values == {use: b"\\Sent"}
    assert (await wood.tree.notes(wood.ann, "INBOX", [use])).values == {use: None}
    await wood.tree.set_notes(wood.ann, "Sent", {use: b"\\archive \\Important"})
    assert (await wood.bench.folder_of(wood.ann.id, "Sent")).special_use == "\\Archive \\Important"
    for value in (b"\\All", b"\\Nonsense", b"\xff"):
        with Refused("USEATTR"):
            await wood.tree.set_notes(wood.ann, "Sent", {use: value})
    await wood.tree.set_notes(wood.ann, "Sent", {use: None})
    assert (await wood.bench.folder_of(wood.ann.id, "Sent")).special_use is None
    await wood.share("Junk", BOB, "lrw")
    with Refused("NOPERM"):
        await wood.tree.set_notes(wood.bob, theirs("Junk"), {use: b"\\Trash"})
    assert (await wood.tree.notes(wood.bob, theirs("Junk"), [use])).values == {use: None}
    with Refused("NOPERM"):
        await wood.tree.set_notes(wood.ann, "", {use: b"\\Trash"})
