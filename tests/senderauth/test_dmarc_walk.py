"""Does the walk up the tree find the records and the organisation of RFC 9989 §4.10?"""

from publicsuffixlist import PublicSuffixList

from pillarbox.senderauth.dmarc_walk import Walk, Walker, path
from senderauth.zone import Zone


def walk(domain: str, records: dict[str, str], *silent: str) -> Walk:
    zone = Zone.of({f"_dmarc.{name}": {"TXT": [text]} for name, text in records.items()})
    zone.silent.update(f"_dmarc.{name}" for name in silent)
    return zone.run(Walker(None).walk(domain))


def policy_at(found: Walk) -> str | None:
    return None if found.policy is None else found.policy.domain


def test_the_names_of_the_example() -> None:
    assert path("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
        "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
    ]  # fmt: skip
    assert path("a.b.c.d.e.f.example.com")[1] == "b.c.d.e.f.example.com"
    assert len(path("a.b.c.d.e.f.example.com")) == 8
    assert path("b.c.d.e.f.example.com")[1] == "c.d.e.f.example.com"
    assert path("com") == ["com"]


def test_examples_of_the_document() -> None:
    both = {"mail.example.com": "v=DMARC1;p=none", "example.com": "v=DMARC1;p=reject"}
    assert walk("a.mail.example.com", both).organisation == "example.com"
    cut = {"mail.example.com": "v=DMARC1;p=none;psd=n", "example.com": "v=DMARC1;p=reject"}
    assert walk("a.mail.example.com", cut).organisation == "mail.example.com"
    suffix = {"com": "v=DMARC1;p=none;psd=y"}
    assert walk("a.mail.example.com", suffix).organisation == "example.com"


def test_whose_policy_applies() -> None:
    records = {
        "x.example.com": "v=DMARC1;p=none", "mail.example.com": "v=DMARC1;p=none", "example.com": "v=DMARC1;p=reject"
    }  # fmt: skip
    assert policy_at(walk("x.example.com", records)) == "x.example.com"
    assert policy_at(walk("a.mail.example.com", records)) == "example.com"  # not of the one between
    assert policy_at(walk("example.com", records)) == "example.com"
    assert policy_at(walk("example.org", records)) is None
    assert policy_at(walk("a.example.bank", {"bank": "v=DMARC1;p=reject;psd=y"})) == "bank"
    own = {"bank": "v=DMARC1;p=reject;psd=y", "example.bank": "v=DMARC1;p=none"}
    assert policy_at(walk("a.example.bank", own)) == "example.bank"


def test_a_suffix_that_sends_mail_is_its_own_organisation() -> None:
    found = walk("gov.example", {"gov.example": "v=DMARC1;p=reject;psd=y", "example": "v=DMARC1;p=none"})
    assert (found.organisation, policy_at(found)) == ("gov.example", "gov.example")


def test_several_records_at_one_name_are_none() -> None:
    zone = Zone.of({
        "_dmarc.a.example": {"TXT": ["v=DMARC1;p=none", "v=DMARC1;p=reject"]},
        "_dmarc.example": {"TXT": ["v=DMARC1;p=reject", "verification=1"]},
    })  # fmt: skip
    assert policy_at(zone.run(Walker(None).walk("a.example"))) == "example"


def test_without_records_the_list_says_who_it_is() -> None:
    zone = Zone()
    assert zone.run(Walker(PublicSuffixList()).walk("a.b.example.co.uk")).organisation == "example.co.uk"
    assert zone.run(Walker(None).walk("a.b.example.co.uk")).organisation == "a.b.example.co.uk"
    assert zone.run(Walker(PublicSuffixList()).walk("co.uk")).organisation == "co.uk"


def test_silence_is_told_unless_the_walk_had_stopped_before() -> None:
    records = {"example.com": "v=DMARC1;p=reject"}
    assert "_dmarc.a.example.com" in (walk("a.example.com", records, "a.example.com").failed or "")
    assert walk("a.example.com", records).failed is None
    stop = {"example.com": "v=DMARC1;p=reject;psd=n"}
    assert walk("a.example.com", stop, "com").failed is None


def test_no_name_is_asked_for_twice_and_none_that_is_too_long() -> None:
    zone, walker = Zone(), Walker(None)
    zone.run(walker.walk("a.example.com"))
    zone.run(walker.walk("b.example.com"))
    assert [question.name for question in zone.asked] == [
        "_dmarc.a.example.com", "_dmarc.example.com", "_dmarc.com", "_dmarc.b.example.com"
    ]  # fmt: skip
    long = ".".join(["x" * 60] * 4)
    zone.run(walker.walk(f"{long}.example"))
    assert all(len(question.name) <= 253 for question in zone.asked)
