"""Does the check of a domain find what is wrong, and only that?"""

import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pillarbox.app.checking import zone
from pillarbox.app.checking.domain import World, examine
from pillarbox.app.checking.greeting import Greeting
from pillarbox.deliver.certificates import public_key_info
from pillarbox.net.dns import Tlsa
from pillarbox.net.tls import make_self_signed
from pillarbox.senderauth import dkim

from .world import FakeFetcher, FakeProber, SignedNames

DER = x509.load_pem_x509_certificate(make_self_signed("mx.example.test", time.time())[0]).public_bytes(Encoding.DER)
PIN, NEXT = sha256(public_key_info(DER)).digest(), sha256(b"next").digest()
KEY = dkim.record(dkim.make_ed25519())
DOMAIN = zone.Domain(
    "example.test", "mx.example.test", (ip_address("192.0.2.25"),),
    (("s1._domainkey.example.test", KEY, "active"),), "abc123", (PIN, NEXT), (zone.Service("imap", 993, True),),
)  # fmt: skip
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 2592000\r\n"
GREETING = Greeting(ip_address("192.0.2.25"), "", True, True, "TLSv1.3", "TLS_AES_256_GCM_SHA384", False, (DER,))


class Setting:
    """A domain with which all is well; a test spoils something."""

    def __init__(self) -> None:
        self.signed = True
        self.mx: dict[str, object] = {"example.test": [(10, "mx.example.test")]}
        self.hosts: dict[str, object] = {
            "mx.example.test": ["192.0.2.25", "2001:db8::25"], "ns1.test": ["2001:db8::1"], "ns2.test": ["2001:db8::2"],
        }  # fmt: skip
        self.names: dict[str, object] = {"192.0.2.25": ["mx.example.test"], "2001:db8::25": ["mx.example.test"]}
        self.texts: dict[str, object] = {
            "example.test": [b"v=spf1 mx -all"],
            "mx.example.test": [b"v=spf1 a -all"],
            "s1._domainkey.example.test": [KEY.encode()],
            "_dmarc.example.test": [zone.dmarc("example.test").encode()],
            "_mta-sts.example.test": [zone.mta_sts("abc123").encode()],
            "_smtp._tls.example.test": [zone.tlsrpt("example.test").encode()],
        }
        self.tlsas = {"_25._tcp.mx.example.test": [Tlsa(3, 1, 1, PIN), Tlsa(3, 1, 1, NEXT)]}
        self.policies = {"example.test": POLICY}
        self.greeting = GREETING
        self.servers = ["ns1.test", "ns2.test"]

    async def findings(self) -> dict[str, tuple[bool | None, str]]:
        resolver = SignedNames(
            signed=self.signed, tlsas=self.tlsas, servers=self.servers,
            mx=self.mx, hosts=self.hosts, texts=self.texts, names=self.names,
        )  # fmt: skip
        world = World(resolver, FakeProber(self.greeting), FakeFetcher(self.policies), time.time())
        found: dict[str, tuple[bool | None, str]] = {}
        async for finding in examine(world, DOMAIN):
            if finding.ok is False:
                assert finding.should, finding
                assert finding.cure, finding
            before = found.get(finding.check)
            if before is None or before[0] is not False:
                found[finding.check] = finding.ok, finding.found
        return found


async def test_a_good_domain_has_nothing_to_mend() -> None:
    found = await Setting().findings()
    assert {check: told for check, told in found.items() if told[0] is not True} == {"routes": found["routes"]}
    assert set(found) == {
        "name servers", "mx", "dnssec", "spf", "spf of helo", "dkim", "dmarc", "mta-sts", "tlsrpt", "addresses",
        "dnssec of host", "reverse name", "starttls", "tls", "certificate", "key", "dane", "dane rollover", "routes",
    }  # fmt: skip


def texts(name: str, *values: bytes | None) -> Callable[[Setting], None]:
    def spoil(setting: Setting) -> None:
        setting.texts[name] = None if values == (None,) else list(values)

    return spoil


def greets(**changes: object) -> Callable[[Setting], None]:
    def spoil(setting: Setting) -> None:
        setting.greeting = replace(setting.greeting, **changes)  # type: ignore[arg-type]

    return spoil


def sets(name: str, value: object) -> Callable[[Setting], None]:
    return lambda setting: setattr(setting, name, value)


