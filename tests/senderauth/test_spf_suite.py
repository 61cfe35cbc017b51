"""Does SPF end as the test suite of RFC 7208 (openspf.org) wants it, in each of its scenarios?"""

import os
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from pillarbox.senderauth.spf import SpfSettings, check_host
from senderauth.zone import Zone

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
CASES = 203
Scenario: TypeAlias = dict[str, dict[str, dict[str, object]]]


def scenarios() -> list[Scenario]:
    """The documents of the suite; none where it is not there."""
    file = SUITES / "spf" / "rfc7208-tests.yml"
    if not file.is_file():
        return []
    return [each for each in yaml.safe_load_all(file.read_bytes()) if each]


def cases() -> Iterator[object]:
    """Each case with its scenario's zone."""
    for scenario in scenarios():
        zone = scenario["zonedata"]
        for name, case in scenario["tests"].items():
            yield pytest.param(zone, case, id=f"{scenario['description']}: {name}")


def zone_of(names: dict[str, list[object]]) -> Zone:
    """The zone of a scenario. Records of type SPF stand for TXT ones, unless there are such (or the word NONE)."""
    zone = Zone()
    for name, rows in names.items():
        kinds: dict[str, list[object]] = {}
        for row in rows:
            if row == "TIMEOUT":
                zone.silent.add(name.lower())
            else:
                assert isinstance(row, dict)
                for kind, value in row.items():
                    kinds.setdefault(kind, []).append(value)
        kinds.setdefault("TXT", kinds.get("SPF", []))
        kinds.pop("SPF", None)
        for kind, values in kinds.items():
            for value in values:
                if value != "NONE":
                    zone.add(name, kind, "".join(value) if kind == "TXT" and isinstance(value, list) else value)
    return zone


def test_the_suite_is_whole() -> None:
    found = sum(len(scenario["tests"]) for scenario in scenarios())
    if not found:
        reason = f"the SPF suite is not in {SUITES} (PILLARBOX_SUITES says where it is)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    assert found == CASES


@pytest.mark.parametrize(("names", "case"), list(cases()))
def test_suite(names: dict[str, list[object]], case: dict[str, object]) -> None:
    check = check_host(
        ip_address(str(case["host"])), str(case["mailfrom"] or ""), str(case["helo"]), SpfSettings(receiver="mx.test")
    )
    found = zone_of(names).run(check)
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert found.result.value in wanted, found
    if "explanation" in case:
        assert (found.explanation or "DEFAULT") == case["explanation"], found
