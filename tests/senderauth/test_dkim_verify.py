"""Does each signature end as RFC 6376 §6 says, and does nothing short of a whole one pass?"""

from base64 import b64encode
from itertools import count

import pytest

from pillarbox.senderauth import dkim
from pillarbox.senderauth.asking import Answer, Kind, Question, Status
from pillarbox.senderauth.dkim import DkimResult, DkimSettings, PrivateKey
from pillarbox.senderauth.dkim_header import Fields, relaxed_field
from pillarbox.senderauth.dkim_sign import sign
from senderauth.letters import BODY, HEADER, NOW, checked, digest, ed25519, rsa, signed, zone
from senderauth.zone import Zone

KEYS: dict[str, PrivateKey] = {"r1": rsa(), "e1": ed25519()}


def result(message: bytes, names: Zone | None = None, now: float = NOW) -> DkimResult:
    """What became of the only signature."""
    [found] = checked(message, names or zone(**KEYS), now)
    return found


def by_hand(header: bytes = HEADER, body: bytes = BODY, digested: bytes | None = None, **tags: str) -> bytes:
    """A message signed (Ed25519, relaxed) by terms of the test's own."""
    said = {
        "v": "1",
        "a": "ed25519-sha256",
        "c": "relaxed/relaxed",
        "d": "mailer.example",
        "s": "e1",
        "h": "from:to:subject",
    }
    said |= {"bh": b64encode(digested or digest(body)).decode(), **tags}
    hollow = ("DKIM-Signature: " + "; ".join([f"{name}={value}" for name, value in said.items()]) + "; b=").encode()
    names = [name.strip().encode() for name in said["h"].lower().split(":")]
    octets = Fields(header).chosen(names, relaxed=True) + relaxed_field(hollow)
    return hollow + b64encode(sign(ed25519(), octets)) + b"\r\n" + header + b"\r\n" + body


def test_a_pass_and_all_that_is_known_of_it() -> None:
    found = result(by_hand(i="ann@x.mailer.example"))
    assert found.reason == "the signature of mailer.example fits"
    assert (found.result.value, found.domain, found.selector) == ("pass", "mailer.example", "e1")
    assert (found.identity, found.algorithm, found.bits) == ("ann@x.mailer.example", "ed25519-sha256", 256)
    assert found.covers == ("from", "to", "subject")
    assert (found.testing, found.limited, found.secure) == (False, False, False)
    assert len(found.value) == 12


@pytest.mark.parametrize("key", ["r1", "e1"])
def test_what_may_happen_on_the_way(key: str) -> None:
    message = signed(KEYS[key], key)
    folded = message.replace(b"Subject: Is dinner\r\n  ready?", b"SUBJECT : Is\r\n\tdinner ready?  ")
    spaced = folded.replace(b"We lost the game.  Are", b"We lost \t the game. Are") + b"\r\n\r\n"
    assert spaced != message
    assert result(b"Received: new\r\n" + spaced).result.value == "pass"


@pytest.mark.parametrize("key", ["r1", "e1"])
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Joe.", b"Jim.", "does not fit the body: it was changed on the way"),
        (b"Hi.\r\n", b"Hi. \r\n\r\n", "does not fit the body"),
        (b"dinner", b"lunch", "does not fit the header"),
        (b"ann@", b"eve@", "does not fit the header"),
        (b"t=1800000000", b"t=1800000001", "does not fit the header"),
        (b"MIME-Version: 1.0\r\n", b"", "does not fit the header"),
    ],
)
def test_what_may_not(key: str, old: bytes, new: bytes, reason: str) -> None:
    message = signed(KEYS[key], key)
    assert old in message
    found = result(message.replace(old, new))
    assert found.result.value == "fail"
    assert reason in found.reason


def test_no_question_for_what_cannot_pass() -> None:
    names = zone(**KEYS)
    assert result(signed(rsa()).replace(b"Joe.", b"Jim."), names).result.value == "fail"
    assert names.asked == []


def test_one_question_for_each_key() -> None:
    names = zone(**KEYS)
    twice = by_hand(t="7").partition(b"\r\n")[0] + b"\r\n" + by_hand()
    assert [found.result.value for found in checked(twice, names)] == ["pass", "pass"]
    assert [question.name for question in names.asked] == ["e1._domainkey.mailer.example"]


def test_no_signature() -> None:
    assert checked(HEADER + b"\r\n" + BODY, zone()) == ()


def test_no_answer() -> None:
    names = zone()
    names.silent.add("e1._domainkey.mailer.example")
    found = result(by_hand(), names)
    assert (found.result.value, "could not be asked for" in found.reason) == ("temperror", True)


@pytest.mark.parametrize(
    ("record", "verdict", "reason"),
    [
        ("", "permerror", "cannot be used: the key record cannot be read"),
        ("v=DKIM1; k=ed25519; p=", "permerror", "the key was revoked"),
        (dkim.record(rsa()), "permerror", "of another kind"),
        (dkim.record(dkim.make_ed25519()), "fail", "does not fit the header"),
        ("v=DKIM1; k=rsa; p=AAAA", "permerror", "cannot be read"),
    ],
    ids=count(),  # the keys are others in each process
)
def test_a_key_that_does_not_do(record: str, verdict: str, reason: str) -> None:
    found = result(by_hand(), zone(e1=record))
    assert found.result.value == verdict, found
    assert reason in found.reason


