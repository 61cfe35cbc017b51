"""Who is told what, and by which way the report goes: on a real store."""

import email
from dataclasses import replace

import pytest

from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Notify, Recipient
from pillarbox.queue.schedule import DAY, HOUR
from pillarbox.store.rows import DomainRow
from queue_scene.scene import BODY, LATER, NO, START, Scene

FAR = "mx.far.example"


async def mailbox(scene: Scene, account: int) -> list[bytes]:
    """What lies in the INBOX of ``account``, with the lines of the mailbox."""
    folder = await scene.store.folder(account, "INBOX")
    assert folder is not None
    found = []
    for entry in await scene.store.entries(folder.id):
        octets = await scene.store.read_small(entry.message_id)
        assert octets is not None
        found.append(await scene.store.entry_prefix(folder.id, entry.uid) + octets)
    return found


async def test_a_sender_of_ours_finds_the_report_in_the_mailbox(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example", message=scene.message("ann@us.test", login="ann@us.test"))
    await scene.settled(1)
    [report] = await mailbox(scene, account)
    assert report.startswith(b"Return-Path: <>\r\nDelivered-To: ann@us.test\r\nFrom: Mail Delivery System")
    assert BODY in report
    [told] = [event for event in await scene.told(message_id) if event.kind == "told_sender"]
    [received] = scene.kinds("received")
    assert received["report_of"] is not None
    assert told.evidence["to"] == "ann@us.test"
    assert scene.metrics.reports == 1
    assert scene.metrics.bounces == 1


async def test_the_report_has_a_story_of_its_own(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    await scene.hand_over("bob@far.example", message=scene.message("ann@us.test"))
    await scene.settled(1)
    folder = await scene.store.folder(account, "INBOX")
    assert folder is not None
    [entry] = await scene.store.entries(folder.id)
    events = await scene.told(entry.message_id)
    assert [event.kind for event in events] == ["report", "filed"]
    assert events[0].evidence["recipients"] == ["bob@far.example"]


async def test_a_sender_elsewhere_gets_the_report_by_mail_from_nobody(scene: Scene) -> None:
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    await scene.hand_over("bob@far.example", "eve@far.example", message=scene.message("ann@there.example"))
    await scene.until(lambda: bool(scene.host("mx.there.example").jobs))
    await scene.until(lambda: not scene.in_work())
    [job] = scene.hosts["mx.there.example"].jobs
    assert job.sender == ""
    assert [str(recipient.address) for recipient in job.recipients] == ["ann@there.example"]
    assert job.recipients[0].notify is Notify.NEVER
    assert isinstance(job.content, bytes)
    assert email.message_from_bytes(job.content)["Subject"] == "Not delivered: your message to 2 recipients"
    assert await scene.rows() == []


async def test_a_report_that_bounces_is_dropped_and_told(scene: Scene) -> None:
    scene.host(FAR).replies["*"] = [NO]
    scene.host("mx.there.example").replies["*"] = [NO]
    await scene.begin()
    await scene.hand_over("bob@far.example", message=scene.message("ann@there.example"))
    await scene.until(lambda: len(scene.store.settlements) == 2 and not scene.in_work())
    assert await scene.rows() == []
    assert scene.metrics.reports == 1
    report_id = scene.hosts["mx.there.example"].jobs[0].message_id
    kinds = [event.kind for event in await scene.told(report_id)]
    assert kinds[-2:] == ["bounced", "not_told"]


@pytest.mark.parametrize("sender", ["nobody@us.test", "ann@us.test"])
async def test_a_sender_of_ours_who_does_not_exist_or_is_off_is_not_told(scene: Scene, sender: str) -> None:
    account = await scene.account("ann@us.test")
    row = await scene.store.account_by_id(account)
    assert row is not None
    await scene.store.change_account(replace(row, enabled=False))
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example", message=scene.message(sender))
    await scene.settled(1)
    assert await scene.rows() == []
    assert "not_told" in [event.kind for event in await scene.told(message_id)]
    assert scene.metrics.reports == 0


async def test_notify_never(scene: Scene) -> None:
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example", notify=Notify.NEVER.value)
    await scene.settled(1)
    assert scene.metrics.reports == 0
    assert "not_told" in [event.kind for event in await scene.told(message_id)]


async def test_success_is_reported_where_the_next_host_does_not_do_it(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    scene.host("mx.knows.example").dsn = True
    await scene.begin()
    notify = (Notify.SUCCESS | Notify.FAILURE).value
    await scene.hand_over("a@knows.example", message=scene.message("ann@us.test"), notify=notify)
    await scene.hand_over("b@far.example", message=scene.message("ann@us.test"), notify=notify)
    await scene.hand_over("c@far.example", message=scene.message("ann@us.test"))
    await scene.settled(3)
    [report] = await mailbox(scene, account)
    assert b"Action: relayed" in report
    assert b"b@far.example" in report


async def test_the_sender_hears_of_a_delay_once(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [LATER]
    await scene.begin()
    await scene.hand_over("bob@far.example", message=scene.message("ann@us.test"))
    await scene.settled(1)
    while scene.clock.time < START + 12 * HOUR:
        before = len(scene.store.settlements)
        await scene.later(60)
        if scene.clock.time < START + 4 * HOUR:
            assert await mailbox(scene, account) == []
        elif len(scene.store.settlements) > before:
            assert len(await mailbox(scene, account)) == 1
    [report] = await mailbox(scene, account)
    assert b"Action: delayed" in report
    [row] = await scene.rows()
    assert row.delay_told


async def test_when_the_time_is_over_the_sender_gets_the_last_words(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [LATER]
    await scene.begin()
    message = scene.message("ann@us.test")
    await scene.hand_over("bob@far.example", message=message, notify=Notify.FAILURE.value)
    await scene.settled(1)
    for _ in range(40):
        await scene.later(4 * HOUR)
    assert await scene.rows() == []
    [report] = await mailbox(scene, account)
    assert b"Status: 5.4.7" in report
    assert b"451 4.7.1 come back later" in report
    assert [event.kind for event in await scene.told(message.id)][-2:] == ["expired", "told_sender"]
    assert scene.metrics.expiries == 1
    last = scene.hosts[FAR].jobs[-1]
    assert last.message_id == message.id
    assert scene.clock.time >= START + 5 * DAY


async def test_a_report_for_a_full_mailbox_waits_for_room(scene: Scene) -> None:
    account = await scene.account("ann@us.test", octets=100)
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    await scene.hand_over("bob@far.example", message=scene.message("ann@us.test"))
    await scene.settled(1)
    [row] = await scene.rows()
    assert (row.account_id, row.domain, row.recipient) == (account, "", "ann@us.test")
    await scene.later(4 * HOUR + 1)
    [row] = await scene.rows()
    assert "full" in row.last_reply
    grown = await scene.store.account_by_id(account)
    assert grown is not None
    await scene.store.change_account(replace(grown, quota_octets=None))
    await scene.later(HOUR)
    assert await scene.rows() == []
    assert len(await mailbox(scene, account)) == 1


async def test_intake_has_copies_in_mailboxes_reported(scene: Scene) -> None:
    await scene.store.put_domain(DomainRow("us.test"))
    message = scene.message("ann@there.example")
    asked = [Recipient(Address.parse("bob@us.test"), Notify.SUCCESS, "rfc822;bob@us.test")]
    report = await scene.queue.reports.delivered(message, asked, b"Subject: x\r\n\r\n")
    assert report is not None
    [row] = report.queued
    assert (row.recipient, row.domain) == ("ann@there.example", "there.example")
    assert isinstance(report.message.content.body, bytes)
    assert b"Action: delivered" in report.message.content.body
    assert await scene.queue.reports.delivered(scene.message(""), asked, b"") is None


@pytest.mark.parametrize(("wish", "kept"), [("required", "required"), ("optional", None), (None, None)])
async def test_a_report_travels_as_safely_as_what_it_speaks_of(
    scene: Scene, wish: str | None, kept: str | None
) -> None:
    """RFC 8689 §5."""
    account = await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    message = scene.message("ann@us.test", login="ann@us.test", tls=wish)
    await scene.hand_over("bob@far.example", message=message)
    await scene.settled(1)
    folder = await scene.store.folder(account, "INBOX")
    assert folder is not None
    [entry] = await scene.store.entries(folder.id)
    row = await scene.store.message(entry.message_id)
    assert row is not None
    assert row.tls == kept
    [report] = await mailbox(scene, account)
    assert (BODY in report) == (wish != "required")
