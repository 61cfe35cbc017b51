"""Where recipients go: our mailboxes, elsewhere, or nowhere; and how often the directory is asked."""

import asyncio
from ipaddress import ip_address

import pytest

from accounts.directory_fake import MemoryDirectory, StillClock
from pillarbox.mail.address import Address
from pillarbox.mail.reply import NO_SUCH_USER
from pillarbox.route.recipients import LocalTarget, Recipients, RecipientSettings, Routed
from pillarbox.route.routed import ALIAS_LOOP, ALIAS_TOO_LARGE, MAILBOX_DISABLED, NOBODY_YET
from pillarbox.store.interface import StoreUnavailable

OWN = RecipientSettings(hostname="mx.example.org", own_addresses=frozenset({ip_address("192.0.2.1")}))


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = MemoryDirectory().with_domain("example.org").with_domain("open.example", catch_all="bob@example.org")
    directory.with_user("ann@example.org")
    directory.with_user("bob@example.org", quota_octets=1000, used_octets=400)
    directory.with_user("off@example.org", enabled=False)
    directory.with_user("zoe@open.example", created=5.0)
    return directory


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def recipients(directory: MemoryDirectory, clock: StillClock) -> Recipients:
    return Recipients(directory, clock, OWN)


async def resolve(recipients: Recipients, address: str) -> Routed:
    return await recipients.resolve(Address.parse(address))


def boxes(routed: Routed) -> list[tuple[int, str]]:
    return [(target.account_id, target.address) for target in routed.locals]


async def test_a_mailbox(recipients: Recipients) -> None:
    routed = await resolve(recipients, "Ann@Example.org")
    assert routed == Routed((LocalTarget(1, "Ann@example.org"),), (), "ann@example.org is a mailbox here")
    assert routed.ours


async def test_elsewhere_is_not_ours(recipients: Recipients) -> None:
    address = Address.parse("x@far.example")
    routed = await recipients.resolve(address)
    assert routed == Routed((), (address,), "far.example is not one of our domains", ours=False)


async def test_nobody(recipients: Recipients) -> None:
    routed = await resolve(recipients, "nobody@example.org")
    assert (routed.locals, routed.remotes, routed.refusal, routed.ours) == ((), (), NO_SUCH_USER, True)
    assert routed.why == "nobody@example.org is nobody's address"


async def test_switched_off(recipients: Recipients) -> None:
    assert (await resolve(recipients, "off@example.org")).refusal == MAILBOX_DISABLED


async def test_room_is_told(recipients: Recipients, directory: MemoryDirectory, clock: StillClock) -> None:
    assert (await resolve(recipients, "bob@example.org")).locals == (LocalTarget(2, "bob@example.org", free=600),)
    directory.with_user("full@example.org", quota_octets=10, used_octets=11)
    directory.with_user("many@example.org", quota_messages=3, used_messages=3)
    assert (await resolve(recipients, "full@example.org")).locals == (
        LocalTarget(5, "full@example.org", full=True, free=0),
    )
    assert (await resolve(recipients, "many@example.org")).locals[0].full


async def test_a_tag_is_kept_in_delivered_to(recipients: Recipients, directory: MemoryDirectory) -> None:
    assert boxes(await resolve(recipients, "ann+shop@example.org")) == [(1, "ann+shop@example.org")]
    directory.with_alias("ann+list@example.org", "bob@example.org")
    assert boxes(await resolve(recipients, "ann+list@example.org")) == [(2, "bob@example.org")]
    assert (await resolve(recipients, "+ann@example.org")).refusal == NO_SUCH_USER


async def test_another_sign_for_tags(directory: MemoryDirectory, recipients: Recipients) -> None:
    directory.with_domain("example.org", delimiter="-")
    assert boxes(await resolve(recipients, "ann-shop@example.org")) == [(1, "ann-shop@example.org")]
    assert (await resolve(recipients, "ann+shop@example.org")).refusal == NO_SUCH_USER