def test_no_key() -> None:
    found = result(by_hand(), zone(other=rsa()))
    assert (found.result.value, found.reason) == ("permerror", "mailer.example publishes no key for this signature")


def test_several_records_of_one_name() -> None:
    names = zone(e1="v=spf1 -all")
    for text in (dkim.record(rsa()), dkim.record(ed25519())):
        names.add("e1._domainkey.mailer.example", "TXT", text)
    assert result(by_hand(), names).result.value == "pass"
    many = zone(e1="x")
    for text in ["y"] * 3 + [dkim.record(ed25519())]:
        many.add("e1._domainkey.mailer.example", "TXT", text)
    assert result(by_hand(), many).result.value == "permerror"


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(1024, 4096, "pass"), (2049, 4096, "policy"), (512, 1024, "policy")]
)
def test_the_size_of_keys(low: int, high: int, verdict: str) -> None:
    [found] = checked(signed(rsa()), zone(**KEYS), settings=DkimSettings(bits_min=low, bits_max=high))
    assert (found.result.value, found.bits) == (verdict, 2048)


@pytest.mark.parametrize(
    ("name", "offset", "verdict"),
    [
        ("x", 10, "pass"),
        ("x", -3599, "pass"),
        ("x", -3601, "permerror"),
        ("t", 3599, "pass"),
        ("t", 3601, "policy"),
        ("t", 10**75, "policy"),
    ],
)
def test_clocks(name: str, offset: int, verdict: str) -> None:
    moment = str(int(NOW) + offset)
    message = by_hand(x=moment) if name == "x" else by_hand(t=moment)
    assert result(message).result.value == verdict


def test_who_is_spoken_for() -> None:
    exact = zone(e1=dkim.record(ed25519()) + "; t=s:y")
    assert result(by_hand(), exact).result.value == "pass"
    assert result(by_hand(i="@MAILER.example"), exact).testing
    found = result(by_hand(i="@x.mailer.example"), exact)
    assert (found.result.value, "does not speak for x.mailer.example" in found.reason) == ("permerror", True)


def test_a_part_of_the_body_is_no_pass() -> None:
    size = len(b"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n")
    whole = result(by_hand(l=str(size)))
    assert (whole.result.value, whole.limited) == ("pass", True)
    more = result(by_hand(l=str(size)) + b"Buy pills!\r\n")
    assert (more.result.value, more.limited) == ("policy", True)
    assert "leaves 14 octets at the end of the body unsigned" in more.reason
    none = result(by_hand(l="0", digested=digest(b"")))
    assert none.result.value == "policy"
    short = result(by_hand(l=str(size + 1)))
    assert (short.result.value, "shorter" in short.reason) == ("fail", True)


@pytest.mark.parametrize("name", ["From", "Subject", "To"])
def test_a_second_field_that_nobody_signed(name: str) -> None:
    found = result(f"{name}: eve@evil.example\r\n".encode() + by_hand())
    assert (found.result.value, f"every {name} field" in found.reason) == ("policy", True)
    twice = f"{name}: x\r\n".encode() + HEADER
    assert result(by_hand(twice, h="from:from:to:to:subject:subject")).result.value == "pass"


def test_a_field_that_is_not_signed_at_all_may_come() -> None:
    assert result(b"Cc: x@y.example\r\n" + by_hand()).result.value == "pass"


@pytest.mark.parametrize("odd", [b"X: a\nFrom: eve@evil.example\r\n", b"X: a\rb\r\n", b"X: a\n\r\n"])
def test_lone_line_ends_in_the_header(odd: bytes) -> None:
    found = result(odd + by_hand())
    assert (found.result.value, "does not end in CRLF" in found.reason) == ("neutral", True)


def test_old_algorithms_and_broken_fields_ask_nothing() -> None:
    names = zone(**KEYS)
    assert result(by_hand(a="rsa-sha1"), names).result.value == "policy"
    assert result(by_hand(v="3"), names).result.value == "neutral"
    assert names.asked == []


def test_a_name_in_another_script() -> None:
    names = Zone()
    names.add("xn--gre-6ka8i._domainkey.xn--bcher-kva.example", "TXT", dkim.record(ed25519()))
    found = result(by_hand(d="bücher.example", s="größe", i="jörg@bücher.example"), names)
    assert (found.result.value, found.domain, found.identity) == (
        "pass",
        "xn--bcher-kva.example",
        "jörg@bücher.example",
    )


def test_dnssec_is_passed_on() -> None:
    message = by_hand()
    fields = Fields(message.partition(b"\r\n\r\n")[0])
    signatures = dkim.read_fields(fields, dkim.DkimLimits())
    hashes = dkim.BodyHashes(dkim.bodies(signatures))
    hashes.update(BODY)
    check = dkim.verify(fields, signatures, hashes.finish(), NOW, DkimSettings())
    assert next(check) == [Question(Kind.TXT, "e1._domainkey.mailer.example")]
    with pytest.raises(StopIteration) as done:
        check.send([Answer(Status.FOUND, (dkim.record(ed25519()).encode(),), secure=True)])
    assert done.value.value[0].secure


def test_a_lone_line_end_in_a_signature_is_named_first() -> None:
    found = result(by_hand().replace(b"; b=", b";\n b="))
    assert "does not end in CRLF" in found.reason
