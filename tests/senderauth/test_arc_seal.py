"""Do our seals fit, on top of each other and of dkimpy's, and are none added where none may be? RFC 8617 §5.1."""

import re

import pytest

from pillarbox.senderauth import arc, dkim
from senderauth.letters import BODY, HEADER, NOW, chained, digest, ed25519, parted, rsa, zone

MESSAGE = HEADER + b"\r\n" + BODY
NAMES = zone(r1=rsa(), e1=ed25519())
RESULTS = b"mx.mailer.example;\r\n\tspf=pass smtp.mailfrom=a.example; dkim=none"


def sealed(message: bytes, selector: str = "e1", results: bytes = RESULTS, now: float = NOW) -> bytes:
    """The message with one more set, as a forwarder adds it; unchanged where none may be added."""
    key = rsa() if selector == "r1" else ed25519()
    sealer = arc.Sealer("mailer.example", selector, key, dkim.SignSettings())
    header, body = parted(message)
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    return sealer.seal(header, chain, chained(message, NAMES), results, digest(body), now) + message


def test_a_chain_of_ours() -> None:
    first = sealed(MESSAGE)
    second = sealed(b"Received: by list\r\n" + first, "r1")
    third = sealed(second.replace(b"Subject: ", b"Subject: [list] "))
    for message, number, changed in ((first, 1, 0), (second, 2, 0)):
        found = chained(message, NAMES)
        assert (found.result.value, len(found.sets), found.oldest_pass) == ("pass", number, changed), found
    # What the third found was a changed message: it says so, and the chain ends there.
    found = chained(third, NAMES)
    assert (found.result.value, "found that the chain before it was broken" in found.reason) == ("fail", True)
    assert [each.status for each in found.sets] == ["none", "pass", "fail"]
    assert sealed(third) == third


def test_what_the_sets_say() -> None:
    [one] = chained(sealed(MESSAGE), NAMES).sets
    assert (one.instance, one.status, one.authserv_id) == (1, "none", "mx.mailer.example")
    assert one.results == "mx.mailer.example;\tspf=pass smtp.mailfrom=a.example; dkim=none"
    assert (one.seal.domain, one.message.selector) == ("mailer.example", "e1")


def test_what_changed_before_the_newest_set() -> None:
    """A list that seals as if all were well, after it changed the subject: the chain says where that happened."""
    first = sealed(sealed(MESSAGE), "r1")
    header, body = parted(first.replace(b"Subject: ", b"Subject: [list] "))
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    well = chained(first, NAMES)
    sealer = arc.Sealer("mailer.example", "e1", ed25519(), dkim.SignSettings())
    found = chained(sealer.seal(header, chain, well, RESULTS, digest(body), NOW) + header + body, NAMES)
    assert (found.result.value, found.oldest_pass) == ("pass", 3)


def test_the_fields_are_mail() -> None:
    top = parted(sealed(MESSAGE, "r1"))[0][: -len(HEADER) - 2]
    assert [line.partition(b":")[0] for line in top.split(b"\r\n") if not line.startswith((b"\t", b" "))] == [
        b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results", b"",
    ]  # fmt: skip
    assert b"arc-seal" not in re.findall(rb"h=([^;]*);", top)[0].lower()
    assert max(map(len, top.split(b"\r\n"))) < 100


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Joe.", b"Jim.", "does not fit the body"),
        (b"dinner", b"lunch", "does not fit the header"),
        (b"spf=pass", b"spf=fail", "does not fit the header"),
        (b"cv=none", b"cv=pass", "as if there were a chain"),
        (b"i=1;", b"i=2;", "not numbered from 1"),
        (b"ARC-Seal", b"X-Seal", "lacks one of its three fields"),
        (b"From: ", b"From: eve\r\nFrom: ", "does not fit the header"),
        (b"t=1800000000", b"t=1900000000", "made in the future"),
        (b"c=relaxed/relaxed;", b"c=relaxed/relaxed; l=1;", "only a part of the body"),
        (b"MIME-Version:MIME-Version", b"ARC-Seal:MIME-Version", "covers a seal"),
        (b"cv=none;", b"cv=none; h=from;", "names header fields"),
        (b"MIME-Version: 1.0\r\n", b"X: 1\nY: 2\r\n", "does not end in CRLF"),
    ],
)
def test_what_breaks_a_chain(old: bytes, new: bytes, reason: str) -> None:
    message = sealed(MESSAGE)
    assert old in message
    found = chained(message.replace(old, new), NAMES)
    assert (found.result.value, reason in found.reason) == ("fail", True), found.reason
    assert found.oldest_pass is None


