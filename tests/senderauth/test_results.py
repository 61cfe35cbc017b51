"""Does Authentication-Results tell what each check found, in the words of RFC 8601?"""

from ipaddress import ip_address

from pillarbox.senderauth.arc import Arc, ArcVerdict
from pillarbox.senderauth.dkim_signature import DkimVerdict
from pillarbox.senderauth.dkim_verify import DkimResult
from pillarbox.senderauth.dmarc import Dmarc, DmarcResult
from pillarbox.senderauth.dmarc_record import Policy
from pillarbox.senderauth.iprev import Iprev, IprevResult
from pillarbox.senderauth.results import field, read
from pillarbox.senderauth.spf import Spf
from pillarbox.senderauth.spf_record import SpfResult


def test_all_checks() -> None:
    octets = field(
        "mx.example.org",
        Spf(SpfResult.FAIL, "mailfrom", "bücher.example", "-all", "the server may not"),
        [DkimResult(DkimVerdict.PASS, "x.example", "s1", "@x.example", "rsa-sha256", "it fits", 2048, value="Ab/c")],
        Dmarc(DmarcResult.FAIL, "bank.example", "nobody vouches", policy=Policy.REJECT, testing=True),
        Arc(ArcVerdict.PASS, "whole", oldest_pass=0),
        Iprev(IprevResult.PASS, ("x.example",), ("x.example",), "it is"),
        "ann@example.org",
        ip_address("2001:db8::1"),
    )
    assert octets.startswith(b"Authentication-Results: mx.example.org;\r\n\tauth=pass smtp.auth=ann@example.org;\r\n")
    found = {one.method: one for one in read(octets.partition(b":")[2]).results}
    assert list(found) == ["auth", "iprev", "spf", "dkim", "dmarc", "arc"]
    assert found["iprev"].value("policy", "iprev") == "2001:db8::1"
    assert (found["spf"].result, found["spf"].value("smtp", "mailfrom")) == ("fail", "xn--bcher-kva.example")
    assert found["spf"].reason == "the server may not"
    assert [found["dkim"].value("header", name) for name in "dsab"] == ["x.example", "s1", "rsa-sha256", "Ab/c"]
    assert found["dmarc"].value("policy", "dmarc") == "quarantine"
    assert found["dmarc"].value("header", "from") == "bank.example"
    assert found["arc"].value("header", "oldest-pass") == "0"


def test_nothing_is_none() -> None:
    assert field("mx.example.org") == b"Authentication-Results: mx.example.org; none\r\n"


def test_no_signature_is_a_result_when_signatures_were_looked_for() -> None:
    assert b"\tdkim=none reason=" in field("mx.example.org", dkims=())
