"""Do we and pyspf say the same of thousands of records? Where not, RFC 7208 is on our side (``spf_peer`` says why)."""

from collections import Counter

import pytest

from pillarbox.senderauth.spf import Spf, SpfResult, SpfSettings, check_host
from senderauth import spf_cases, spf_peer

SETTINGS = SpfSettings(receiver="mx.test")
NO_EXPLANATION = "SPF fail - not authorized"
# How many of a hundred cases may be told apart by a fault of pyspf.
DEFENDED_MAX = 4


def complaint(seed: int, seen: Counter[str]) -> str:
    """ "" when both say the same of the case ``seed``, or may differ."""
    case = spf_cases.make(seed)
    ours: Spf = case.zone.run(check_host(case.ip, case.sender, case.helo, SETTINGS))
    theirs = spf_peer.ask(case)
    seen[ours.result.value] += 1
    if ours.result.value != theirs.result:
        reason = spf_peer.defended(case, ours, theirs)
        seen["defended"] += reason is not None
        return "" if reason else f"{seed}: {case}\n  we: {ours}\n  pyspf: {theirs}"
    # §4.3: without a local part the sender, too, is postmaster's; pyspf writes %{s} without it.
    is_fail = ours.result is SpfResult.FAIL and not case.sender.startswith("@")
    if is_fail and (ours.explanation or NO_EXPLANATION) != theirs.text:
        return f"{seed}: {case}\n  we explain: {ours.explanation}\n  pyspf explains: {theirs.text}"
    return ""


@pytest.mark.parametrize("count", [1_000, pytest.param(50_000, marks=pytest.mark.soak)])
def test_pyspf_agrees(count: int) -> None:
    seen: Counter[str] = Counter()
    wrong = [found for seed in range(count) if (found := complaint(seed, seen))]
    assert wrong == [], "\n".join(wrong[:5])
    assert seen["defended"] <= count * DEFENDED_MAX / 100
    # The dice reach every result, and not only the easy ones.
    assert all(seen[result.value] >= count / 200 for result in SpfResult), seen
