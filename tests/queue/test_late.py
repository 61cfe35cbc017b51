"""Local copies that had to wait."""

from pillarbox.mail.envelope import Notify
from pillarbox.queue.schedule import DAY
from pillarbox.store.rows import Acceptance, Enqueue
from queue_scene.scene import BODY, START, Scene


async def late(scene: Scene, account: int, **more: object) -> int:
    """A copy that waits for room in, or for the time to go to, the mailbox of ``account``."""
    message = scene.message("eve@far.example")
    row = Enqueue("ann@us.test", "", START, START + 5 * DAY, account_id=account, **more)  # type: ignore[arg-type]
    await scene.store.accept(Acceptance(message, "[]", queued=[row]))
    return message.id


async def test_it_is_filed_in_the_transaction_that_removes_the_row(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    message_id = await late(scene, account)
    await scene.begin()
    await scene.settled(1)
    assert await scene.rows() == []
    folder = await scene.store.folder(account, "INBOX")
    assert folder is not None
    [entry] = await scene.store.entries(folder.id)
    prefix = await scene.store.entry_prefix(folder.id, entry.uid)
    assert prefix == b"Return-Path: <eve@far.example>\r\nDelivered-To: ann@us.test\r\n"
    assert await scene.store.read_small(message_id) == BODY
    assert [event.kind for event in await scene.told(message_id)] == ["filed"]


async def test_it_waits_while_the_mailbox_is_full_and_then_goes_back(scene: Scene) -> None:
    account = await scene.account("ann@us.test", octets=10)
    message_id = await late(scene, account)
    await scene.begin()
    await scene.quiet()
    [row] = await scene.rows()
    assert (row.attempts, row.due) == (1, START + 60)
    assert [event.kind for event in await scene.told(message_id)] == ["deferred"]
    await scene.later(5 * DAY)
    [report] = scene.hosts["mx.far.example"].jobs
    assert isinstance(report.content, bytes)
    assert b"Status: 5.2.2" in report.content
    assert b"The mailbox is full." in report.content
    assert await scene.rows() == []


async def test_an_account_that_was_removed_is_no_mailbox(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    message_id = await late(scene, account + 1)
    await scene.begin()
    await scene.quiet()
    assert await scene.rows() == []
    assert "bounced" in [event.kind for event in await scene.told(message_id)]


async def test_success_is_reported_on_request(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    await late(scene, account, notify=Notify.SUCCESS.value)
    await scene.begin()
    await scene.until(lambda: bool(scene.host("mx.far.example").jobs))
    [report] = scene.hosts["mx.far.example"].jobs
    assert isinstance(report.content, bytes)
    assert b"Action: delivered" in report.content
