"""Is it understood whom a TLS client asks for, and in which protocol?"""

import ssl

import pytest

from pillarbox.net.client_hello import Hello, read


def hello(name: str | None, *protocols: str, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """The first octets of a real client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    if protocols:
        context.set_alpn_protocols(list(protocols))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_client_is_understood(newest: ssl.TLSVersion) -> None:
    octets = hello("MX.example.test", "acme-tls/1", "h2", newest=newest)
    assert read(octets) == Hello("mx.example.test", (b"acme-tls/1", b"h2"))
    assert read(octets + b"more") == read(octets)
    assert {read(octets[:cut]) for cut in range(len(octets))} == {None}
    assert read(hello(None, newest=newest)) == Hello()


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",
        b"\x16\x03\x01\x00\x00",
    ],
)
def test_what_is_no_hello_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(octets)


def test_a_hello_of_several_records_asks_for_nothing() -> None:
    octets = hello("mx.example.test", "acme-tls/1")
    first = octets[5:105]
    assert read(octets[:3] + len(first).to_bytes(2, "big") + first) == Hello()
