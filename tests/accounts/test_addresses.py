"""From which addresses a user may send."""

import pytest

from accounts.directory_fake import MemoryDirectory, StillClock
from pillarbox.accounts.account import Account
from pillarbox.accounts.addresses import Senders, SenderSettings
from pillarbox.mail.address import Address


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = MemoryDirectory().with_domain("example.org").with_domain("example.net", catch_all="ann@example.org")
    directory.with_user("ann@example.org")
    directory.with_user("bob@example.org")
    directory.with_user("taken@example.net")
    directory.with_alias("info@example.org", "Ann@example.org", "bob@example.org")
    directory.with_alias("all@example.org", "info@example.org")
    directory.with_alias("boss@example.org", "ann@example.org", may_send=False)
    directory.with_alias("ann+list@example.org", "bob@example.org")
    return directory


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def senders(directory: MemoryDirectory, clock: StillClock) -> Senders:
    return Senders(directory, clock)


ANN = Account(1, "ann@example.org", "Ann")
BOB = Account(2, "bob@example.org", "Bob")


@pytest.mark.parametrize(
    ("account", "address", "allowed"),
    [
        (ANN, "ann@example.org", True),
        (ANN, "ANN@Example.Org", True),
        (ANN, "ann+shop@example.org", True),
        (ANN, "ann+list@example.org", False),  # that very address is bob's
        (BOB, "ann+list@example.org", True),
        (ANN, "info@example.org", True),
        (ANN, "info+desk@example.org", True),
        (ANN, "all@example.org", True),  # over info
        (ANN, "boss@example.org", False),  # receiving only
        (ANN, "bob@example.org", False),
        (ANN, "nobody@example.org", False),
        (ANN, "anything@example.net", True),  # the catch-all is hers
        (ANN, "taken@example.net", False),  # but not what is somebody's
        (ANN, "taken+x@example.net", False),
        (BOB, "anything@example.net", False),
        (ANN, "ann@elsewhere.example", False),
        (ANN, "ann@[192.0.2.1]", False),
        (ANN, "postmaster", False),
    ],
)
async def test_who_may_send_as_whom(senders: Senders, account: Account, address: str, allowed: bool) -> None:
    assert await senders.may_send_as(account, Address.parse(address)) is allowed


async def test_the_null_path_is_everybodys(senders: Senders) -> None:
    assert senders.may_send_as_cached(ANN, None) is True
    assert await senders.may_send_as(BOB, None)


async def test_answers_are_remembered_for_seconds(
    senders: Senders, directory: MemoryDirectory, clock: StillClock
) -> None:
    info = Address.parse("info@example.org")
    assert senders.may_send_as_cached(ANN, info) is None
    assert await senders.may_send_as(ANN, info)
    asked = directory.questions
    assert await senders.may_send_as(ANN, info)
    assert senders.may_send_as_cached(ANN, info) is True
    assert directory.questions == asked
    directory.remove_alias("info@example.org")
    clock.pass_seconds(5)
    assert senders.may_send_as_cached(ANN, info) is None
    assert not await senders.may_send_as(ANN, info)


async def test_a_change_is_known_at_once_when_told(senders: Senders, directory: MemoryDirectory) -> None:
    info = Address.parse("info@example.org")
    assert await senders.may_send_as(ANN, info)
    directory.remove_alias("info@example.org")
    senders.clear()
    assert not await senders.may_send_as(ANN, info)


async def test_the_memory_is_bounded(directory: MemoryDirectory, clock: StillClock) -> None:
    senders = Senders(directory, clock, SenderSettings(sender_cache_entries=3))
    for n in range(5):
        await senders.may_send_as(ANN, Address.parse(f"n{n}@example.net"))
    cached = [senders.may_send_as_cached(ANN, Address.parse(f"n{n}@example.net")) for n in range(5)]
    assert cached == [None, None, True, True, True]


async def test_aliases_in_a_circle_end(directory: MemoryDirectory, senders: Senders) -> None:
    directory.with_alias("x@example.org", "y@example.org", "ann@example.org").with_alias(
        "y@example.org", "x@example.org"
    )
    assert await senders.may_send_as(ANN, Address.parse("y@example.org"))
