"""Does DMARC pass, fail or hold its tongue as RFC 9989 §5.3 wants it, and does it say why?"""

import pytest
from publicsuffixlist import PublicSuffixList

from pillarbox.senderauth.dkim_signature import DkimVerdict
from pillarbox.senderauth.dkim_verify import DkimResult
from pillarbox.senderauth.dmarc import Dmarc, DmarcResult, DmarcSettings, evaluate
from pillarbox.senderauth.dmarc_record import Policy
from pillarbox.senderauth.spf import Spf
from pillarbox.senderauth.spf_record import SpfResult
from senderauth.zone import Zone

PASS, FAIL, NONE = DmarcResult.PASS, DmarcResult.FAIL, DmarcResult.NONE
TEMPERROR, PERMERROR = DmarcResult.TEMPERROR, DmarcResult.PERMERROR
BANK = {"bank.example": "v=DMARC1; p=reject; sp=quarantine"}


def spf(domain: str, result: SpfResult = SpfResult.PASS) -> Spf:
    return Spf(result, "mailfrom", domain, "all", "so it is")


def dkim(domain: str, result: DkimVerdict = DkimVerdict.PASS, reason: str = "it fits") -> DkimResult:
    return DkimResult(result, domain, "s1", f"@{domain}", "rsa-sha256", reason)


def zone(records: dict[str, str], *silent: str) -> Zone:
    found = Zone.of({f"_dmarc.{name}": {"TXT": [text]} for name, text in records.items()})
    found.silent.update(f"_dmarc.{name}" for name in silent)
    return found


def judge(names: Zone, author: str, by_spf: Spf | None = None, *signatures: DkimResult) -> Dmarc:
    return names.run(evaluate([author], by_spf, signatures, DmarcSettings()))


def test_the_domain_itself_vouches_and_one_question_is_enough() -> None:
    names = zone(BANK)
    found = judge(names, "Bank.Example", spf("mailer.example"), dkim("bank.example"))
    assert (found.result, found.aligned_spf, found.aligned_dkim) == (PASS, False, True)
    assert (found.policy, found.disposition, found.policy_found_at) == (Policy.REJECT, Policy.NONE, "bank.example")
    assert found.reason == "the From says bank.example, and the signature is by bank.example"
    assert [question.name for question in names.asked] == ["_dmarc.bank.example"]


@pytest.mark.parametrize(
    ("author", "by_spf", "by_dkim", "record", "wanted"),
    [
        ("bank.example", "mail.bank.example", None, "p=reject", PASS),
        ("bank.example", None, "mail.bank.example", "p=reject", PASS),
        ("www.bank.example", "mail.bank.example", None, "p=reject", PASS),
        ("bank.example", "mail.bank.example", "mail.bank.example", "p=reject; aspf=s; adkim=s", FAIL),
        ("bank.example", "mail.bank.example", None, "p=reject; aspf=s", FAIL),
        ("bank.example", "mail.bank.example", None, "p=reject; adkim=s", PASS),
        ("bank.example", None, "mail.bank.example", "p=reject; adkim=s", FAIL),
        ("bank.example", "notbank.example", "example", "p=reject", FAIL),
        ("bank.example", None, None, "p=reject", FAIL),
        ("bücher.bank.example", None, "xn--bcher-kva.bank.example", "p=reject; adkim=s", PASS),
    ],
)
def test_alignment(author: str, by_spf: str | None, by_dkim: str | None, record: str, wanted: DmarcResult) -> None:
    names = zone({"bank.example": f"v=DMARC1; {record}"})
    signatures = [dkim(by_dkim)] if by_dkim else []
    assert judge(names, author, spf(by_spf) if by_spf else None, *signatures).result is wanted


def test_what_is_cut_off_by_psd_is_another_organisation() -> None:
    cut = {**BANK, "branch.bank.example": "v=DMARC1; p=none; psd=n"}
    assert judge(zone(cut), "bank.example", None, dkim("branch.bank.example")).result is FAIL
    assert judge(zone(cut), "branch.bank.example", None, dkim("bank.example")).result is FAIL
    assert judge(zone(cut), "branch.bank.example", None, dkim("a.branch.bank.example")).result is PASS
    suffix = {"example": "v=DMARC1; p=reject; psd=y"}
    assert judge(zone(suffix), "one.example", None, dkim("two.example")).result is FAIL
    assert judge(zone(suffix), "a.one.example", None, dkim("b.one.example")).result is PASS


def test_strangers_signatures_ask_no_dns() -> None:
    names = zone(BANK)
    judge(names, "bank.example", spf("bounce.mailer.example"), dkim("mailer.example"), dkim("notbank.example"))
    assert {question.name for question in names.asked} == {"_dmarc.bank.example", "_dmarc.example"}


