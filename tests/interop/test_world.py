"""Does the small internet work by itself? Its mail systems find and reach one another, before ours joins them."""

import smtplib
import ssl
from collections.abc import Iterator

import pytest

from interop.world import PROGRAMS, SMART_HOST_LOGIN, World, world
from peers import maildir, need

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def peers() -> Iterator[World]:
    need.peers(*PROGRAMS)
    need.root("mail systems change to users of their own")
    with world() as running:
        yield running


def test_postfix_reaches_the_others(peers: World) -> None:
    recipients = ["gus@gamma.test", "gray@gamma.test", "eve@epsilon.test", "dot@delta.test"]
    with smtplib.SMTP(*peers.postfix.endpoint) as client:
        client.sendmail("ann@alpha.test", recipients, b"Subject: from Postfix\r\n\r\n.one\r\n")
    for peer, address in ((peers.exim, recipients[:3]), (peers.chasquid, recipients[3:])):
        for recipient in address:
            arrived = maildir.wait_for(peer.maildir(recipient), lambda mail: b"from Postfix" in mail.header)
            assert arrived.body == b".one\n"


def test_exim_reaches_the_others(peers: World) -> None:
    address = peers.exim.endpoint[0]
    with smtplib.SMTP(*peers.exim.endpoint, source_address=(address, 0)) as client:
        client.sendmail("gus@gamma.test", ["ann@alpha.test", "dot@delta.test"], b"Subject: from Exim\r\n\r\n.two\r\n")
    for box in (peers.postfix.maildir("ann@alpha.test"), peers.chasquid.maildir("dot@delta.test")):
        assert maildir.wait_for(box, lambda mail: b"from Exim" in mail.header).body == b".two\n"


def test_chasquid_is_a_smart_host(peers: World) -> None:
    with smtplib.SMTP(*peers.chasquid.submission) as client:
        client._host = "mx.delta.test"  # type: ignore[attr-defined]
        client.starttls(context=ssl.create_default_context(cafile=str(peers.authority.root)))
        client.login(*SMART_HOST_LOGIN)
        client.sendmail(SMART_HOST_LOGIN[0], ["zoe@zeta.test"], b"Subject: relayed\r\n\r\n.three\r\n")
    box = peers.postfix.maildir("zoe@zeta.test")
    assert maildir.wait_for(box, lambda mail: b"Subject: relayed" in mail.header).body == b".three\n"
