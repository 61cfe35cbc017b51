"""Does denial prove what is true, and nothing else? Every small zone against an oracle; the zone of RFC 5155."""

import base64
import random
from collections.abc import Callable, Iterable
from typing import TypeVar, cast

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

from pillarbox.net.dns import DnsBogus, Kind
from pillarbox.net.dnssec_denial import Evidence, Neighbours, Verdict, lacks
from pillarbox.net.dnssec_nsec3 import HashedNeighbours
from pillarbox.net.dnssec_signatures import Bounds, Effort

IN = dns.rdataclass.IN
NSEC_TYPE, NSEC3_TYPE, RRSIG = dns.rdatatype.NSEC, dns.rdatatype.NSEC3, dns.rdatatype.RRSIG
APEX = dns.name.from_text("z.")

T = TypeVar("T")
Types = dict[dns.name.Name, set[int]]


def n(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def plain(zone: Types, keep: Iterable[int] | None = None) -> Neighbours:
    names = sorted(zone)
    records = []
    for at, name in enumerate(names):
        types = [dns.rdatatype.RdataType(kind) for kind in {*zone[name], NSEC_TYPE, RRSIG}]
        text = f"{names[(at + 1) % len(names)]} {' '.join(kind.name for kind in types)}"
        records.append((name, cast(NSEC, dns.rdata.from_text(IN, NSEC_TYPE, text))))
    return Neighbours(APEX, _kept(records, keep))


def hashed(
    zone: Types, keep: Iterable[int] | None = None, opt_out: bool = False, iterations: int = 1
) -> HashedNeighbours:
    names = {ancestor for name in zone for ancestor in _upwards(name)}
    digests = sorted((_hash(name, b"\xaa", iterations), name) for name in names)
    records = []
    for at, (digest, name) in enumerate(digests):
        types = " ".join(dns.rdatatype.RdataType(kind).name for kind in zone.get(name, set()))
        following = base64.b32hexencode(digests[(at + 1) % len(digests)][0]).decode()
        text = f"1 {int(opt_out)} {iterations} aa {following} {types}"
        owner = dns.name.from_text(base64.b32hexencode(digest).decode(), APEX)
        records.append((owner, cast(NSEC3, dns.rdata.from_text(IN, NSEC3_TYPE, text))))
    return HashedNeighbours(APEX, _kept(records, keep), Effort(Bounds(hashes=1_000)))


def _kept(records: list[T], keep: Iterable[int] | None) -> list[T]:
    return records if keep is None else [records[at % len(records)] for at in keep]


def _upwards(name: dns.name.Name) -> list[dns.name.Name]:
    return [name] if name == APEX else [name, *_upwards(name.parent())]


def _hash(name: dns.name.Name, salt: bytes, iterations: int) -> bytes:
    from dns.dnssec import nsec3_hash

    return base64.b32hexdecode(nsec3_hash(name, salt, iterations, 1))


def truth(zone: Types, name: dns.name.Name, kind: Kind) -> str:
    """RFC 4592: "record", "no record", "no name", or "elsewhere" below a zone cut or DNAME."""
    if any(ancestor != name and ancestor in zone and _leads_away(zone[ancestor]) for ancestor in _upwards(name)):
        return "elsewhere"
    existing = {ancestor for known in zone for ancestor in _upwards(known)}
    if name in existing:
        types = zone.get(name, set())
    else:
        closest = next(ancestor for ancestor in _upwards(name) if ancestor in existing)
        wild = dns.name.from_text("*", closest)
        if wild not in existing:
            return "no name"
        types = zone.get(wild, set())
    if 2 in types and 6 not in types and kind is not Kind.DS:
        return "elsewhere"
    return "record" if kind in types or 5 in types else "no record"


def _leads_away(types: set[int]) -> bool:
    return (2 in types and 6 not in types) or 39 in types


def a_zone(dice: random.Random) -> Types:
    zone: Types = {APEX: {2, 6, Kind.MX}}
    for _ in range(dice.randint(0, 7)):
        name = dns.name.from_text(".".join(dice.choice("abc*") for _ in range(dice.randint(1, 3))), APEX)
        if any(ancestor in zone and _leads_away(zone[ancestor]) for ancestor in _upwards(name)[1:]):
            continue
        if not any(known != name and known.is_subdomain(name) for known in zone):
            zone[name] = dice.choice(({1}, {1, 16}, {5}, {2}, {2, 43}, {39}, {15}))
        else:
            zone[name] = dice.choice(({1}, {15}, {5}))
    # A wildcard delegation or DNAME is nothing that servers agree upon (RFC 4592 §4.2, §4.4).
    return {name: types for name, types in zone.items() if name.labels[0] != b"*" or not _leads_away(types)}


def _says(evidence: Evidence, name: dns.name.Name, kind: Kind) -> set[str]:
    said = set()
    if evidence.no_record(name, kind).verdict is Verdict.PROVEN:
        said.add("no record")
    if evidence.no_name(name).verdict is Verdict.PROVEN:
        said.add("no name")
    return said


@pytest.mark.parametrize("make", [plain, hashed])
def test_all_records_prove_what_is_true(make: Callable[..., Evidence]) -> None:
    dice = random.Random(3)
    for _ in range(200):
        zone = a_zone(dice)
        evidence = make(zone)
        for _ in range(8):
            name = dns.name.from_text(".".join(dice.choice("abcd*") for _ in range(dice.randint(1, 4))), APEX)
            kind = dice.choice([Kind.A, Kind.MX, Kind.DS, Kind.TXT])
            true = truth(zone, name, kind)
            if true in {"no record", "no name"}:
                assert _says(evidence, name, kind) == {true}, (zone, name, kind)
            elif true == "record":
                assert not _says(evidence, name, kind), (zone, name, kind)


@pytest.mark.parametrize("make", [plain, hashed])
def test_some_records_never_prove_what_is_not_true(make: Callable[..., Evidence]) -> None:
    dice = random.Random(4)
    for _ in range(700):
        zone = a_zone(dice)
        evidence = make(zone, [dice.randrange(99) for _ in range(dice.randint(0, 3))])
        name = dns.name.from_text(".".join(dice.choice("abcd*") for _ in range(dice.randint(1, 4))), APEX)
        kind = dice.choice([Kind.A, Kind.MX, Kind.DS, Kind.TXT])
        true = truth(zone, name, kind)
        assert _says(evidence, name, kind) <= {true}, (zone, name, kind, true)


def test_nothing_proves_nothing() -> None:
    for evidence in (Neighbours(APEX, []), HashedNeighbours(APEX, [], Effort(Bounds()))):
        assert not _says(evidence, n("a.z."), Kind.A)
        assert evidence.no_closer(n("a.z."), APEX).verdict is Verdict.UNPROVEN


def test_where_unsigned_delegations_are_skipped_nothing_is_proven() -> None:
    zone: Types = {APEX: {2, 6}, n("a.z."): {1}, n("*.w.z."): {1}}
    evidence = hashed(zone, opt_out=True)
    assert evidence.no_record(n("b.z."), Kind.DS).verdict is Verdict.INSECURE
    assert evidence.no_name(n("b.z.")).verdict is Verdict.INSECURE
    assert evidence.no_closer(n("x.w.z."), n("w.z.")).verdict is Verdict.INSECURE
    assert evidence.no_record(n("a.z."), Kind.DS).verdict is Verdict.PROVEN


def test_a_wildcard_speaks_only_where_there_is_no_name() -> None:
    zone: Types = {APEX: {2, 6}, n("*.w.z."): {1}, n("there.w.z."): {16}}
    for evidence in (plain(zone), hashed(zone)):
        assert evidence.no_closer(n("x.w.z."), n("w.z.")).verdict is Verdict.PROVEN
        assert evidence.no_closer(n("x.y.w.z."), n("w.z.")).verdict is Verdict.PROVEN
        assert evidence.no_closer(n("there.w.z."), n("w.z.")).verdict is Verdict.UNPROVEN
        assert evidence.no_closer(n("x.there.w.z."), n("w.z.")).verdict is Verdict.UNPROVEN


def test_too_many_rounds_of_hashing_are_not_computed() -> None:
    evidence = hashed({APEX: {2, 6}}, iterations=51)
    assert evidence.no_name(n("a.z.")).verdict is Verdict.INSECURE
    assert hashed({APEX: {2, 6}}, iterations=50).no_name(n("a.z.")).verdict is Verdict.PROVEN


def test_a_name_of_many_labels_cannot_make_us_hash_for_long() -> None:
    deep = dns.name.from_text(".".join("x" * 100), APEX)
    record = cast(NSEC3, dns.rdata.from_text(IN, NSEC3_TYPE, f"1 0 50 - {'0' * 32}"))
    owner = dns.name.from_text("0" * 32, APEX)
    with pytest.raises(DnsBogus, match="names would have to be hashed"):
        HashedNeighbours(APEX, [(owner, record)], Effort(Bounds())).no_name(deep)


def test_records_that_do_not_belong_together_are_left_out() -> None:
    other = dns.name.from_text("0" * 32, n("sub.z."))
    here = dns.name.from_text("0" * 32, APEX)
    for owner, text in ((other, "1 0 1 aa {}"), (here, "2 0 1 aa {}"), (here, "1 2 1 aa {}")):
        record = cast(NSEC3, dns.rdata.from_text(IN, NSEC3_TYPE, text.format("0" * 32)))
        evidence = HashedNeighbours(APEX, [(owner, record)], Effort(Bounds()))
        assert evidence.no_closer(n("a.z."), APEX).verdict is Verdict.UNPROVEN


def test_at_a_zone_cut_the_parent_speaks_of_ds_alone() -> None:
    child, parent = frozenset({2, 6, 15}), frozenset({2})
    assert lacks(parent, Kind.DS, n("a.z."))
    assert not lacks(parent, Kind.TLSA, n("a.z."))
    assert not lacks(child, Kind.DS, n("a.z."))
    assert lacks(child, Kind.TLSA, n("a.z."))
    assert not lacks(frozenset({5}), Kind.TLSA, n("a.z."))


# RFC 5155 appendix A: names and their hashes, salt aabbccdd, 12 iterations, and the types of appendix A's zone.
RFC_5155 = {
    "example.": ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "NS SOA MX RRSIG DNSKEY NSEC3PARAM"),
    "a.example.": ("35mthgpgcu1qg68fab165klnsnk3dpvl", "NS DS RRSIG"),
    "ai.example.": ("gjeqe526plbf1g8mklp59enfd789njgi", "A HINFO AAAA RRSIG"),
    "ns1.example.": ("2t7b4g4vsa5smi47k61mv5bv1a22bojr", "A RRSIG"),
    "ns2.example.": ("q04jkcevqvmu85r014c7dkba38o0ji5r", "A RRSIG"),
    "w.example.": ("k8udemvp1j2f7eg6jebps17vp3n8i58h", ""),
    "*.w.example.": ("r53bq7cc2uvmubfu5ocmm6pers9tk9en", "MX RRSIG"),
    "x.w.example.": ("b4um86eghhds6nea196smvmlo4ors995", "MX RRSIG"),
    "y.w.example.": ("ji6neoaepv8b5o6k4ev33abha8ht9fgc", ""),
    "x.y.w.example.": ("2vptu5timamqttgl4luu9kg21e0aor3s", "MX RRSIG"),
    "xx.example.": ("t644ebqk9bibcna874givr6joj62mlhv", "A HINFO AAAA RRSIG"),
}


