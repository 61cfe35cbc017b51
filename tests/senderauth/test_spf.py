"""Does a check of SPF end as RFC 7208 says, cost no more than it allows, and say in words what decided?"""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from pillarbox.senderauth.asking import Kind, Question
from pillarbox.senderauth.spf import Spf, SpfResult, SpfSettings, check_host
from senderauth.zone import Zone

SETTINGS = SpfSettings(receiver="mx.here.test")
US = "192.0.2.1"


def check(
    zone: Zone,
    ip: str = US,
    sender: str = "ann@a.test",
    helo: str = "mx.a.test",
    settings: SpfSettings = SETTINGS,
    now: float = 0.0,
) -> Spf:
    """The check, with ``zone`` for DNS."""
    return zone.run(check_host(ip_address(ip), sender, helo, settings, now))


def zone_of(**records: str) -> Zone:
    """A zone with SPF records: of a.test under the name ``a``, and so on."""
    return Zone.of({f"{name}.test": {"TXT": [f"v=spf1 {text}"]} for name, text in records.items()})


# --- what decided, in words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "result", "mechanism", "reason"),
    [
        ("ip4:192.0.2.0/24", "pass", "ip4:192.0.2.0/24", "lets 192.0.2.1 send: its SPF record says ip4:192.0.2.0/24"),
        ("-all", "fail", "-all", "does not let 192.0.2.1 send: its SPF record says -all"),
        ("~all", "softfail", "~all", "doubts that 192.0.2.1 may send: its SPF record says ~all"),
        ("?all", "neutral", "?all", "does not say whether 192.0.2.1 may send: its SPF record says ?all"),
        ("a", "neutral", "default", "does not say whether 192.0.2.1 may send: nothing in its SPF record matches"),
        (
            "include:b.test -all", "pass", "include:b.test",
            "lets 192.0.2.1 send: its SPF record says include:b.test, which says ip4:192.0.2.1",
        ),
        (
            "redirect=c.test", "fail", "-all",
            "does not let 192.0.2.1 send: its SPF record says redirect=c.test, which says -all",
        ),
        (
            "redirect=d.test", "neutral", "default",
            "does not say whether 192.0.2.1 may send: its SPF record says redirect=d.test, where nothing matches",
        ),
    ],
)  # fmt: skip
def test_it_says_what_decided(record: str, result: str, mechanism: str, reason: str) -> None:
    found = check(zone_of(a=record, b="ip4:192.0.2.1", c="-all", d="ip4:198.51.100.1"))
    assert (found.result.value, found.mechanism, found.reason) == (result, mechanism, f"a.test {reason}")
    assert (found.identity, found.domain, found.record) == ("mailfrom", "a.test", f"v=spf1 {record}")


@pytest.mark.parametrize(
    ("record", "result", "fault", "reason"),
    [
        (
            "a a:oops",
            "permerror",
            "a:oops",
            "cannot be used: “a:oops” is wrong: “oops” does not end like a domain name",
        ),
        ("include:none.test", "permerror", "include:none.test", "says include:none.test, and there is no SPF record"),
        (
            "redirect=none.test",
            "permerror",
            "redirect=none.test",
            "says redirect=none.test, and there is no SPF record",
        ),
    ],
)
def test_it_says_what_is_wrong(record: str, result: str, fault: str, reason: str) -> None:
    found = check(zone_of(a=record))
    assert (found.result.value, found.mechanism) == (result, fault)
    assert found.reason == f"the SPF record of a.test {reason}"


@pytest.mark.parametrize(
    ("term", "what"),
    [
        ("exists:dumb.test", "whether dumb.test exists"),
        ("a:dumb.test", "the addresses of dumb.test"),
        ("mx:dumb.test", "the mail exchangers of dumb.test"),
        ("include:dumb.test", "the SPF record of dumb.test"),
        ("redirect=dumb.test", "the SPF record of dumb.test"),
    ],
)
def test_nobody_can_say(term: str, what: str) -> None:
    zone = zone_of(a=term)
    zone.silent.add("dumb.test")
    found = check(zone)
    assert found.result is SpfResult.TEMPERROR
    assert found.reason == f"{what} could not be looked up: the name server keeps silent"


def test_what_it_says_is_not_long() -> None:
    zone = zone_of(a="moo" * 1000, b="ip4:192.0.2.0/24 x=" + "y" * 4000)
    found = check(zone)
    assert (found.result, found.mechanism) == (SpfResult.PERMERROR, "moo" * 33 + "m…")
    assert len(found.reason) < 250
    assert len(check(zone, sender="ann@b.test").record) == 1000


def test_the_path_leads_to_what_decided() -> None:
    zone = zone_of(a="redirect=b.test", b="?include:c.test -all", c="mx ip4:192.0.2.0/24")
    found = check(zone)
    assert found.path == ("redirect=b.test", "?include:c.test", "ip4:192.0.2.0/24")
    assert (found.result, found.mechanism) == (SpfResult.NEUTRAL, "?include:c.test")
    assert (found.lookups, found.voids, found.record) == (3, 1, "v=spf1 redirect=b.test")


