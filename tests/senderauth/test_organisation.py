"""Does the suffix list know who registered a name, as the list's own test vectors want it?"""

import os
import re
from pathlib import Path

import pytest
from publicsuffixlist import PublicSuffixList

from pillarbox.senderauth.organisation import canonical, registered

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
CASE = re.compile(r"^checkPublicSuffix\((?:'([^']*)'|null), (?:'([^']*)'|null)\);", re.MULTILINE)


@pytest.fixture(scope="module")
def suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def test_vectors_of_the_list(suffixes: PublicSuffixList) -> None:
    file = SUITES / "psl" / "test_psl.txt"
    if not file.is_file():
        reason = f"the vectors are not in {SUITES} (PILLARBOX_SUITES says where they are)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    cases = CASE.findall(file.read_text("utf-8"))
    assert len(cases) > 70
    for domain, wanted in cases:
        assert registered(domain, suffixes) == (canonical(wanted) if wanted else None), domain


@pytest.mark.parametrize(
    ("domain", "wanted"),
    [("MAIL.Bücher.Example.", "mail.xn--bcher-kva.example"), ("a..b", None), ("", None), (".", None),
     ("x" * 64 + ".example", None), ("a." * 127 + "example", None), ("a b.example", None), ("a\r\nb.example", None),
     ("_x-1.example", "_x-1.example")],
)  # fmt: skip
def test_names_as_they_are_compared(domain: str, wanted: str | None) -> None:
    assert canonical(domain) == wanted
