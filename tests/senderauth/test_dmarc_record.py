"""Is a DMARC record read as RFC 9989 §4.7 and §4.8 want it, however it is written?"""

import pytest

from pillarbox.senderauth.dmarc_record import DESTINATIONS_MAX, RECORD_MAX, Policy, Psd, Record, choose, parse


def read(text: str) -> Record:
    record = parse(text.encode())
    assert record is not None
    return record


def test_everything_that_a_record_can_say() -> None:
    record = read(
        "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; psd=n; t=y; fo=1:d:s;"
        "rua=mailto:agg@example.org!10m, https://reports.example.org/x; ruf=mailto:forensic@example.org"
    )
    assert (record.p, record.sp, record.np) == (Policy.REJECT, Policy.QUARANTINE, Policy.NONE)
    assert (record.strict_dkim, record.strict_spf, record.psd, record.testing) == (True, True, Psd.NO, True)
    assert [(str(one.address), one.most) for one in record.rua] == [("agg@example.org", 10 << 20)]
    assert [str(one.address) for one in record.ruf] == ["forensic@example.org"]
    assert (record.failure_options, record.applies, record.faults) == ("1:d:s", True, ())


def test_what_is_not_said_has_its_default() -> None:
    record = read("v=DMARC1;p=none")
    assert record == Record("v=DMARC1;p=none")
    assert (record.strict_dkim, record.psd, record.failure_options) == (False, Psd.UNKNOWN, "0")


@pytest.mark.parametrize(
    "text", ["V = DMARC1 ; P = Reject ;", "v=DMARC1;p=REJECT;;", "v=DMARC1;\tp=reject\t;unknown=1;x y=2"]
)
def test_spellings(text: str) -> None:
    assert read(text).p is Policy.REJECT


@pytest.mark.parametrize(
    "text",
    ["", "v=DMARC1x; p=reject", "v=dmarc1; p=reject", " v=DMARC1; p=reject", "p=reject; v=DMARC1", "v=spf1 -all",
     "v=DMARC1 p=reject", "v=DMARC1; p=reject;" + " " * RECORD_MAX],
)  # fmt: skip
def test_what_is_no_record(text: str) -> None:
    assert parse(text.encode()) is None


def test_of_several_records_none_counts() -> None:
    assert choose((b"v=DMARC1;p=none", b"v=DMARC1;p=reject")) is None
    assert choose((b"v=DMARC1;p=none", b"other", b"v=DMARC2;p=none")) is not None
    assert choose(()) is None


@pytest.mark.parametrize("wrong", ["p=monitor", "", "p=reject; sp=all", "p=reject; np=", "p=none; p=reject"])
def test_a_policy_that_cannot_be_read_is_none_at_all(wrong: str) -> None:
    silent = read(f"v=DMARC1; {wrong}")
    assert not silent.applies
    heard = read(f"v=DMARC1; {wrong}; rua=mailto:a@example.org")
    assert heard.applies
    assert (heard.p, heard.sp, heard.np) == (Policy.NONE, None, None)


def test_the_same_tag_twice_with_one_meaning_is_harmless() -> None:
    record = read("v=DMARC1; p=reject; p=reject")
    assert (record.p, record.faults) == (Policy.REJECT, ())
    assert read("v=DMARC1; p=reject; adkim=s; adkim=r").strict_dkim is False
    assert "adkim" in read("v=DMARC1; p=reject; adkim=s; adkim=r").faults[0]


def test_other_faults_leave_the_default_and_are_told() -> None:
    record = read("v=DMARC1; p=reject; adkim=strict; t=maybe; fo=x; psd=?; just text; rua=nonsense,mailto:@")
    assert (record.p, record.strict_dkim, record.testing, record.failure_options) == (Policy.REJECT, False, False, "0")
    assert len(record.faults) == 7
    assert record.rua == ()


@pytest.mark.parametrize(
    ("tags", "testing", "percent"),
    [("pct=0", True, 0), ("pct=100", False, 100), ("pct=20", False, 20), ("pct=0; t=n", False, 0),
     ("pct=101", False, None), ("pct=٣", False, None)],
)  # fmt: skip
def test_percent_of_old_records(tags: str, testing: bool, percent: int | None) -> None:
    record = read(f"v=DMARC1; p=reject; {tags}")
    assert (record.testing, record.percent) == (testing, percent)


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [("mailto:a@b.example!50k", ("a@b.example", 50 << 10)), ("MAILTO:a@B.Example!7", ("a@b.example", 7)),
     ("mailto:%22a%2Cb%22@b.example", ("a,b@b.example", None)), ("mailto:a@b.example?subject=x", ("a@b.example", None)),
     ("mailto:a@b.example!x", None), ("mailto:a@[192.0.2.1]", None), ("mailto:a%0D%0A@b.example", None),
     ("mailto:postmaster", None), ("https://b.example/", None)],
)  # fmt: skip
def test_where_reports_go(uri: str, wanted: tuple[str, int | None] | None) -> None:
    found = read(f"v=DMARC1; p=none; rua={uri}").rua
    assert [(one.address.local + "@" + one.address.domain, one.most) for one in found] == ([wanted] if wanted else [])


def test_destinations_are_bounded() -> None:
    many = ",".join(f"mailto:a{number}@b.example" for number in range(50))
    assert len(read(f"v=DMARC1; p=none; rua={many}").rua) == DESTINATIONS_MAX


def test_which_tag_decides() -> None:
    record = read("v=DMARC1; p=none; sp=quarantine; np=reject")
    assert record.policy_for(subdomain=False, exists=True) == ("p", Policy.NONE)
    assert record.policy_for(subdomain=True, exists=True) == ("sp", Policy.QUARANTINE)
    assert record.policy_for(subdomain=True, exists=False) == ("np", Policy.REJECT)
    only = read("v=DMARC1; p=reject")
    assert only.policy_for(subdomain=True, exists=False) == ("p", Policy.REJECT)
