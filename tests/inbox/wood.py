"""Trees of three users over a store of their own, for the tests of each thing that can be done with them."""

from collections.abc import Mapping, Sequence

import pytest

from pillarbox.accounts.account import Account
from pillarbox.inbox.tree import Listed, ListOptions, Place, Tree, TreeError, TreeSettings
from store_contract.engines import Bench

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
EXTENDED = ListOptions(extended=True)


class Wood:
    """The trees, and short words for asking them."""

    def __init__(self, bench: Bench, users: Mapping[str, Account], settings: TreeSettings | None = None) -> None:
        self.bench = bench
        self.tree = Tree(bench.store, bench.clock, settings)
        self.ann, self.bob, self.eve = (users[address] for address in (ANN, BOB, EVE))

    @classmethod
    async def grown(cls, bench: Bench) -> "Wood":
        """Three users with INBOX, Junk and Sent each."""
        users = {}
        for name in ("ann", "bob", "eve"):
            number = await bench.account(name)
            row = await bench.store.account_by_id(number)
            assert row is not None
            users[row.address] = Account.of(row)
        return cls(bench, users)

    def bounded(self, settings: TreeSettings) -> "Wood":
        """The same trees with other bounds."""
        return Wood(self.bench, {user.address: user for user in (self.ann, self.bob, self.eve)}, settings)

    async def made(self, user: Account, *names: str) -> list[Place]:
        return [await self.tree.create(user, name) for name in names]

    async def names(self, user: Account, *patterns: str, reference: str = "") -> list[str]:
        return [one.name for one in await self.tree.list(user, reference, patterns or ("*",))]

    async def listed(
        self, user: Account, patterns: Sequence[str], options: ListOptions = EXTENDED
    ) -> dict[str, Listed]:
        return {one.name: one for one in await self.tree.list(user, "", patterns, options)}

    async def share(self, name: str, identifier: str, letters: str) -> None:
        """Ann gives rights in a folder of hers."""
        await self.tree.set_rights(self.ann, name, identifier, letters)


def theirs(name: str, owner: str = ANN) -> str:
    """What others call a folder of ``owner``."""
    return f"Other Users/{owner}/{name}"


class Refused:
    """``with refused("NOPERM"):`` expects a TreeError with a code."""

    def __init__(self, code: str, *, bad: bool = False) -> None:
        self._code = code
        self._bad = bad
        self._expected = pytest.raises(TreeError)

    def __enter__(self) -> None:
        self._caught = self._expected.__enter__()

    def __exit__(self, *error: object) -> bool | None:
        done = self._expected.__exit__(*error)  # type: ignore[arg-type]
        assert (self._caught.value.code, self._caught.value.bad) == (self._code, self._bad)
        assert self._caught.value.text
        return done