@pytest.mark.parametrize(
    ("written", "read"),
    [(b" (a) i = 1 (b)\r\n (c) ; x", True), (b" i=01; x", False), (b" i=1 (b; x", False), (b" x", False)],
)
def test_how_results_are_numbered(written: bytes, read: bool) -> None:
    header = parted(sealed(MESSAGE).replace(b" i=1; mx", written + b"; mx"))[0]
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    assert bool(chain.sets) is read
    assert chain.fault == ("" if read else "an ARC-Authentication-Results field cannot be read")


def test_no_chain() -> None:
    found = chained(MESSAGE, NAMES)
    assert (found.result.value, found.sets) == ("none", ())


def test_no_answer() -> None:
    names = zone(r1=rsa())
    names.silent.add("e1._domainkey.mailer.example")
    found = chained(sealed(MESSAGE), names)
    assert (found.result.value, found.temporary) == ("fail", True)
    assert not chained(sealed(MESSAGE), zone(r1=rsa())).temporary


def test_seals_are_asked_for_only_below_a_good_signature() -> None:
    names = zone(e1=rsa(), r1=rsa())
    message = sealed(sealed(MESSAGE, "r1"))
    assert chained(message, names).result.value == "fail"
    assert [question.name for question in names.asked] == ["e1._domainkey.mailer.example"]


def test_no_more_than_fifty() -> None:
    message = MESSAGE
    for _ in range(50):
        message = sealed(message)
    found = chained(message, NAMES)
    assert (found.result.value, len(found.sets), found.oldest_pass) == ("pass", 50, 0)
    assert sealed(message) == message
    more = b"ARC-Seal: i=51; x=y\r\n" + message
    assert chained(more, NAMES).reason == "it has more than 50 ARC sets"
    assert sealed(more) == more


def test_a_chain_that_cannot_be_read_is_sealed_as_broken() -> None:
    message = b"ARC-Seal: i=3; cv=pass; a=rsa-sha256\r\n" + sealed(MESSAGE)
    again = sealed(message)
    assert b"ARC-Seal: i=4; a=ed25519-sha256; d=mailer.example; s=e1;\r\n\tcv=fail;" in again
    nobody = b"ARC-Seal: what?\r\n" + MESSAGE
    assert sealed(nobody) == nobody


def test_what_cannot_be_sealed() -> None:
    sealer = arc.Sealer("mailer.example", "e1", ed25519(), dkim.SignSettings())
    none = arc.Arc(arc.ArcVerdict.NONE, "")
    for header in (b"To: x\r\n", b"From: x\nTo: y\r\n"):
        with pytest.raises(dkim.UnsoundHeader):
            sealer.seal(header, arc.Chain(), none, RESULTS, b"", NOW)


def test_a_second_field_that_nobody_signed() -> None:
    settings = dkim.SignSettings(oversigned=(), signed=(b"From", b"Subject"))
    sealer = arc.Sealer("mailer.example", "e1", ed25519(), settings)
    none = arc.Arc(arc.ArcVerdict.NONE, "")
    message = sealer.seal(HEADER, arc.Chain(), none, RESULTS, digest(BODY), NOW) + MESSAGE
    assert chained(message, NAMES).result.value == "pass"
    assert chained(b"To: x\r\n" + message, NAMES).result.value == "pass"
    found = chained(b"Subject: x\r\n" + message, NAMES)
    assert (found.result.value, "does not cover every Subject field" in found.reason) == ("fail", True)


def test_a_seal_over_a_broken_chain_covers_its_own_set() -> None:
    """RFC 8617 §5.1.2; nobody checks it on the way, but who looks for the fault can."""
    broken = sealed(sealed(MESSAGE)).replace(b"dinner", b"lunch")
    newest = chained(sealed(broken), NAMES).sets[-1]
    assert (newest.instance, newest.status) == (3, "fail")
    assert dkim.read_record(dkim.record(ed25519()).encode()).fits(newest.covered, newest.signature)
