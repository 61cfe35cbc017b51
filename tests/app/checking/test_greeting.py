"""Does the prober see of a mail host what is there?"""

import ssl
from ipaddress import ip_address
from pathlib import Path

from pillarbox.app.checking.greeting import SmtpProber
from pillarbox.testing import server


def trusting(*roots: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for root in roots:
        context.load_verify_locations(root)
    return context


async def test_our_own_server_shows_good_tls_and_a_certificate_of_nobody(tmp_path: Path) -> None:
    async with server(tmp_path, {"ann@example.test": "a password"}) as box:
        address = ip_address("127.0.0.1")
        stranger = await SmtpProber("probe.test", trusting(), box.port("smtp")).greet("mx.example.test", address)
        assert (stranger.trouble, stranger.starttls, stranger.version) == ("", True, "TLSv1.3")
        assert (stranger.old, stranger.weak, stranger.compressed, len(stranger.chain)) == (False, False, False, 1)
        assert "self-signed" in stranger.trusted
        knowing = trusting(tmp_path / "self-signed.pem")
        friend = await SmtpProber("probe.test", knowing, box.port("smtp")).greet("mx.example.test", address)
        assert not friend.trusted
        port = box.port("smtp")
    gone = await SmtpProber("probe.test", trusting(), port).greet("mx.example.test", ip_address("127.0.0.1"))
    assert "refused" in gone.trouble