SPOILT = [
    ("no-mx", sets("mx", {}), "mx", False, "no MX record"),
    ("null-mx", sets("mx", {"example.test": [(0, "")]}), "mx", False, "takes no mail"),
    ("other-mx", sets("mx", {"example.test": [(1, "ns1.test")]}), "mx", False, "not mx.example.test"),
    ("mx-silent", sets("mx", {"example.test": None}), "mx", None, "nobody could say"),
    ("unsigned", sets("signed", False), "dnssec", False, "not signed"),
    ("unsigned-host", sets("signed", False), "dnssec of host", False, "not signed"),
    ("no-ns", sets("servers", []), "name servers", None, "none are known"),
    ("ns-v4", sets("servers", ["mx4.test"]), "name servers", False, "0 with IPv6"),
    ("no-spf", texts("example.test"), "spf", False, "no SPF record"),
    ("two-spf", texts("example.test", b"v=spf1 -all", b"v=spf1 mx -all"), "spf", False, "2 SPF records"),
    ("lax-spf", texts("example.test", b"v=spf1 mx ?all"), "spf", False, "?all"),
    ("no-helo", texts("mx.example.test"), "spf of helo", False, "no SPF record"),
    ("no-dkim", texts("s1._domainkey.example.test"), "dkim", False, "shows nothing"),
    ("other-dkim", texts("s1._domainkey.example.test", dkim.record(dkim.make_ed25519()).encode()), "dkim", False,
     "another key"),
    ("broken-dkim", texts("s1._domainkey.example.test", b"v=DKIM1; p=!"), "dkim", False, "another key"),
    ("no-dmarc", texts("_dmarc.example.test"), "dmarc", False, "no (or more than one)"),
    ("dmarc-none", texts("_dmarc.example.test", b"v=DMARC1; p=none"), "dmarc", False, "p=none"),
    ("no-sts", texts("_mta-sts.example.test"), "mta-sts", False, "no policy is announced"),
    ("old-sts", texts("_mta-sts.example.test", b"v=STSv1; id=older"), "mta-sts", False, "id older"),
    ("no-policy", sets("policies", {}), "mta-sts", False, "no address that may be asked"),
    ("bad-policy", sets("policies", {"example.test": b"mode"}), "mta-sts", False, "key: value"),
    ("policy-host", sets("policies", {"example.test": POLICY.replace(b"mx.e", b"no.e")}), "mta-sts", False,
     "leaves out mx.example.test"),
    ("testing", sets("policies", {"example.test": POLICY.replace(b"enforce", b"testing")}), "mta-sts", None, "testing"),
    ("no-tlsrpt", texts("_smtp._tls.example.test"), "tlsrpt", False, "nobody is told"),
    ("no-address", sets("hosts", {}), "addresses", False, "no address"),
    ("no-v6", sets("hosts", {"mx.example.test": ["192.0.2.25"]}), "addresses", False, "192.0.2.25"),
    ("no-ptr", sets("names", {}), "reverse name", False, "called nothing"),
    ("closed", greets(trouble="connection refused"), "port 25", False, "connection refused"),
    ("plain", greets(starttls=False), "starttls", False, "no STARTTLS"),
    ("old", greets(old=True), "tls", False, "TLS 1.0 or 1.1"),
    ("weak", greets(weak=True), "tls", False, "forward secrecy"),
    ("untrusted", greets(trusted="self-signed certificate"), "certificate", False, "self-signed"),
    ("no-tlsa", sets("tlsas", {}), "dane", False, "no TLSA record"),
    ("wrong-tlsa", sets("tlsas", {"_25._tcp.mx.example.test": [Tlsa(3, 1, 1, NEXT)]}), "dane", False, "NOT come in"),
    ("pkix-tlsa", sets("tlsas", {"_25._tcp.mx.example.test": [Tlsa(1, 1, 1, PIN)]}), "dane", False, "no record that"),
    ("one-tlsa", sets("tlsas", {"_25._tcp.mx.example.test": [Tlsa(3, 1, 1, PIN)]}), "dane rollover", None, "only one"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "check", "ok", "said"), [pytest.param(*case[1:], id=case[0]) for case in SPOILT])
async def test_what_is_wrong_is_found(spoil: Callable[[Setting], None], check: str, ok: bool | None, said: str) -> None:
    setting = Setting()
    spoil(setting)
    found = await setting.findings()
    assert found[check][0] is ok, found[check]
    assert said in found[check][1]


def test_the_zone_lines_say_what_the_check_wants() -> None:
    text = "\n".join(zone.zone_file(zone.lines(DOMAIN)))
    for line in (
        "example.test. IN MX 10 mx.example.test.",
        "mx.example.test. IN A 192.0.2.25",
        'example.test. IN TXT "v=spf1 mx -all"',
        'mx.example.test. IN TXT "v=spf1 a -all"',
        f's1._domainkey.example.test. IN TXT "{KEY}"',
        '_mta-sts.example.test. IN TXT "v=STSv1; id=abc123;"',
        "mta-sts.example.test. IN CNAME mx.example.test.",
        f"_25._tcp.mx.example.test. IN TLSA 3 1 1 {PIN.hex()}",
        f"_25._tcp.mx.example.test. IN TLSA 3 1 1 {NEXT.hex()}",
        "_imaps._tcp.example.test. IN SRV 0 1 993 mx.example.test.",
    ):
        assert line in text.splitlines()


def test_long_texts_are_in_several_strings() -> None:
    assert zone.quoted("a" * 300) == f'"{"a" * 255}" "{"a" * 45}"'
    assert zone.quoted('a"b') == '"a\\"b"'
