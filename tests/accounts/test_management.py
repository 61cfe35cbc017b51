"""Domains and users: what can be added and changed, and what is said when it cannot."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.directory_fake import MemoryDirectory, StillClock
from pillarbox.accounts.management import NEW_ACCOUNT_FOLDERS, Management, ManagementError
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.store.rows import DomainRow

CHEAP = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)


class Office:
    """Management over a directory in memory, counting the changes it tells of."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.directory = MemoryDirectory().with_domain("example.org")
        self.passwords = Passwords(pool, StillClock(), os.urandom, CHEAP)
        self.changes = 0
        self.management = Management(self.directory, self.passwords, StillClock(), self._changed)

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
def office() -> Iterator[Office]:
    with ThreadPoolExecutor(1) as pool:
        yield Office(pool)


@pytest.fixture
def management(office: Office) -> Management:
    return office.management


async def test_a_new_user_has_a_password_and_folders(office: Office) -> None:
    row = await office.management.add_user("Ann@Example.org", "right", "Ann", quota_octets=1000)
    assert (row.id, row.address, row.name, row.enabled, row.quota_octets) == (1, "ann@example.org", "Ann", True, 1000)
    assert office.directory.folders[1] == list(NEW_ACCOUNT_FOLDERS)
    assert [name for name, _ in NEW_ACCOUNT_FOLDERS] == ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"]
    assert row.scram is not None
    assert await office.passwords.matches("right", row.password)
    assert office.changes == 1


async def test_a_user_without_a_password(management: Management) -> None:
    row = await management.add_user("ann@example.org", None)
    assert (row.password, row.scram) == (None, None)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ann", "needs an @"),
        ("postmaster", "has no domain"),
        ("ann@elsewhere.example", "ours are: example.org"),
        ("ann@[192.0.2.1]", "is no domain"),
        ("ann+x@example.org", "a tag"),
        ('"ann smith"@example.org', "spaces or quotes"),
        ("MAILER-DAEMON@example.org", "Choose another name"),
    ],
)
async def test_what_cannot_be_a_user(office: Office, address: str, says: str) -> None:
    with pytest.raises(ManagementError) as caught:
        await office.management.add_user(address, "right")
    assert says in str(caught.value)
    assert all((caught.value.what, caught.value.why, caught.value.todo))
    assert office.changes == 0


async def test_a_name_that_is_taken(office: Office) -> None:
    await office.management.add_user("ann@example.org", "right")
    with pytest.raises(ManagementError, match="is there already"):
        await office.management.add_user("ANN@example.org", "right")
    office.directory.with_alias("info@example.org", "ann@example.org")
    with pytest.raises(ManagementError, match="is an alias already"):
        await office.management.add_user("info@example.org", "right")


async def test_a_password_that_cannot_be(management: Management) -> None:
    with pytest.raises(ManagementError, match="Choose another one"):
        await management.add_user("ann@example.org", "")


async def test_changes_of_a_user(office: Office) -> None:
    management = office.management
    await management.add_user("ann@example.org", "right")
    await management.set_password("ann@example.org", "new")
    assert await office.passwords.matches("new", (await management.user("ann@example.org")).password)
    await management.set_password("ann@example.org", None)
    assert (await management.user("ann@example.org")).scram is None
    assert (await management.rename_user("ann@example.org", "Ann S.")).name == "Ann S."
    assert (await management.enable_user("ann@example.org", False)).enabled is False
    row = await management.set_quota("ann@example.org", 5, None)
    assert (row.quota_octets, row.name, row.enabled) == (5, "Ann S.", False)
    with pytest.raises(ManagementError, match="below zero"):
        await management.set_quota("ann@example.org", -1, None)
    assert office.changes == 6


async def test_removing_a_user_tells_what_leads_nowhere(office: Office) -> None:
    await office.management.add_user("ann@example.org", "right")
    office.directory.with_alias("info@example.org", "ann@example.org")
    await office.management.change_domain("example.org", catch_all="ann@example.org")
    assert await office.management.remove_user("ann@example.org") == [
        "the alias info@example.org still names ann@example.org",
        "example.org still sends what is nobody's to ann@example.org",
    ]
    with pytest.raises(ManagementError, match="there is no user"):
        await office.management.remove_user("ann@example.org")


async def test_domains(office: Office) -> None:
    management = office.management
    assert await management.add_domain("Bücher.Example.") == DomainRow("xn--bcher-kva.example", None, "+")
    with pytest.raises(ManagementError, match="is there already"):
        await management.add_domain("xn--bcher-kva.example")
    assert (await management.change_domain("bücher.example", delimiter="-")).delimiter == "-"
    await management.add_user("ann@example.org", None)
    assert (await management.change_domain("example.org", catch_all="ann@example.org")).catch_all == "ann@example.org"
    assert (await management.change_domain("example.org", delimiter="")).catch_all == "ann@example.org"
    assert (await management.change_domain("example.org", catch_all=None)).catch_all is None
    await management.remove_domain("bücher.example")
    with pytest.raises(ManagementError, match="it has 1 users and 0 aliases"):
        await management.remove_domain("example.org")


@pytest.mark.parametrize("name", ["", "exa mple.org", "[192.0.2.1]", "-.org", "x" * 300])
async def test_what_cannot_be_a_domain(management: Management, name: str) -> None:
    with pytest.raises(ManagementError, match="is no domain"):
        await management.add_domain(name)


async def test_a_domain_needs_a_sound_delimiter_and_taker(management: Management) -> None:
    with pytest.raises(ManagementError, match="cannot begin a tag"):
        await management.change_domain("example.org", delimiter="a")
    with pytest.raises(ManagementError, match="neither a user nor an alias"):
        await management.change_domain("example.org", catch_all="nobody@example.org")
