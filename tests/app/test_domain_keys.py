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
