"""The safety of the way, on whole servers: TLS all the way (RFC 8689) from one to the next, and what is told of it."""

import asyncio
import json
import smtplib
import ssl
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pillarbox.app.cli_route import safety
from pillarbox.net.dns import Address, Answer, Mx, Tlsa
from pillarbox.testing import Box, server
from pillarbox.testing.names import FakeResolver

ANN, BOB = "ann@near.test", "bob@far.test"
PASSWORD = "a quiet otter"
HOST = "mx.far.test"
TEXT = b"From: <ann@near.test>\r\nTo: <bob@far.test>\r\nSubject: secret\r\n\r\nhello\r\n"


class Signed(FakeResolver):
    """Everything is signed; ``tlsa_records`` is what each mail host publishes."""

    def __init__(self) -> None:
        super().__init__({"far.test": [(10, HOST)]}, {HOST: ["127.0.0.1"]})
        self.tlsa_records: tuple[Tlsa, ...] = ()

    async def mx(self, domain: str) -> Answer[Mx]:
        answer = await super().mx(domain)
        return Answer(domain, answer.kind, answer.records, answer.exists, canonical=domain, authenticated=True)

    async def addresses(self, host: str) -> Answer[Address]:
        answer = await super().addresses(host)
        return Answer(host, answer.kind, answer.records, answer.exists, canonical=host, authenticated=True)

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        answer = await super().tlsa(name)
        return Answer(name, answer.kind, self.tlsa_records, canonical=name, authenticated=True)


def published(port: int) -> Tlsa:
    """The record for the key of the server at ``port``."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.starttls(context=ssl._create_unverified_context())
        assert isinstance(client.sock, ssl.SSLSocket)
        shown = client.sock.getpeercert(binary_form=True)
    assert shown is not None
    key = x509.load_der_x509_certificate(shown).public_key()
    return Tlsa(3, 1, 1, sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())


def submit(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo("client.test")
        assert not client.has_extn("requiretls")  # RFC 8689 §2: nothing that only TLS can keep is offered without
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo("client.test")
        assert client.has_extn("requiretls")
        client.login(ANN, PASSWORD)
        client.sendmail(ANN, [BOB], TEXT, mail_options=["REQUIRETLS"])


async def arrived(box: Box, address: str) -> bytes:
    """The one message in the inbox of ``address``, when it is there."""
    changed = asyncio.Event()
    box.server.store.on_change(lambda _folders: changed.set())
    async with asyncio.timeout(20):
        while not (found := await box.inbox(address)):
            await changed.wait()
            changed.clear()
    return found[0]


async def exchange(folder: Path, *, safe: bool) -> tuple[bytes, str | None]:
    """What arrives: at the recipient where the way is ``safe``, else at the sender; and what it wishes there."""
    names = Signed()
    async with server(folder / "far", {BOB: PASSWORD}, resolver=names) as far:
        port = far.port("smtp")
        delivery = {"port": port, "allow_loopback_targets": True}
        settings = {"hostname": "mx.near.test", "delivery": delivery}
        async with server(folder / "near", {ANN: PASSWORD}, settings=settings, resolver=names) as near:
            names.tlsa_records = (await asyncio.to_thread(published, port),) if safe else ()
            await asyncio.to_thread(submit, near.port("submission"))
            box, address = (far, BOB) if safe else (near, ANN)
            message = await arrived(box, address)
            account = await box.server.store.account(address)
            assert account is not None
            inbox = await box.server.store.folder(account.id, "INBOX")
            assert inbox is not None
            [entry] = await box.server.store.entries(inbox.id)
            row = await box.server.store.message(entry.message_id)
            assert row is not None
            return message, row.tls


async def test_the_wish_goes_with_the_message_where_the_way_is_safe(tmp_path: Path) -> None:
    message, wish = await exchange(tmp_path, safe=True)
    assert message.endswith(TEXT)
    assert wish == "required"


async def test_where_it_is_not_the_sender_hears_of_it_and_reads_only_the_header(tmp_path: Path) -> None:
    message, wish = await exchange(tmp_path, safe=False)
    assert b"Not delivered" in message
    assert b"5.7.10" in message
    assert b"Subject: secret" in message
    assert b"hello" not in message
    assert wish == "required"


async def test_the_way_can_be_looked_at_and_its_past_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = Signed()
    names.tlsa_records = (Tlsa(3, 1, 1, bytes(32)),)
    async with server(
        tmp_path, {ANN: PASSWORD}, settings={"delivery": {"allow_loopback_targets": True}}, resolver=names
    ) as box:
        await box.server.store.note_tls_seen(HOST, box.server.clock.now())
        await asyncio.to_thread(safety, "far.test", tmp_path)
        told = capsys.readouterr().out
        assert "The mail hosts of far.test are signed with DNSSEC." in told
        assert f"{HOST}: DANE: it must show the certificate that {HOST} has published in signed DNS (3 1 1 0000" in told
        assert "Last reached with TLS: " in told
        await asyncio.to_thread(safety, "far.test", tmp_path, forget=True, json=True)
        found = json.loads(capsys.readouterr().out)
        assert found["hosts"][0]["level"] == "dane"
        assert found["hosts"][0]["tls_seen"] is None
        await asyncio.to_thread(safety, "nowhere.test", tmp_path)
        assert "Nothing can be sent to nowhere.test now: there is no domain" in capsys.readouterr().out