def test_without_a_record() -> None:
    assert check(Zone()).reason == "there is no domain a.test"
    assert check(Zone.of({"a.test": {"A": [US]}})).reason == "a.test publishes no SPF record"
    zone = Zone()
    zone.silent.add("a.test")
    found = check(zone)
    assert found.result is SpfResult.TEMPERROR
    assert found.reason == "the SPF record of a.test could not be looked up: the name server keeps silent"


def test_two_records() -> None:
    zone = Zone.of({"a.test": {"TXT": ["v=spf1 +all", "v=spf1 -all", "something else"]}})
    assert check(zone).reason == "a.test publishes 2 SPF records, where only one may be"


# --- who is asked about ---------------------------------------------------------------------------------------------


def test_the_null_reverse_path_is_the_postmaster_of_helo() -> None:
    zone = Zone.of(
        {"mx.a.test": {"TXT": ["v=spf1 exists:%{s}.x.test"]}, "postmaster@mx.a.test.x.test": {"A": ["127.0.0.2"]}}
    )
    found = check(zone, sender="")
    assert (found.result, found.identity, found.domain) == (SpfResult.PASS, "helo", "mx.a.test")


@pytest.mark.parametrize(
    "domain", ["test", "[192.0.2.1]", "a..test", "x" * 64 + ".test", "", "ü" * 70 + ".test", "\udce9.test"]
)
def test_no_domain_to_ask(domain: str) -> None:
    zone = Zone()
    found = check(zone, sender=f"ann@{domain}")
    assert (found.result, zone.asked) == (SpfResult.NONE, [])
    assert "is no name that could have an SPF record" in found.reason


def test_helo_has_no_local_part() -> None:
    zone = zone_of(a="+all")
    assert check(zone, sender="", helo="x@a.test").result is SpfResult.NONE
    assert check(zone, sender='"x@y"@a.test').result is SpfResult.PASS


def test_an_ipv4_address_within_ipv6_is_an_ipv4_address() -> None:
    found = check(zone_of(a="ip6:::ffff:0:0/96 -ip4:192.0.2.1 exp=w.test"), ip="::ffff:192.0.2.1")
    assert found.result is SpfResult.FAIL
    assert "192.0.2.1 send" in found.reason


def test_the_domain_is_asked_as_a_labels() -> None:
    zone = Zone.of(
        {"xn--bcher-kva.test": {"TXT": ["v=spf1 exists:%{o}.x.test"]}, "xn--bcher-kva.test.x.test": {"A": [US]}}
    )
    found = check(zone, sender="ann@Bücher.test.")
    assert (found.result, found.domain) == (SpfResult.PASS, "xn--bcher-kva.test")


@pytest.mark.parametrize("macro", ["%{l}", "%{S}", "%{l1r-}"])
@pytest.mark.parametrize(
    "term", ["exists:{}.x.test", "-include:{}.x.test", "a:{}.x.test", "ptr:{}.test", "redirect={}.x.test"]
)
def test_a_local_part_beyond_ascii_matches_nothing(macro: str, term: str) -> None:
    zone = zone_of(a=term.format(macro))
    found = check(zone, sender="jörg@a.test")
    assert (found.result, found.mechanism, found.lookups) == (SpfResult.NEUTRAL, "default", 1)
    assert all(question.name.isascii() for question in zone.asked)


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "result"), [(10, SpfResult.PASS), (11, SpfResult.PERMERROR)])
def test_ten_terms_may_ask(count: int, result: SpfResult) -> None:
    zone = zone_of(a=" ".join(["a"] * count) + " ip4:192.0.2.1")
    zone.add("a.test", "A", "198.51.100.1")
    found = check(zone)
    assert (found.result, found.lookups) == (result, count)


def test_the_name_of_the_address_is_one_of_the_ten() -> None:
    zone = zone_of(a=" ".join(["exists:%{p}.x.test"] * 9) + " ip4:192.0.2.1")
    zone.add("unknown.x.test", "MX", (1, "a.test"))  # the name is there, and has no address
    found = check(zone, settings=replace(SETTINGS, voids=99))
    assert (found.result, found.lookups, found.voids) == (SpfResult.PASS, 10, 9)
    assert sum(question.kind is Kind.PTR for question in zone.asked) == 1


@pytest.mark.parametrize(("count", "result"), [(2, SpfResult.PASS), (3, SpfResult.PERMERROR)])
@pytest.mark.parametrize("term", ["a:gone.test", "mx:gone.test", "mx:hosts.test", "exists:gone.test", "ptr"])
def test_two_terms_may_ask_in_vain(count: int, result: SpfResult, term: str) -> None:
    zone = zone_of(a=" ".join([term] * count) + " ip4:192.0.2.1")
    for number in range(5):
        zone.add("hosts.test", "MX", (number, f"gone{number}.test"))
    found = check(zone)
    assert (found.result, found.voids) == (result, count)


