"""Does an authority see the proof that it asks for, and everybody else the usual certificate, on either event loop?"""

import asyncio
import ssl
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from pillarbox.app.certificate_order import Evidence
from pillarbox.doors.web.role import WebRole
from pillarbox.net.acme_alpn import AlpnSolver
from pillarbox.testing import Box, server

from .test_connection import SETTINGS, USERS, believing, get, said


async def shown(box: Box, name: str, *protocols: str) -> tuple[x509.Certificate, str | None]:
    """The certificate and the protocol that a client gets."""
    context = believing()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    port = box.server.listeners[1].port
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
    der = secured.getpeercert(binary_form=True)
    assert der is not None
    chosen = secured.selected_alpn_protocol()
    writer.transport.abort()
    return x509.load_der_x509_certificate(der), chosen


def evidence(box: Box) -> Evidence:
    """What the door shows."""
    connection = box.server.listeners[1]._factory(box.server.listeners[1].doorway, None)
    role = getattr(connection, "_role")  # noqa: B009 - the listener keeps it to itself
    assert isinstance(role, WebRole)
    contexts = role._services.proofs
    assert isinstance(contexts, dict)
    return Evidence(contexts=contexts)


async def scene(folder: Path) -> None:
    async with server(folder, USERS, settings=SETTINGS) as box:
        solver = AlpnSolver(evidence(box).contexts, box.server.clock.now)
        usual, _ = await shown(box, "mx.example.test", "acme-tls/1")
        await solver.show("mx.example.test", "token", b"token.thumbprint")
        proof, chosen = await shown(box, "mx.example.test", "acme-tls/1")
        assert chosen == "acme-tls/1"
        extension = proof.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"))
        assert extension.critical
        assert isinstance(extension.value, x509.UnrecognizedExtension)
        assert extension.value.value == b"\x04\x20" + sha256(b"token.thumbprint").digest()
        for name, protocols in (
            ("mx.example.test", ()),
            ("mx.example.test", ("http/1.1",)),
            ("a.test", ("acme-tls/1",)),
        ):
            assert (await shown(box, name, *protocols))[0] == usual
        assert (await said(box, 1, get("mta-sts.example.test"))).startswith(b"HTTP/1.1 200")
        await solver.hide("mx.example.test", "token", b"token.thumbprint")
        assert (await shown(box, "mx.example.test", "acme-tls/1"))[0] == usual
        assert box.server.metrics.internal_errors == 0


async def test_on_the_loop_of_the_tests(tmp_path: Path) -> None:
    await scene(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not there")
def test_on_uvloop(tmp_path: Path) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene(tmp_path))


async def test_a_hello_in_pieces_and_what_is_none(tmp_path: Path) -> None:
    async with server(tmp_path, USERS, settings=SETTINGS) as box:
        port = box.server.listeners[1].port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""  # no words in clear on a port with TLS
        writer.close()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = believing().wrap_bio(incoming, outgoing, server_hostname="mx.example.test")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        octets = outgoing.read()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in range(0, len(octets), 100):
            writer.write(octets[at : at + 100])
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readexactly(1)) == b"\x16"  # the server's own hello
        writer.transport.abort()
