"""Are fields found that claim to be ours, whatever their spelling? RFC 8601 §5."""

import pytest

from pillarbox.senderauth.results_forged import forged

OURS = "mx.example.org"


@pytest.mark.parametrize(
    "claim",
    [
        b"Authentication-Results: mx.example.org; dkim=pass\r\n",
        b"authentication-RESULTS \t:MX.Example.Org; dkim=pass\r\n",
        b"Authentication-Results:\r\n (hello (world))\r\n\tmx.example.org.\r\n ;dkim=pass\r\n",
        b'Authentication-Results: "mx.exa\\mple.org" 1; dkim=pass\r\n',
        b'Authentication-Results: "mx.example.org; dkim=pass\r\n',
        b"Authentication-Results: mx.example.org dkim=pass\r\n",
        b"Authentication-Results: mx.example.org/1; dkim=pass\r\n",
        b"Authentication-Results: mx.example.org\n",
        b"Authentication-Results: =?utf-8?q?mx=2Eexample=2Eorg?=; dkim=pass\r\n",
        "Authentication-Results: ｍｘ．example.org; dkim=pass\r\n".encode(),
        b"Authentication-Results: (unclosed mx.example.org; dkim=pass\r\n",
        b"Authentication-Results: x" + b" " * 70_000 + b"; dkim=pass\r\n",
    ],
)
def test_claims(claim: bytes) -> None:
    before, after = b"Received: x\r\n", b"Subject: Authentication-Results: mx.example.org\r\n\r\n"
    header = before + claim + after
    assert forged(header, OURS) == [(len(before), len(before) + len(claim))]


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mx.example.com; dkim=pass\r\n",
        b"Authentication-Results: mx.example.org.evil.example; dkim=pass\r\n",
        b"Authentication-Results: (mx.example.org) other.example; dkim=pass (mx.example.org)\r\n",
        b"Authentication-Results: spf=pass smtp.mailfrom=example.com\r\n",
        b"ARC-Authentication-Results: i=1; mx.example.org; dkim=pass\r\n",
        b"X-Authentication-Results: mx.example.org; dkim=pass\r\n",
    ],
)
def test_what_others_say_stays(field: bytes) -> None:
    assert forged(field, OURS) == []


def test_all_of_them_in_their_order() -> None:
    one = b"Authentication-Results: mx.example.org; none\r\n"
    assert forged(one + b"X: y\r\n" + one, OURS) == [(0, len(one)), (len(one) + 6, 2 * len(one) + 6)]


def test_an_international_name() -> None:
    header = "Authentication-Results: mx.bücher.example; none\r\n".encode()
    assert forged(header, "mx.xn--bcher-kva.example") == [(0, len(header))]
    assert forged(b"Authentication-Results: mx.xn--bcher-kva.example; none\r\n", "mx.bücher.example") != []
