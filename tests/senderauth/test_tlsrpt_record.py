"""Is it found out where a domain wants its reports on TLS? RFC 8460 §3."""

import pytest

from pillarbox.senderauth.tlsrpt_record import DESTINATIONS_MAX, TlsDestinations, destinations, parse
from senderauth.zone import Zone


def found(*texts: str) -> TlsDestinations:
    return Zone.of({"_smtp._tls.b.example": {"TXT": texts}}).run(destinations("b.example"))


@pytest.mark.parametrize(
    ("text", "mail", "web"),
    [
        ("v=TLSRPTv1; rua=mailto:tls@b.example", ["tls@b.example"], []),
        ("v=TLSRPTv1;rua=https://b.example/x,mailto:a@b.example , MAILTO:b@b.example;", ["a@b.example", "b@b.example"],
         ["https://b.example/x"]),
        ("v=TLSRPTv1; rua=mailto:a@b.example;ext=1", ["a@b.example"], []),
        ("v=TLSRPTv1; rua=mailto:a@b.example,mailto:a@b.example", ["a@b.example"], []),
        ("v=TLSRPTv1; rua=ftp://x,mailto:x,http://x,mailto:%0D%0A@b.example", [], []),
    ],
)  # fmt: skip
def test_records(text: str, mail: list[str], web: list[str]) -> None:
    record = found(text, "other")
    assert ([str(one) for one in record.mail], list(record.web)) == (mail, web)


def test_none_or_several_records_are_none() -> None:
    one = "v=TLSRPTv1; rua=mailto:tls@b.example"
    assert found(one, one + "x").mail == ()
    assert "2 records" in found(one, one + "x").reason
    assert found().mail == ()
    assert found("v=TLSRPTv1").reason
    assert parse(b"v=TLSRPTv2; rua=mailto:a@b.example") is None
    assert parse(b"v=TLSRPTv1; rua=mailto:a@b.example" + b" " * 9_000) is None


def test_destinations_are_bounded() -> None:
    many = ",".join(f"mailto:a{number}@b.example,https://b.example/{number}" for number in range(50))
    record = found(f"v=TLSRPTv1; rua={many}")
    assert (len(record.mail), len(record.web)) == (DESTINATIONS_MAX, DESTINATIONS_MAX)


def test_silence_is_asked_again() -> None:
    zone = Zone()
    zone.silent.add("_smtp._tls.b.example")
    assert zone.run(destinations("b.example")).again