async def test_aliases_are_followed_in_order_and_each_end_is_there_once(
    recipients: Recipients, directory: MemoryDirectory
) -> None:
    directory.with_alias("info@example.org", "x@far.example", "bob@example.org", "desk@example.org", "X@far.example")
    directory.with_alias("desk@example.org", "ann@example.org", "bob@example.org")
    routed = await resolve(recipients, "info+tag@example.org")
    assert boxes(routed) == [(2, "bob@example.org"), (1, "ann@example.org")]
    assert [str(address) for address in routed.remotes] == ["x@far.example"]
    assert routed.ours, "leaving over an alias is not relaying"
    assert routed.why.startswith("info@example.org is an alias of x@far.example, bob@example.org, desk@example.org, X@")


async def test_what_is_nobodys_in_an_alias_is_left_out(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_alias("info@example.org", "nobody@example.org", "off@example.org", "damaged", "ann@example.org")
    routed = await resolve(recipients, "info@example.org")
    assert boxes(routed) == [(1, "ann@example.org")]
    assert routed.refusal is None
    assert "nobody@example.org is nobody's address" in routed.why
    assert "'damaged', is no address" in routed.why


async def test_a_user_who_forwards_and_keeps_a_copy(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_alias("ann@example.org", "ann@example.org", "ann@far.example")
    for written in ("ann@example.org", "ann+x@example.org"):
        routed = await resolve(recipients, written)
        assert [target.account_id for target in routed.locals] == [1]
        assert [str(address) for address in routed.remotes] == ["ann@far.example"]


async def test_circles(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_alias("a@example.org", "b@example.org").with_alias("b@example.org", "a@example.org")
    assert (await resolve(recipients, "a@example.org")).refusal == ALIAS_LOOP
    directory.with_alias("c@example.org", "d@example.org", "ann@example.org").with_alias(
        "d@example.org", "c@example.org"
    )
    assert boxes(await resolve(recipients, "c@example.org")) == [(1, "ann@example.org")]


async def test_the_depth_of_aliases_is_bounded(directory: MemoryDirectory, clock: StillClock) -> None:
    recipients = Recipients(directory, clock, RecipientSettings(alias_depth=3))
    for n in range(5):
        directory.with_alias(f"deep{n}@example.org", f"deep{n + 1}@example.org")
    directory.with_alias("deep5@example.org", "ann@example.org")
    assert (await resolve(recipients, "deep2@example.org")).refusal == ALIAS_TOO_LARGE
    assert boxes(await resolve(recipients, "deep3@example.org")) == [(1, "ann@example.org")]


async def test_the_number_of_targets_is_bounded(directory: MemoryDirectory, clock: StillClock) -> None:
    recipients = Recipients(directory, clock, RecipientSettings(alias_targets=5))
    directory.with_alias("wide@example.org", *(f"n{n}@far.example" for n in range(5)))
    assert (await resolve(recipients, "wide@example.org")).refusal == ALIAS_TOO_LARGE


async def test_the_first_way_to_a_mailbox_names_it(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_alias("info@example.org", "ann+info@example.org", "ann@example.org")
    assert boxes(await resolve(recipients, "info@example.org")) == [(1, "ann+info@example.org")]


async def test_the_first_reason_is_the_one_that_is_given(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_alias("info@example.org", "off@example.org", "nobody@example.org")
    assert (await resolve(recipients, "info@example.org")).refusal == MAILBOX_DISABLED


async def test_the_catch_all_takes_what_is_nobodys(recipients: Recipients) -> None:
    assert boxes(await resolve(recipients, "Any.One@open.example")) == [(2, "Any.One@open.example")]
    assert boxes(await resolve(recipients, "zoe@open.example")) == [(4, "zoe@open.example")]


async def test_a_catch_all_that_is_nobody(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.with_domain("open.example", catch_all="gone@open.example")
    assert (await resolve(recipients, "x@open.example")).refusal == NO_SUCH_USER


@pytest.mark.parametrize("name", ["postmaster", "Postmaster", "abuse", "postmaster+x"])
async def test_postmaster_and_abuse_reach_the_oldest_account_of_the_domain(recipients: Recipients, name: str) -> None:
    assert boxes(await resolve(recipients, f"{name}@example.org")) == [(1, f"{name}@example.org")]


@pytest.mark.parametrize("address", ["postmaster", "PostMaster", "postmaster@[192.0.2.1]", "postmaster@mx.example.org"])
async def test_the_postmaster_of_this_machine(recipients: Recipients, address: str) -> None:
    routed = await resolve(recipients, address)
    assert [target.account_id for target in routed.locals] == [4], "the oldest of all"
    assert routed.ours


async def test_others_at_this_machine_are_nobody(recipients: Recipients) -> None:
    assert (await resolve(recipients, "ann@[192.0.2.1]")).refusal == NO_SUCH_USER
    assert not (await resolve(recipients, "ann@[192.0.2.2]")).ours


async def test_postmaster_goes_where_an_alias_or_the_setting_says(
    directory: MemoryDirectory, clock: StillClock
) -> None:
    directory.with_domain("open.example", catch_all="ann@example.org")
    recipients = Recipients(directory, clock, RecipientSettings(postmaster="bob@example.org"))
    assert boxes(await resolve(recipients, "postmaster@example.org")) == [(2, "postmaster@example.org")]
    assert boxes(await resolve(recipients, "postmaster")) == [(2, "postmaster")]
    assert boxes(await resolve(recipients, "postmaster@open.example")) == [(2, "postmaster@open.example")]
    directory.with_alias("postmaster@example.org", "ann@example.org")
    recipients.clear()
    assert boxes(await resolve(recipients, "postmaster@example.org")) == [(1, "ann@example.org")]
    assert boxes(await resolve(recipients, "abuse@example.org")) == [(2, "abuse@example.org")]


@pytest.mark.parametrize("setting", ["nobody@example.org", "no address", "off@example.org", "postmaster@example.org"])
async def test_a_bad_postmaster_setting_loses_no_mail(
    directory: MemoryDirectory, clock: StillClock, setting: str
) -> None:
    recipients = Recipients(directory, clock, RecipientSettings(postmaster=setting))
    assert boxes(await resolve(recipients, "postmaster@example.org")) == [(1, "postmaster@example.org")]


async def test_without_any_account_postmaster_waits(clock: StillClock) -> None:
    recipients = Recipients(MemoryDirectory().with_domain("example.org"), clock, OWN)
    assert (await resolve(recipients, "postmaster@example.org")).refusal == NOBODY_YET


async def test_in_tryout_everything_lands_in_one_account(directory: MemoryDirectory, clock: StillClock) -> None:
    recipients = Recipients(directory, clock, RecipientSettings(catch_all_account=2))
    for address in ("x@far.example", "nobody@example.org", "ann@example.org", "postmaster", "a@[192.0.2.9]"):
        routed = await resolve(recipients, address)
        assert (boxes(routed), routed.remotes) == ([(2, address)], ())
    recipients = Recipients(directory, clock, RecipientSettings(catch_all_account=99))
    assert (await resolve(recipients, "x@far.example")).refusal == NOBODY_YET


async def test_answers_are_fresh_for_a_second(
    recipients: Recipients, directory: MemoryDirectory, clock: StillClock
) -> None:
    ann = Address.parse("ann@example.org")
    assert recipients.known(ann) is None
    routed = await recipients.resolve(ann)
    asked = directory.questions
    assert recipients.known(ann) is routed
    assert await recipients.resolve(ann) is routed
    assert directory.questions == asked
    clock.pass_seconds(1)
    assert recipients.known(ann) is None


async def test_many_who_ask_at_once_make_one_question(recipients: Recipients, directory: MemoryDirectory) -> None:
    ann = Address.parse("ann@example.org")
    one = asyncio.ensure_future(recipients.resolve(ann))
    others = [asyncio.ensure_future(recipients.resolve(ann)) for _ in range(20)]
    await asyncio.sleep(0)
    one.cancel()
    assert {boxes(routed)[0] for routed in await asyncio.gather(*others)} == {(1, "ann@example.org")}
    assert directory.questions == 3, "domains, alias, account"


async def test_a_directory_that_cannot_be_read(recipients: Recipients, directory: MemoryDirectory) -> None:
    directory.broken = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await resolve(recipients, "ann@example.org")
    directory.broken = None
    assert boxes(await resolve(recipients, "ann@example.org")) == [(1, "ann@example.org")]


async def test_the_memory_is_bounded(directory: MemoryDirectory, clock: StillClock) -> None:
    recipients = Recipients(directory, clock, RecipientSettings(directory_cache_entries=3))
    for n in range(5):
        await resolve(recipients, f"n{n}@far.example")
    assert [recipients.known(Address(f"n{n}", "far.example")) is not None for n in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
