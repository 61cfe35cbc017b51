"""Are rights in folders, and notes on them, kept for whom they are meant?"""

from store_contract.engines import Bench


async def test_rights_are_replaced_and_removed(bench: Bench) -> None:
    inbox = await bench.folder_of(await bench.account("owner"))
    assert await bench.store.rights(inbox.id) == {}
    await bench.store.set_rights(inbox.id, "ann@example.org", "lr")
    await bench.store.set_rights(inbox.id, "-ann@example.org", "w")
    await bench.store.set_rights(inbox.id, "ann@example.org", "lrs")
    await bench.store.set_rights(inbox.id, "anyone", "l")
    assert await bench.store.rights(inbox.id) == {"ann@example.org": "lrs", "-ann@example.org": "w", "anyone": "l"}
    assert await bench.store.rights_in([inbox.id, 4711]) == {inbox.id: await bench.store.rights(inbox.id)}
    await bench.store.set_rights(inbox.id, "ann@example.org", None)
    await bench.store.set_rights(inbox.id, "bob@example.org", None)
    assert await bench.store.rights(inbox.id) == {"-ann@example.org": "w", "anyone": "l"}
    await bench.store.set_rights(4711, "anyone", "l")
    assert await bench.store.rights(4711) == {}


async def test_folders_are_shared_with_those_who_are_named(bench: Bench) -> None:
    ann, bob, eve = await bench.account("ann"), await bench.account("bob"), await bench.account("eve")
    sent, junk = await bench.folder_of(ann, "Sent"), await bench.folder_of(ann, "Junk")
    inbox = await bench.folder_of(eve)
    await bench.store.set_rights(sent.id, "bob@example.org", "lr")
    await bench.store.set_rights(sent.id, "anyone", "l")
    await bench.store.set_rights(junk.id, "-bob@example.org", "l")
    await bench.store.set_rights(inbox.id, "bob@example.org", "l")
    assert await bench.store.shared_with(bob) == [("ann@example.org", sent), ("eve@example.org", inbox)]
    assert await bench.store.shared_with(eve) == [("ann@example.org", sent)]
    assert await bench.store.shared_with(ann) == []
    assert await bench.store.shared_with(4711) == [("ann@example.org", sent)]


async def test_notes_are_ones_own_or_everybodys(bench: Bench) -> None:
    ann, bob = await bench.account("ann"), await bench.account("bob")
    inbox = await bench.folder_of(ann)
    await bench.store.set_notes(ann, inbox.id, {"/private/comment": b"mine", "/shared/comment": b"\x00ours"})
    await bench.store.set_notes(bob, inbox.id, {"/private/comment": b"his"})
    assert await bench.store.notes(ann, inbox.id) == {"/private/comment": b"mine", "/shared/comment": b"\x00ours"}
    assert await bench.store.notes(bob, inbox.id) == {"/private/comment": b"his", "/shared/comment": b"\x00ours"}
    await bench.store.set_notes(bob, inbox.id, {"/private/comment": None, "/shared/comment": b"", "/private/x": None})
    assert await bench.store.notes(bob, inbox.id) == {"/shared/comment": b""}
    assert (await bench.store.notes(ann, inbox.id))["/private/comment"] == b"mine"


async def test_notes_on_the_server(bench: Bench) -> None:
    ann, bob = await bench.account("ann"), await bench.account("bob")
    await bench.store.set_notes(ann, 0, {"/private/comment": b"mine", "/shared/admin": b"mailto:root@example.org"})
    assert await bench.store.notes(bob, 0) == {"/shared/admin": b"mailto:root@example.org"}
    assert len(await bench.store.notes(ann, 0)) == 2
