"""Is a check made again when, and only when, DNS or the sender could make it come out otherwise?"""

from ipaddress import ip_address

import pytest

from pillarbox.senderauth import dmarc, iprev, spf
from pillarbox.senderauth.asking import Check, Kind, Question
from pillarbox.senderauth.dkim_signature import DkimVerdict
from pillarbox.senderauth.dkim_verify import DkimResult
from pillarbox.senderauth.recall import Recall, RecallSettings
from pillarbox.senderauth.spf import Spf, SpfResult, SpfSettings
from senderauth.zone import Zone

US = ip_address("192.0.2.1")


class Checked:
    """A check that asks for two texts, one after the other, and counts how often it is made."""

    def __init__(self, settings: RecallSettings | None = None, *, keep: bool = True) -> None:
        self.made = 0
        self.recall: Recall[list[object]] = Recall(settings or RecallSettings(), lambda _: keep)

    def _make(self) -> Check[list[object]]:
        self.made += 1
        [first] = yield [Question(Kind.TXT, "a.test")]
        [second] = yield [Question(Kind.TXT, "b.test")]
        return [*first.records, *second.records]

    def run(self, zone: Zone, key: str = "") -> list[object]:
        return zone.run(self.recall.check(key, self._make))


def zone_of(a: str = "1", b: str = "2") -> Zone:
    return Zone.of({"a.test": {"TXT": [a]}, "b.test": {"TXT": [b]}})


def test_the_same_answers_are_thought_over_once() -> None:
    checked, zone = Checked(), zone_of()
    assert checked.run(zone) == checked.run(zone) == [b"1", b"2"]
    assert checked.made == 1


def test_every_question_is_asked_again_for_it_may_have_another_answer_now() -> None:
    checked, zone = Checked(), zone_of()
    for _ in range(3):
        checked.run(zone)
    assert [one.name for one in zone.asked] == ["a.test", "b.test"] * 3


@pytest.mark.parametrize("changed", [zone_of(a="3"), zone_of(b="3"), Zone()])
def test_another_answer_makes_it_anew(changed: Zone) -> None:
    checked = Checked()
    checked.run(zone_of())
    assert checked.run(changed) == Checked().run(changed)
    assert checked.made == 2
    checked.run(changed)
    assert checked.made == 2


def test_each_key_is_its_own() -> None:
    checked = Checked()
    checked.run(zone_of(), "one")
    checked.run(zone_of(), "two")
    assert checked.made == 2


@pytest.mark.parametrize(
    ("settings", "zone"),
    [(RecallSettings(octets=3), zone_of("12", "34")), (RecallSettings(records=1), zone_of())],
)
def test_long_answers_are_not_kept(settings: RecallSettings, zone: Zone) -> None:
    checked = Checked(settings)
    checked.run(zone)
    checked.run(zone)
    assert checked.made == 2


def test_what_is_not_to_be_kept_is_not() -> None:
    checked = Checked(keep=False)
    checked.run(zone_of())
    checked.run(zone_of())
    assert checked.made == 2


def test_the_oldest_goes_first() -> None:
    checked = Checked(RecallSettings(results=2))
    for key in ("one", "two", "three", "two", "three"):
        checked.run(zone_of(), key)
    assert checked.made == 3
    checked.run(zone_of(), "one")
    assert checked.made == 4


# --- what the checks of intake make of it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "personal"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", False),
        ("v=spf1 a:%{d} -all", False),
        ("v=spf1 exists:%{i}.%{h}.a.test -all", False),
        ("v=spf1 exists:%{l}.a.test -all", True),
        ("v=spf1 exists:%{S}.a.test -all", True),
        ("v=spf1 redirect=%{l}.a.test", True),
        ("v=spf1 ip4:192.0.2.1 exists:%{l}.a.test", False),  # never came so far
    ],
)
def test_spf_tells_whether_the_local_part_counts(record: str, personal: bool) -> None:
    zone = Zone.of({"a.test": {"TXT": [record]}})
    for sender in ("ann@a.test", "änn@a.test"):
        assert zone.run(spf.check_host(US, sender, "mx.a.test", SpfSettings())).personal is personal


@pytest.mark.parametrize(("text", "personal"), [("%{i} may not", False), ("%{l} may not", True), ("at %{t}", True)])
def test_spf_tells_whether_its_explanation_is_for_one_message(text: str, personal: bool) -> None:
    zone = Zone.of({"a.test": {"TXT": ["v=spf1 -all exp=e.a.test"]}, "e.a.test": {"TXT": [text]}})
    found = zone.run(spf.check_host(US, "ann@a.test", "mx.a.test", SpfSettings(), 7.0))
    assert found.explanation is not None
    assert found.personal is personal


def dkim(
    result: DkimVerdict = DkimVerdict.PASS, domain: str = "a.test", reason: str = "fits", mark: str = ""
) -> DkimResult:
    return DkimResult(result, domain, "s1", f"@{domain}", "rsa-sha256", reason, value=mark)


def allowed(result: SpfResult = SpfResult.PASS, domain: str = "a.test", mechanism: str = "") -> Spf:
    return Spf(result, "mailfrom", domain, mechanism, "")


def test_dmarc_looks_at_no_more_than_its_key_says() -> None:
    mine = dmarc.key(["a.test"], allowed(), [dkim(mark="x")])
    assert mine == dmarc.key(("a.test",), allowed(mechanism="mx"), (dkim(mark="y"),))
    for other in (
        dmarc.key(["b.test"], allowed(), [dkim()]),
        dmarc.key(["a.test"], None, [dkim()]),
        dmarc.key(["a.test"], allowed(SpfResult.FAIL), [dkim()]),
        dmarc.key(["a.test"], allowed(domain="b.test"), [dkim()]),
        dmarc.key(["a.test"], allowed(), []),
        dmarc.key(["a.test"], allowed(), [dkim(DkimVerdict.FAIL)]),
        dmarc.key(["a.test"], allowed(), [dkim(domain="b.test")]),
        dmarc.key(["a.test"], allowed(), [dkim(reason="it does not fit")]),
    ):
        assert other != mine


def test_iprev_follows_the_name_that_moved() -> None:
    recall: Recall[iprev.Iprev] = Recall(RecallSettings())
    results = []
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.9"):
        zone = Zone.of({US.reverse_pointer: {"PTR": ["mx.a.test"]}, "mx.a.test": {"A": [address]}})
        results.append(zone.run(recall.check(US, lambda: iprev.check(US))).result.value)
    assert results == ["pass", "pass", "fail"]
