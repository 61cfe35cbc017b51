"""Do we and rspamd say the same of a message: SPF, DKIM, DMARC, and what the author's domain asks for?

rspamd goes by RFC 7489 and a suffix list, we by RFC 9989; where those differ, ``defended`` says so.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address

import pytest

from peers import need, rspamd, zone_server
from peers.world import ground
from pillarbox.senderauth import dkim, dmarc, spf
from pillarbox.senderauth.dmarc_record import Policy
from senderauth.letters import checked, digest, rsa
from senderauth.zone import Zone

pytestmark = pytest.mark.interop
CASES, SOAK_CASES = 300, 20_000
CLIENTS = ("192.0.2.1", "198.51.100.1", "2001:db8::1")
ORGANISATIONS = {
    "reject.example": "v=DMARC1; p=reject",
    "quarantine.example": "v=DMARC1;p=quarantine;rua=mailto:d@quarantine.example",
    "strict.example": "v=DMARC1; p=reject; adkim=s; aspf=s",
    "half.example": "v=DMARC1; p=quarantine; adkim=s",
    "below.example": "v=DMARC1; p=none; sp=reject",
    # Not "v=DMARC1 ;", which RFC 9989 §4.8 allows, but rspamd cannot read.
    "above.example": "v=DMARC1; p=reject ; sp=none ; x=y",
    "tried.example": "v=DMARC1; p=reject; t=y",
    "new.example": "v=DMARC1; p=none; sp=quarantine; np=reject",
    "other.example": "v=spf1 -all",
    "none.example": "",
}
# The middle ones exist, the last do not.
HOSTS = ("", "mail.", "a.b.", "own.", "no.")
SPF = ("v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 ip4:198.51.100.0/24 ~all", "v=spf1 ip6:2001:db8::/32 ?all", "")
ASKED = {"DMARC_POLICY_REJECT": "reject", "DMARC_POLICY_QUARANTINE": "quarantine", "DMARC_POLICY_SOFTFAIL": "none"}
SPF_WORDS = {
    "R_SPF_ALLOW": "pass", "R_SPF_FAIL": "fail", "R_SPF_SOFTFAIL": "softfail", "R_SPF_NEUTRAL": "neutral",
    "R_SPF_NA": "none", "R_SPF_PERMFAIL": "permerror", "R_SPF_DNSFAIL": "temperror",
}  # fmt: skip


def world() -> Zone:
    """All organisations, some of their hosts, with SPF and DMARC."""
    zone, dice = Zone(), random.Random(1)
    for domain, text in ORGANISATIONS.items():
        if text:
            zone.add(f"_dmarc.{domain}", "TXT", text)
        zone.add(f"_dmarc.own.{domain}", "TXT", "v=DMARC1; p=quarantine; adkim=r")
        for host in HOSTS[:-1]:
            zone.add(host + domain, "A", "192.0.2.80")
            zone.add(f"s._domainkey.{host}{domain}", "TXT", dkim.record(rsa(1024)))
            if policy := dice.choice(SPF):
                zone.add(host + domain, "TXT", policy)
    return zone


@pytest.fixture(scope="module")
def peer() -> Iterator[tuple[Zone, rspamd.Rspamd]]:
    """rspamd and what it is told by DNS."""
    need.peers("rspamd")
    need.root("rspamd changes to a user of its own")
    zone = world()
    with ExitStack() as running:
        place = running.enter_context(ground())
        endpoint = running.enter_context(zone_server.serving(zone))
        yield zone, running.enter_context(rspamd.running(place, "rspamd", rspamd.Settings(endpoint)))


def message_of(dice: random.Random, author: str) -> bytes:
    """A message from ``author``, signed by nobody, one or two; sometimes changed."""
    header = f"From: Ann <{author}>\r\nTo: u@here.example\r\nSubject: {dice.random()}\r\n".encode()
    body = b"Hello!\r\n"
    message = header + b"\r\n" + body
    for _ in range(dice.choice((0, 1, 1, 2))):
        domain = dice.choice(HOSTS[:-1]) + neighbour(dice, author)
        signer = dkim.Signer(domain, "s", rsa(1024), dkim.SignSettings())
        message = signer.field(header, digest(body), time.time()) + message
        if dice.random() < 0.2:
            message = message.replace(b"bh=", b"bh=A", 1)
    return message


def neighbour(dice: random.Random, author: str) -> str:
    """An organisation: mostly that of ``author``."""
    own = ".".join(author.partition("@")[2].split(".")[-2:])
    return own if dice.random() < 0.7 else dice.choice(list(ORGANISATIONS))


def defended(ours: dmarc.Dmarc) -> str:
    """Why rspamd may differ; empty where it may not."""
    if ours.org_domain.count(".") > 1:
        return (
            "RFC 9989 §4.10.2: who has the only record on the way up is an organisation, whatever the suffix list says"
        )
    if ours.policy_tag == "np":
        return "RFC 9989 §4.7: np= is for names that do not exist; RFC 7489 has sp= only"
    if ours.policy_tag == "sp" and ours.policy is Policy.NONE:
        return "RFC 7489 §6.3 and RFC 9989 §4.7: sp= counts for sub-domains; rspamd passes over sp=none"
    return ""


def play(zone: Zone, peer: rspamd.Rspamd, seed: int) -> str:
    """DMARC's result; what both must agree upon is asserted."""
    dice = random.Random(seed)
    domain = dice.choice(HOSTS) + dice.choice(list(ORGANISATIONS))
    author, client = f"ann@{domain}", dice.choice(CLIENTS)
    sender = f"b@{dice.choice(HOSTS)}{neighbour(dice, author)}"
    message = message_of(dice, author)

    allowed = zone.run(spf.check_host(ip_address(client), sender, "mail.sender.example", spf.SpfSettings()))
    signed = checked(message, zone, time.time())
    ours = zone.run(dmarc.evaluate([domain], allowed, signed, dmarc.DmarcSettings()))
    theirs = peer.ask(message, sender, client).symbols
    about = f"seed {seed}: {author}, {sender}, {client}: {ours}; {theirs}; {message!r}"

    assert SPF_WORDS[next(name for name in SPF_WORDS if name in theirs)] == allowed.result.value, about
    assert ("R_DKIM_ALLOW" in theirs) == any(each.result.value == "pass" for each in signed), about
    if ours.result.value == "fail" and defended(ours):
        return "defended"
    if ours.result.value != "fail":
        assert {"pass": "DMARC_POLICY_ALLOW", "none": "DMARC_NA"}[ours.result.value] in theirs, about
        return ours.result.value
    asked = next((ASKED[name] for name in ASKED if name in theirs), None)
    assert asked is not None, about
    assert asked == ours.policy.value, about
    return "fail"


def test_rspamd_agrees(peer: tuple[Zone, rspamd.Rspamd]) -> None:
    ends = Counter(map(partial(play, *peer), range(CASES)))
    assert all(ends[word] > CASES // 20 for word in ("pass", "fail", "none")), ends


@pytest.mark.soak
def test_rspamd_agrees_for_long(peer: tuple[Zone, rspamd.Rspamd]) -> None:
    ends = Counter(map(partial(play, *peer), range(CASES, CASES + SOAK_CASES)))
    assert ends["defended"] < SOAK_CASES // 10, ends
    print(ends)
