"""Does a chain end as the ARC test suite (ValiMail's, 171 cases) wants it?"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from senderauth.letters import chained
from senderauth.zone import Zone

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
FILE = SUITES / "arc" / "arc-draft-validation-tests.yml"
CASES = 171


def cases() -> Iterator[object]:
    """Each message with its zone and the state of its chain; none where the suite is not there."""
    for scenario in yaml.safe_load_all(FILE.read_bytes()) if FILE.is_file() else ():
        for name, case in scenario["tests"].items():
            # Where the newest seal says cv=fail the suite leaves the answer open; RFC 8617 §5.2 step 2 says "fail".
            state = (case["cv"] or "").strip().lower() or "fail"
            yield pytest.param(scenario["txt-records"], case["message"], state, id=name)


def test_the_suite_is_whole() -> None:
    found = len(list(cases()))
    if not found:
        reason = f"the ARC suite is not at {FILE} (PILLARBOX_SUITES says where it is)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    assert found == CASES


@pytest.mark.parametrize(("records", "message", "state"), list(cases()))
def test_suite(records: dict[str, str], message: str, state: str) -> None:
    zone = Zone()
    for name, text in records.items():
        zone.add(name, "TXT", text)
    found = chained(message.replace("\n", "\r\n").encode(), zone)
    assert found.result.value == state, found.reason