def rfc_5155(*owners: str) -> HashedNeighbours:
    """The NSEC3 records whose hashed owner names begin so."""
    apex = n("example.")
    ring = sorted((hashed, types) for hashed, types in RFC_5155.values())
    records = []
    for at, (label, types) in enumerate(ring):
        text = f"1 1 12 aabbccdd {ring[(at + 1) % len(ring)][0]} {types}"
        rdata = dns.rdata.from_text(IN, NSEC3_TYPE, text)
        assert isinstance(rdata, NSEC3)
        if label.startswith(owners):
            records.append((dns.name.from_text(label, apex), rdata))
    return HashedNeighbours(apex, records, Effort(Bounds()))


def test_the_hashes_of_rfc_5155() -> None:
    for name, (label, _) in RFC_5155.items():
        assert rfc_5155(label).no_record(n(name), Kind.TXT).verdict in {Verdict.PROVEN, Verdict.UNPROVEN}
        assert _hash(n(name), bytes.fromhex("aabbccdd"), 12) == base64.b32hexdecode(label.upper())


def test_the_answers_of_rfc_5155_appendix_b() -> None:
    # B.1: a name error. The zone's records have the opt-out bit, so that it is proven, but not secure (§9.2).
    assert rfc_5155("0p9m", "b4um", "35mt").no_name(n("a.c.x.w.example.")).verdict is Verdict.INSECURE
    assert rfc_5155("0p9m", "b4um").no_name(n("a.c.x.w.example.")).verdict is Verdict.UNPROVEN
    # B.2: no such record; B.2.1: for a name with nothing but names below it.
    assert rfc_5155("2t7b").no_record(n("ns1.example."), Kind.MX).verdict is Verdict.PROVEN
    assert rfc_5155("ji6n").no_record(n("y.w.example."), Kind.A).verdict is Verdict.PROVEN
    # B.3: a referral to an unsigned zone that was opted out.
    assert rfc_5155("35mt", "0p9m").no_record(n("c.example."), Kind.DS).verdict is Verdict.INSECURE
    # B.4: a wildcard speaks for a.z.w.example.
    assert rfc_5155("q04j").no_closer(n("a.z.w.example."), n("w.example.")).verdict is Verdict.INSECURE
    # B.5: the wildcard has no such record.
    assert rfc_5155("k8ud", "q04j", "r53b").no_record(n("a.z.w.example."), Kind.AAAA).verdict is Verdict.INSECURE
    # B.6: the child's own record says nothing of DS.
    assert rfc_5155("0p9m").no_record(n("example."), Kind.DS).verdict is Verdict.UNPROVEN
