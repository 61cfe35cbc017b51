"""Whose signature is believed, for how long, and how much work may an attacker ask for?"""

from typing import cast

import dns.name
import dns.rrset
import pytest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

from net.signed import DAY, NOW, Key
from pillarbox.net.dns import DnsBogus
from pillarbox.net.dnssec_anchors import ROOT, parse_anchors
from pillarbox.net.dnssec_signatures import (
    Bounds,
    Effort,
    Signed,
    Zone,
    matches,
    tag,
    usable_digests,
    usable_keys,
    verify,
)

NAME = dns.name.from_text("a.test.")
KEY, OTHER = Key.make(), Key.make()
ZONE = Zone(NAME, (KEY.public,))


def records(name: str = "mx.a.test.", address: str = "192.0.2.1") -> dns.rrset.RRset:
    return dns.rrset.from_text(name, 300, "IN", "A", address)


def check(rrset: dns.rrset.RRset, signatures: dns.rrset.RRset | None, zone: Zone = ZONE, now: float = NOW) -> Signed:
    return verify(rrset, signatures, zone, now, Effort(Bounds()))


def test_a_good_signature() -> None:
    assert check(records(), KEY.sign(records(), "a.test.")) == Signed(300)


def test_an_answer_is_kept_no_longer_than_its_signature_and_its_original_ttl() -> None:
    assert check(records(), KEY.sign(records(), "a.test.", until=NOW + 100)).ttl == 100
    raised = records()
    raised.ttl = 90_000
    assert check(raised, KEY.sign(records(), "a.test.")).ttl == 300


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        (NOW - 9 * DAY, NOW - DAY, "the signature expired on 2027-01-14 08:00 UTC"),
        (NOW + DAY, NOW + 9 * DAY, "the signature is valid only from 2027-01-16 08:00 UTC on"),
    ],
)
def test_a_signature_has_its_time(since: float, until: float, why: str) -> None:
    signatures = KEY.sign(records(), "a.test.", since, until)
    with pytest.raises(DnsBogus, match=why):
        check(records(), signatures)
    assert check(records(), signatures, now=(since + until) / 2).ttl == 300
    assert check(records(), signatures, now=since - 299).ttl == 300
    assert check(records(), signatures, now=until + 299).ttl == 0


@pytest.mark.parametrize(
    ("rrset", "signatures", "why"),
    [
        (records(address="192.0.2.2"), KEY.sign(records(), "a.test."), "the signature does not fit"),
        (records(), OTHER.sign(records(), "a.test."), "a.test. has no key"),
        (records(), KEY.sign(records(), "test."), "they have no signature of a.test."),
        (records(), None, "they have no signature of a.test."),
        (records("a.test."), KEY.sign(records(), "a.test."), "the signature is for another name"),
    ],
)
def test_what_does_not_fit(rrset: dns.rrset.RRset, signatures: dns.rrset.RRset | None, why: str) -> None:
    with pytest.raises(DnsBogus, match=why):
        check(rrset, signatures)


def test_one_good_signature_is_enough() -> None:
    bad = [OTHER.sign(records(), "a.test.")[0], KEY.sign(records(), "a.test.", until=NOW - 1_000)[0]]
    signatures = dns.rrset.from_rdata_list(records().name, 300, bad)
    with pytest.raises(DnsBogus, match=r"has no key \d+; the signature expired|expired on .*; a.test. has no key"):
        check(records(), signatures)
    good = KEY.sign(records(), "a.test.")[0]
    assert check(records(), dns.rrset.from_rdata_list(records().name, 300, [*bad, good])).ttl == 300


def test_a_wildcard_shows() -> None:
    wild = records("*.w.a.test.")
    signatures = KEY.sign(wild, "a.test.")
    assert check(wild, signatures).closest is None
    expanded, signed = (
        records("x.y.w.a.test."),
        dns.rrset.from_rdata(dns.name.from_text("x.y.w.a.test."), 300, signatures[0]),
    )
    assert check(expanded, signed).closest == dns.name.from_text("w.a.test.")


