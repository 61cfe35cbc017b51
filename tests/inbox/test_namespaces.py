"""Whose folder a name means."""

import pytest

from pillarbox.inbox.folders import FolderNameError
from pillarbox.inbox.namespaces import full_name, parents, where


@pytest.mark.parametrize(
    ("name", "owner", "local"),
    [
        ("inbox", "", "INBOX"),
        ("Work/2024/", "", "Work/2024"),
        ("Other Users/Ann@Example.org/inbox", "ann@example.org", "INBOX"),
        ("Other Users/a/b@example.org/Work/2024", "a/b@example.org", "Work/2024"),
        ("Other Userspace/x", "", "Other Userspace/x"),
        ("Other Users/ann@bücher.example/x", "ann@xn--bcher-kva.example", "x"),
    ],
)
def test_where(name: str, owner: str, local: str) -> None:
    assert where(name) == (owner, local)
    if owner:
        assert where(full_name(owner, local)) == (owner, local)


@pytest.mark.parametrize(
    "name", ["", "Other Users", "Other Users/", "Other Users/ann", "Other Users/ann@example.org", "Other Users/x/INBOX",
             "Other Users/ann@example.org/a//b", "Other Users//INBOX"]
)  # fmt: skip
def test_nobodys(name: str) -> None:
    with pytest.raises(FolderNameError):
        where(name)


def test_parents() -> None:
    assert parents("a/b/c") == ["a", "a/b"]
    assert parents("a") == []
