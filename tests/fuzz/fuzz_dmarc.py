"""Does DMARC survive whatever stands in records, From fields and results of others?

Nothing may be raised. No message passes without an aligned domain that vouches; a walk asks eight questions at most;
what claims our name is found, and what we write says no more than it was told.
"""

import random

from fuzz.rounds import mutate
from pillarbox.senderauth.dkim_signature import DkimVerdict
from pillarbox.senderauth.dkim_verify import DkimResult
from pillarbox.senderauth.dmarc import DmarcResult, DmarcSettings, evaluate
from pillarbox.senderauth.dmarc_from import authors
from pillarbox.senderauth.dmarc_record import Policy, parse
from pillarbox.senderauth.dmarc_walk import QUERIES_MAX, path
from pillarbox.senderauth.organisation import canonical
from pillarbox.senderauth.results_forged import forged
from pillarbox.senderauth.results_text import Property, Result, ResultsError, read, write
from senderauth.zone import Zone

RECORD = (
    b"v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; psd=n; t=y; pct=0; fo=1:d;"
    b" rua=mailto:a@b.example!10m,https://x.example; ruf=mailto:c@d.example"
)
FROM = b'From: "Ann, (A) E." <ann@www.bank.example>, Team: bob@mail.example;\r\nSubject: x\r\n'
RESULTS = (
    b'Authentication-Results: mx.example.org (c (d)) 1; spf=pass reason="a \\"b\\"" smtp.mailfrom=a@b.example;\r\n'
    b"\tdkim / 1 = fail (x) header . d = bank.example header.b=ab/=\r\n"
)
SPICE = (
    b";", b"=", b"v=DMARC1;", b"p=reject;", b"psd=y;", b"psd=n;", b"t=y;", b"rua=", b"mailto:", b"!", b",", b"%", b"@",
    b"\0", b"\xff", b"\r\n", b"\r\n ", b'"', b"\\", b"(", b")", b"<", b">", b":", b".", b"mx.example.org",
    b"=?utf-8?q?", b"\xef\xbd\x8d", b"From: x@evil.example\r\n", b"(" * 500, b'"\\' * 500, b". " * 500,
    b"a@b.c," * 300, b"x" * 3_000,
)  # fmt: skip
LABELS = ("bank", "www", "mail", "a", "b", "c", "d", "e", "f", "g")


def one_case(seed: int) -> None:
    """One of the four."""
    dice = random.Random(seed)
    dice.choice((_record, _judgement, _from, _results))(dice)


def _record(dice: random.Random) -> None:
    record = parse(mutate(RECORD, dice, SPICE))
    if record is not None:
        assert all(one.address.domain and "\n" not in str(one.address) for one in record.rua + record.ruf)
        assert record.policy_for(True, False)[1] in Policy


def _judgement(dice: random.Random) -> None:
    zone = Zone()
    for _ in range(dice.randrange(6)):
        zone.add(f"_dmarc.{_domain(dice)}", "TXT", mutate(RECORD, dice, SPICE[:12]))
    zone.silent.update(f"_dmarc.{_domain(dice)}" for _ in range(dice.randrange(2)))
    author = _domain(dice)
    signatures = [
        DkimResult(dice.choice(list(DkimVerdict)), _domain(dice), "s", "", "rsa-sha256", "x") for _ in range(3)
    ]
    found = zone.run(evaluate([author], None, signatures, DmarcSettings()))
    passed = {one.domain for one in signatures if one.result is DkimVerdict.PASS}
    assert len({question.name for question in zone.asked}) <= QUERIES_MAX * (1 + len(signatures)) + 1
    assert len(path(author)) <= QUERIES_MAX
    if found.result is DmarcResult.PASS:
        ends = f".{found.org_domain}"
        assert any(one == author or f".{one}".endswith(ends) for one in passed)
        assert f".{author}".endswith(ends)
    if found.result is not DmarcResult.FAIL:
        assert found.disposition is Policy.NONE


def _domain(dice: random.Random) -> str:
    below = dice.choices(LABELS, k=dice.choice((0, 1, 1, 2, 9)))
    return ".".join([*below, dice.choice(("bank", "bank", "shop")), "test"])


def _from(dice: random.Random) -> None:
    found = authors(mutate(FROM, dice, SPICE))
    assert bool(found.domains) != bool(found.fault)
    assert "" not in found.domains


def _results(dice: random.Random) -> None:
    header = mutate(RESULTS, dice, SPICE)
    places = forged(header, "mx.example.org")
    assert all(0 <= start < end <= len(header) for start, end in places)
    try:
        found = read(header.partition(b":")[2])
    except ResultsError:
        return
    evil = [found.authserv_id, *(one.reason for one in found.results), header.decode("latin-1")]
    told = [Result("spf", "fail", dice.choice(evil), (Property("smtp", "mailfrom", dice.choice(evil)),)) for _ in "ab"]
    octets = write(dice.choice(evil), told)
    assert octets.isascii()
    assert octets.count(b"\n") == octets.count(b"\r\n\t") + 1
    again = read(octets.partition(b":")[2])
    assert [(one.method, one.result) for one in again.results] == [("spf", "fail")] * 2
    assert canonical(again.authserv_id) is None or "\n" not in again.authserv_id