def test_ten_exchangers_are_asked_for_at_once_and_no_more() -> None:
    zone = zone_of(a="mx -all")
    for number in range(10):
        zone.add("a.test", "MX", (number, f"mx{number}.test"))
    zone.add("mx9.test", "A", US)
    assert check(zone).result is SpfResult.PASS
    assert zone.rounds == [1, 1, 10]
    zone.add("a.test", "MX", (11, "mx10.test"))
    assert check(zone).reason == "a.test has 11 mail exchangers, and SPF allows 10"


def test_an_exchanger_that_matches_is_enough() -> None:
    zone = zone_of(a="mx -all")
    zone.add("a.test", "MX", (1, "dumb.test"))
    zone.silent.add("dumb.test")
    assert check(zone).result is SpfResult.TEMPERROR
    zone.add("a.test", "MX", (2, "mx.a.test"))
    zone.add("mx.a.test", "A", US)
    assert check(zone).result is SpfResult.PASS


@pytest.mark.parametrize("record", ["include:a.test", "redirect=a.test", "include:%{d}", "redirect=%{o}"])
def test_a_loop_ends(record: str) -> None:
    zone = zone_of(a=record)
    assert check(zone).result is SpfResult.PERMERROR
    assert len(zone.asked) == 11


def test_only_names_that_lead_back_count() -> None:
    zone = zone_of(a="ptr -all")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "evil-a.test")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "dumb.a.test")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "mx.a.test")
    zone.add("evil-a.test", "A", US)
    zone.silent.add("dumb.a.test")
    assert check(zone).result is SpfResult.FAIL
    zone.add("mx.a.test", "A", US)
    assert check(zone).result is SpfResult.PASS


# --- explanations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("No.", "No."),
        ("%{c} (%{r}, %{t}) is not %{h}: %{L}", "192.0.2.1 (mx.here.test, 1400000000) is not mx.a.test: a%26b"),
        ("%{p} %{d}", "unknown a.test"),
        ("bad %{x}", None),
        ("a\r\nb", None),
        ("\xe9", None),
        ("x" * 401, None),
        ("%{s}" * 2000, None),
        ("x" * 20_000, None),
        ("", None),
    ],
)
def test_explanations(text: str, explanation: str | None) -> None:
    zone = zone_of(a="-all exp=why.test")
    zone.add("why.test", "TXT", text)
    found = check(zone, sender="a&b@a.test", now=1400000000.5)
    assert (found.result, found.explanation or None, found.lookups) == (SpfResult.FAIL, explanation, 0)


def test_a_stranger_cannot_speak_through_the_local_part() -> None:
    zone = zone_of(a="-all exp=why.test")
    zone.add("why.test", "TXT", "%{l} is not known")
    assert check(zone, sender='"a\r\n250 ok"@a.test').explanation is None
    assert check(zone, sender="jörg@a.test").explanation is None


def test_macros_speak_of_the_record_in_which_they_stand() -> None:
    zone = zone_of(
        a="exists:%{d}.x.test include:b.test", b="-exists:%{o}.y.test redirect=c.test", c="exists:%{d}.x.test"
    )
    zone.add("c.test.x.test", "A", US)
    assert check(zone).path == ("include:b.test", "redirect=c.test", "exists:%{d}.x.test")
    zone = zone_of(a="redirect=b.test", b="-all exp=%{d}.why.test")
    zone.add("b.test.why.test", "TXT", "not from %{d}, %{o}")
    assert check(zone).explanation == "not from b.test, a.test"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["b.test", "x.a.test", "a.test"], "a.test"),
        (["b.test", "x.a.test", "xa.test"], "x.a.test"),
        (["c.test", "b.test"], "b.test"),
        (["gone.test"], "unknown"),
        ([], "unknown"),
    ],
)
def test_which_name_of_the_address_is_shown(names: list[str], shown: str) -> None:
    zone = zone_of(a="-all exp=why.test")
    zone.add("why.test", "TXT", "%{p}")
    for name in names:
        zone.add("1.2.0.192.in-addr.arpa", "PTR", name)
        if name != "gone.test":
            zone.add(name, "A", US)
    assert check(zone).explanation == shown


def test_only_a_fail_is_explained_and_by_the_record_that_decided() -> None:
    zone = zone_of(a="redirect=b.test exp=one.test", b="include:c.test -all exp=two.test", c="-all exp=one.test")
    zone.add("one.test", "TXT", "one")
    zone.add("two.test", "TXT", "two of %{d}")
    assert check(zone).explanation == "two of b.test"
    zone = zone_of(a="~all exp=one.test")
    assert check(zone).explanation is None
    assert Question(Kind.TXT, "one.test") not in zone.asked
