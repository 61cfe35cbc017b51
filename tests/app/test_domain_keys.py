"""`pillarbox domain rotate`: new keys beside the old ones."""

import json
from pathlib import Path

from .conftest import Command


def test_new_keys_stand_beside_the_old_ones(command: Command, folder: Path) -> None:
    first = command("domain", "rotate", "example.test", "--data", str(folder), "--json")
    assert first.code == 0
    records = [json.loads(line) for line in first.out.splitlines()]
    assert [record["name"].partition("._domainkey.")[2] for record in records] == ["example.test"] * 2
    assert all(record["value"].startswith("v=DKIM1; k=") for record in records)
    text = command("domain", "rotate", "example.test", "--data", str(folder))
    assert " IN TXT " in text.out
    unknown = command("domain", "rotate", "example.org", "--data", str(folder))
    assert unknown.code != 0
    assert "not one of our domains" in unknown.err


def test_no_name_of_a_key_is_used_again(command: Command, folder: Path) -> None:
    """Somebody may have put the line of a key into DNS already that was replaced before it was seen there."""
    names: list[str] = []
    for _ in range(3):
        told = command("domain", "rotate", "example.test", "--data", str(folder), "--json")
        names += [json.loads(line)["name"] for line in told.out.splitlines()]
    assert len(set(names)) == 6
