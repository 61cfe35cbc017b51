"""Aliases: none leads in circles, cuts a user off, or leads nowhere."""

import pytest

from accounts.directory_fake import MemoryDirectory
from pillarbox.accounts.aliases import Aliases, AliasSettings
from pillarbox.accounts.names import ManagementError
from pillarbox.store.rows import AliasRow


@pytest.fixture
def directory() -> MemoryDirectory:
    directory = MemoryDirectory().with_domain("example.org").with_domain("open.example", catch_all="ann@example.org")
    directory.with_user("ann@example.org")
    directory.with_user("gone@example.org", enabled=False)
    return directory


@pytest.fixture
def aliases(directory: MemoryDirectory) -> Aliases:
    return Aliases(directory)


async def test_an_alias_keeps_its_targets_in_order_and_once(aliases: Aliases) -> None:
    row = await aliases.put("Info@example.org", ["ann@example.org", "x@Elsewhere.example", "ANN@example.org"])
    assert row == AliasRow("info@example.org", ["ANN@example.org", "x@elsewhere.example"], may_send=True)


@pytest.mark.parametrize("target", ["ann+info@example.org", "anyone@open.example", "one@far.example"])
async def test_targets_that_lead_somewhere(aliases: Aliases, target: str) -> None:
    assert (await aliases.put("info@example.org", [target])).targets == [target]


@pytest.mark.parametrize(
    ("address", "targets", "says"),
    [
        ("info@far.example", ["ann@example.org"], "is not one of our domains"),
        ("info@example.org", [], "needs a target"),
        ("info@example.org", ["not an address"], "is no address"),
        ("info@example.org", ["nobody@example.org"], "nobody in example.org has that address"),
        ("info@example.org", ["info@example.org"], "nobody in example.org has that address"),
        ("ann@example.org", ["one@far.example"], "would take all their mail away"),
        ("info@example.org", [f"n{n}@far.example" for n in range(4)], "at most 3 are followed"),
    ],
)
async def test_what_cannot_be_an_alias(directory: MemoryDirectory, address: str, targets: list[str], says: str) -> None:
    with pytest.raises(ManagementError, match=says):
        await Aliases(directory, settings=AliasSettings(alias_targets=3)).put(address, targets)


async def test_a_user_may_forward_and_keep_a_copy(aliases: Aliases) -> None:
    await aliases.put("ann@example.org", ["ann@example.org", "ann@far.example"])


async def test_a_user_who_is_off_may_be_forwarded(aliases: Aliases) -> None:
    await aliases.put("gone@example.org", ["ann@example.org"])


async def test_no_circles(aliases: Aliases, directory: MemoryDirectory) -> None:
    directory.with_alias("b@example.org", "c@example.org").with_alias(
        "c@example.org", "a@example.org", "ann@example.org"
    )
    with pytest.raises(ManagementError, match="in a circle"):
        await aliases.put("a@example.org", ["b@example.org"])


async def test_removing_tells_what_leads_nowhere(aliases: Aliases) -> None:
    await aliases.put("info@example.org", ["ann@example.org"])
    await aliases.put("all@example.org", ["info@example.org"])
    assert await aliases.remove("info@example.org") == ["the alias all@example.org still names info@example.org"]
    with pytest.raises(ManagementError, match="there is no alias"):
        await aliases.remove("info@example.org")