def test_why_it_fails() -> None:
    one = judge(zone(BANK), "bank.example", spf("bounce.mailer.example"), dkim("mailer.example"))
    assert one.reason == (
        "the From says bank.example, the signature is by mailer.example, "
        "and the server may send for bounce.mailer.example only"
    )
    broken = dkim("bank.example", DkimVerdict.FAIL, "the body was changed on the way")
    two = judge(zone(BANK), "bank.example", spf("bank.example", SpfResult.FAIL), broken, dkim("list.example"))
    assert two.reason == (
        "the From says bank.example, its signature does not count (the body was changed on the way), "
        "and SPF says fail for bank.example"
    )
    assert (two.result, two.disposition) == (FAIL, Policy.REJECT)


@pytest.mark.parametrize(
    ("author", "tag", "policy"),
    [("bank.example", "p", Policy.NONE), ("www.bank.example", "sp", Policy.QUARANTINE),
     ("nowhere.bank.example", "np", Policy.REJECT), ("silent.bank.example", "sp", Policy.QUARANTINE)],
)  # fmt: skip
def test_policies_of_subdomains(author: str, tag: str, policy: Policy) -> None:
    names = zone({"bank.example": "v=DMARC1; p=none; sp=quarantine; np=reject"})
    names.add("www.bank.example", "AAAA", "2001:db8::1")
    names.silent.add("silent.bank.example")
    found = judge(names, author)
    assert (found.result, found.policy_tag, found.policy, found.disposition) == (FAIL, tag, policy, policy)


@pytest.mark.parametrize(
    ("policy", "advice"),
    [("reject", Policy.QUARANTINE), ("quarantine", Policy.NONE), ("none", Policy.NONE)],
)
def test_testing_asks_for_one_level_less(policy: str, advice: Policy) -> None:
    found = judge(zone({"bank.example": f"v=DMARC1; p={policy}; t=y"}), "bank.example")
    assert (found.testing, found.policy, found.disposition) == (True, Policy(policy), advice)


def test_without_a_record_it_says_nothing() -> None:
    found = Zone().run(
        evaluate(["news.shop.co.uk"], spf("shop.co.uk"), [], DmarcSettings(suffixes=PublicSuffixList()))
    )
    assert (found.result, found.org_domain, found.policy_found_at) == (NONE, "shop.co.uk", "")
    unread = judge(zone({"bank.example": "v=DMARC1; p=rejekt"}), "bank.example", None)
    assert (unread.result, unread.policy) == (NONE, Policy.NONE)


def test_silence_of_dns_is_neither_pass_nor_fail() -> None:
    assert judge(zone(BANK, "www.bank.example"), "www.bank.example").result is TEMPERROR
    assert judge(zone({}, "bank.example"), "bank.example", None, dkim("bank.example")).result is TEMPERROR
    assert judge(zone(BANK, "example"), "bank.example").result is TEMPERROR
    assert judge(zone(BANK, "mail.bank.example"), "bank.example", None, dkim("mail.bank.example")).result is TEMPERROR
    # Where the domain itself vouches, no missing answer can change that.
    assert judge(zone(BANK, "example"), "bank.example", None, dkim("bank.example")).result is PASS


def test_a_check_that_could_not_be_made_may_have_passed() -> None:
    waiting = spf("bank.example", SpfResult.TEMPERROR)
    found = judge(zone(BANK), "bank.example", waiting)
    assert (found.result, found.disposition) == (TEMPERROR, Policy.NONE)
    assert "SPF of bank.example" in found.reason
    assert judge(zone(BANK), "bank.example", waiting, dkim("bank.example")).result is PASS
    assert judge(zone(BANK), "bank.example", spf("other.example", SpfResult.TEMPERROR)).result is FAIL
    assert judge(zone(BANK), "bank.example", None, dkim("bank.example", DkimVerdict.TEMPERROR)).result is TEMPERROR


@pytest.mark.parametrize(
    ("domains", "result"),
    [([], PERMERROR), ([""], PERMERROR), (["a..b"], PERMERROR), (["a.example", "b.example", "c.example", "d.example"],
     PERMERROR), (["bank.example", "BANK.example."], PASS), (["bank.example", "evil.example"], NONE),
     (["evil.example", "second.example"], FAIL), (["second.example", "bank.example"], FAIL)],
)  # fmt: skip
def test_from_fields_with_no_or_several_domains(domains: list[str], result: DmarcResult) -> None:
    names = zone({**BANK, "second.example": "v=DMARC1; p=quarantine"})
    found = names.run(evaluate(domains, None, [dkim("bank.example")], DmarcSettings()))
    assert found.result is result
    if result is FAIL:
        assert (found.domain, found.disposition) == ("second.example", Policy.QUARANTINE)


def test_a_signature_never_hides_behind_many_others() -> None:
    many = [dkim(f"x{number}.example", DkimVerdict.TEMPERROR) for number in range(50)]
    assert judge(zone(BANK), "bank.example", None, *many, dkim("bank.example")).result is PASS
