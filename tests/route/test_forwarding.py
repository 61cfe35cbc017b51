"""Reverse-paths of forwarded mail: what they look like, where they lead back to, and what does not lead anywhere."""

import pytest

from accounts.directory_fake import MemoryDirectory, StillClock
from pillarbox.mail import ids
from pillarbox.mail.address import LOCAL_MAX, Address
from pillarbox.route.forwarding import DAY, Forwarding, ForwardingSettings
from pillarbox.route.recipients import Recipients, RecipientSettings, Routed
from pillarbox.route.routed import NO_WAY_BACK
from pillarbox.store.rows import MessageRow

ANN = Address.parse("Ann@example.com")
MESSAGE = 123_456_789 << 30
LONG = Address.parse("bounce-123456789-abcdefghijklmnopqrstuvwxyz@mail.lists.example.com")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def forwarding(clock: StillClock) -> Forwarding:
    return Forwarding(b"k" * 32, clock)


def rewritten(forwarding: Forwarding, sender: Address, via: str = "ours.example") -> Address:
    text = forwarding.rewrite(sender, via, ids.encode(MESSAGE))
    assert text is not None
    address = Address.parse(text)
    assert len(address.local) <= LOCAL_MAX
    assert address.domain == via
    return address


def test_the_way_there_and_back(forwarding: Forwarding) -> None:
    address = rewritten(forwarding, ANN)
    assert address.local.startswith("SRS0=")
    assert address.local.endswith("=example.com=Ann")
    back = forwarding.read(address)
    assert back is not None
    assert back.address == ANN


def test_other_letters_do_not_break_it(forwarding: Forwarding) -> None:
    address = rewritten(forwarding, ANN)
    back = forwarding.read(Address(address.local.lower(), address.domain))
    assert back is not None
    assert back.address == Address("ann", "example.com")


@pytest.mark.parametrize("sender", [LONG, Address.parse("a@[192.0.2.7]"), Address.parse("über@example.com")])
def test_what_does_not_fit_is_found_by_the_message(forwarding: Forwarding, sender: Address) -> None:
    back = forwarding.read(rewritten(forwarding, sender))
    assert back is not None
    assert back.message_id == MESSAGE or back.address == sender


def test_what_another_forwarder_rewrote_is_not_rewritten_longer_and_longer(forwarding: Forwarding) -> None:
    other = Address.parse("SRS0=aaaa=bb=example.com=ann@first.example")
    once = rewritten(forwarding, other)
    assert once.local.startswith("SRS1=")
    back = forwarding.read(once)
    assert back is not None
    assert back.address == other
    twice = Forwarding(b"j" * 32, StillClock())
    again = rewritten(twice, once, "second.example")
    assert len(again.local) == len(once.local)
    back = twice.read(again)
    assert back is not None
    assert back.address == other


def test_a_broken_seal_leads_nowhere(forwarding: Forwarding) -> None:
    local = rewritten(forwarding, ANN).local
    for changed in (
        local.replace("Ann", "Bob"),
        local.replace("example.com", "example.net"),
        local[:5] + "a" + local[6:],
    ):
        back = forwarding.read(Address(changed, "ours.example"))
        assert back is not None
        assert back.address is None
        assert back.fault == "its seal is not ours"
    back = forwarding.read(Address("SRS0=", "ours.example"))
    assert back is not None
    assert back.fault
    assert forwarding.read(ANN) is None


def test_it_ends_after_some_days(forwarding: Forwarding, clock: StillClock) -> None:
    address = rewritten(forwarding, ANN)
    clock.pass_seconds(21 * DAY)
    back = forwarding.read(address)
    assert back is not None
    assert back.address == ANN
    clock.pass_seconds(DAY)
    back = forwarding.read(address)
    assert back is not None
    assert "older than 21 days" in back.fault


def test_it_may_be_off(clock: StillClock) -> None:
    assert Forwarding(b"", clock, ForwardingSettings(srs=False)).rewrite(ANN, "ours.example", "") is None


async def routed(forwarding: Forwarding, address: Address, directory: MemoryDirectory) -> Routed:
    settings = RecipientSettings(hostname="mx.ours.example")
    return await Recipients(directory, StillClock(), settings, forwarding).resolve(address)


async def test_recipients_know_the_way_back(forwarding: Forwarding) -> None:
    directory = MemoryDirectory().with_domain("ours.example")
    there = await routed(forwarding, rewritten(forwarding, ANN), directory)
    assert (there.remotes, there.ours, there.returns) == ((ANN,), True, True)
    lost = await routed(forwarding, rewritten(forwarding, LONG), directory)
    assert lost.refusal == NO_WAY_BACK
    directory.messages[MESSAGE] = MessageRow(MESSAGE, 0, str(LONG), 0, 0, "7BIT", False, None, None, None, False)
    found = await routed(forwarding, rewritten(forwarding, LONG, "mx.ours.example"), directory)
    assert found.remotes == (LONG,)
    forged = await routed(forwarding, Address("SRS0=aaaaaa=bb=example.com=x", "ours.example"), directory)
    assert forged.refusal == NO_WAY_BACK
    assert "seal" in forged.why


async def test_who_is_not_ours_is_sent_on_in_our_name(forwarding: Forwarding) -> None:
    directory = MemoryDirectory().with_domain("ours.example").with_alias("all@ours.example", "x@far.example")
    recipients = Recipients(directory, StillClock(), RecipientSettings(hostname="mx.ours.example"), forwarding)
    alias = Address.parse("all@ours.example")
    await recipients.resolve(alias)
    assert recipients.reverse_path(ANN, alias, "m") is not None
    assert recipients.reverse_path(Address.parse("me@ours.example"), alias, "m") is None
    at_host = recipients.reverse_path(ANN, Address.parse("postmaster@mx.ours.example"), "m")
    assert at_host is not None
    assert at_host.endswith("@mx.ours.example")
