"""A client that was away hears what it missed, and of nothing else."""

from inbox.live.conftest import Scene
from pillarbox.inbox.live.resync import changed_since, missed, vanished
from pillarbox.inbox.live.view import View
from pillarbox.mail.query import STAR, NumberSet
from pillarbox.store.rows import Flags

SEEN = int(Flags.SEEN)


def numbers(*spans: tuple[int, int]) -> NumberSet:
    return NumberSet(spans)


async def away(scene: Scene) -> int:
    """Ten messages are known; then 2, 3 and 8 leave, 5 and 9 change, 11 comes and 12 comes and leaves."""
    await scene.append(10)
    row = await scene.store.folder_by_id(scene.folder)
    assert row is not None
    await scene.expunge(2, 3, 8)
    await scene.mark([5, 9], "+", SEEN)
    await scene.append(2)
    await scene.expunge(12)
    return row.modseq


async def test_all_that_was_missed(scene: Scene) -> None:
    modseq = await away(scene)
    client = await scene.look()  # 1 4 5 6 7 9 10 11
    assert await missed(client.view, modseq) == ([2, 3, 8, 12], [2, 5, 7])


async def test_only_what_the_client_says_it_knows(scene: Scene) -> None:
    modseq = await away(scene)
    client = await scene.look()
    assert await missed(client.view, modseq, numbers((3, 5), (8, 8))) == ([3, 8], [2])
    assert await vanished(client.view, modseq, numbers((9, STAR))) == [12]  # the largest there ever was
    assert await vanished(client.view, modseq, numbers((1, 2), (2, 3))) == [2, 3]
    assert await vanished(client.view, modseq, numbers((1, 9), (2, 3))) == [2, 3, 8]
    assert list(changed_since(client.view, modseq, numbers((6, STAR)))) == [5, 7]


async def test_where_numbers_agree_nothing_before_is_told(scene: Scene) -> None:
    modseq = await away(scene)
    client = await scene.look()
    # The client knew 1, 5 and 9 as numbers 1, 3 and 6: it had heard of the first two that left.
    match = (numbers((1, 1), (3, 3), (6, 6)), numbers((1, 1), (5, 5), (9, 9)))
    assert (await missed(client.view, modseq, match=match)).vanished == [12]
    match = (numbers((1, 1), (3, 3), (7, 7)), numbers((1, 1), (5, 5), (9, 9)))
    assert (await missed(client.view, modseq, match=match)).vanished == [8, 12]
    match = (numbers((1, 1)), numbers((1, 1)))
    assert (await missed(client.view, modseq, match=match)).vanished == [2, 3, 8, 12]
    match = (numbers((1, 4_000_000_000)), numbers((2, 4_000_000_000)))
    assert (await missed(client.view, modseq, match=match)).vanished == [2, 3, 8, 12]


async def test_what_left_a_moment_ago_is_told_as_an_expunge(scene: Scene) -> None:
    modseq = await away(scene)
    mailbox = await scene.mailbox()
    view = View(mailbox, read_only=False)
    scene.reading.free.clear()
    await scene.expunge(1)
    scene.reading.free.set()
    assert (await missed(view, modseq)).vanished == [2, 3, 8, 12]
    await mailbox.refresh()
    assert view.poll(expunges=True).expunged == [1]