def _like(octets: bytes | bytearray) -> DNSKEY:
    return cast(DNSKEY, KEY.public.replace(key=bytes(octets)))


def same_tag(count: int, wanted: int) -> list[DNSKEY]:
    """Different keys with one tag (RFC 4034 appendix B: it is a sum, so that they are easily made)."""
    keys = []
    for n in range(count):
        octets = bytearray(n.to_bytes(32, "big") + KEY.public.key[32:62] + b"\0\0")
        low = tag(_like(octets))
        octets[62:64] = ((wanted - low) % 0xFFFF).to_bytes(2, "big")
        key = _like(octets)
        if tag(key) == wanted:
            keys.append(key)
    return keys


def test_key_trap() -> None:
    """CVE-2023-50387: many keys of one tag, and many signatures that name it."""
    good = KEY.sign(records(), "a.test.")[0]
    assert isinstance(good, RRSIG)
    keys = same_tag(300, tag(KEY.public))
    assert len(keys) > 200
    signatures = dns.rrset.from_rdata_list(
        dns.name.from_text("mx.a.test."), 300, [good.replace(signature=n.to_bytes(64, "big")) for n in range(200)]
    )
    effort = Effort(Bounds())
    with pytest.raises(DnsBogus, match="more than 32 signatures would have to be tried"):
        verify(records(), signatures, Zone(NAME, tuple(keys)), NOW, effort)
    with pytest.raises(DnsBogus):
        effort.signature()
    # Two keys may share a tag by chance.
    assert check(records(), KEY.sign(records(), "a.test."), Zone(NAME, (keys[0], KEY.public))).ttl == 300


def test_which_keys_count() -> None:
    rrset = dns.rrset.from_rdata_list(
        NAME,
        300,
        [
            KEY.public,
            KEY.public.replace(flags=0),  # no key of a zone
            KEY.public.replace(flags=257 | 0x80),  # revoked
            KEY.public.replace(protocol=2),
            KEY.public.replace(algorithm=8, key=bytes(600)),  # longer than 4096 bits
        ],
    )
    assert usable_keys(rrset, Bounds()) == (KEY.public,)
    many = dns.rrset.from_rdata_list(NAME, 300, same_tag(100, 5_000))
    assert len(usable_keys(many, Bounds())) == 24


def test_which_digests_count() -> None:
    texts = ["1 8 1 " + "aa" * 20, "1 5 2 " + "aa" * 32, "1 200 2 " + "aa" * 32, "1 13 3 " + "aa" * 32]
    assert usable_digests(dns.rrset.from_text("a.test.", 300, "IN", "DS", *texts), Bounds()) == ()
    digest = KEY.digest("a.test.")
    assert usable_digests(dns.rrset.from_rdata(NAME, 300, digest), Bounds()) == (digest,)
    assert matches(digest, NAME, KEY.public)
    assert not matches(digest, NAME, OTHER.public)
    assert not matches(digest, dns.name.from_text("b.test."), KEY.public)


def test_the_roots_keys() -> None:
    assert [(ds.key_tag, ds.algorithm, ds.digest_type) for ds in parse_anchors(ROOT)] == [(20326, 8, 2), (38696, 8, 2)]


def test_anchors_as_others_write_them() -> None:
    key = KEY.public.to_text()
    lines = ("; a comment", "", f".\t86400\tIN\tDNSKEY\t{key} ; more", ". DS 20326 8 2 " + "e0" * 32)
    anchors = parse_anchors("\n".join((*lines, ". 172800 IN DS 1 13 2 " + "ab" * 32)))
    assert [ds.key_tag for ds in anchors] == [tag(KEY.public), 20326, 1]
    assert matches(anchors[0], dns.name.root, KEY.public)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no trust anchor"),
        ("; only words", "no trust anchor"),
        ("org. IN DS 1 13 2 " + "ab" * 32, "line 1 is no DS or DNSKEY of the root"),
        ("\n. IN TXT hello", "line 2 is no DS"),
        (". IN DS 1 13 2 xyz", "line 1 cannot be read"),
        (". IN DS", "line 1 is no DS"),
    ],
)
def test_what_is_no_anchor(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_anchors(text)
