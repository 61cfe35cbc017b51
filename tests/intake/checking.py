"""A server that checks what comes in, the names in its DNS, and messages that are signed or not."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

import aiosmtplib

from pillarbox.accounts.keys import Record
from pillarbox.mail import ids
from pillarbox.observe.story import decode
from pillarbox.senderauth import dkim
from pillarbox.testing import Box, FakeResolver, server

USER = "ann@example.test"
KEY = dkim.make_ed25519()
SIGNER = dkim.Signer("sender.example", "s1", KEY, dkim.SignSettings())
PUBLISHED = dkim.record(KEY).encode()
BODY = b"Hello!\r\n"


class Zone(FakeResolver):
    """DNS to which records can be added."""

    def show(self, records: list[Record]) -> None:
        self._texts |= {record.name: [record.text.encode()] for record in records}

    def hide(self, name: str) -> None:
        del self._texts[name]

    def fail(self, name: str) -> None:
        """Nobody answers for ``name`` any more."""
        self._texts[name] = None


def names(
    texts: Mapping[str, Sequence[bytes] | None] | None = None, dmarc: bytes = b"v=DMARC1; p=reject"
) -> Zone:
    """DNS in which sender.example sends from elsewhere, signs with s1, and asks for ``dmarc``."""
    ours: dict[str, Sequence[bytes] | None] = {
        "sender.example": [b"v=spf1 ip4:192.0.2.0/24 -all"],
        "s1._domainkey.sender.example": [PUBLISHED],
        "_dmarc.sender.example": [dmarc],
        "_dmarc.example": None,
    }
    del ours["_dmarc.example"]
    return Zone(
        texts=ours | dict(texts or {}),
        names={"127.0.0.1": ["mail.sender.example"]},
        hosts={"mail.sender.example": ["127.0.0.1"], "sender.example": ["192.0.2.1"]},
    )


def letter(author: str = "bob@sender.example", more: str = "", body: bytes = BODY) -> bytes:
    """A message by ``author``; ``more`` are fields in front."""
    header = (
        f"{more}From: Bob <{author}>\r\nTo: {USER}\r\nSubject: Hello\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\n"
    )
    return header.encode() + body


def signed(message: bytes, signer: dkim.Signer = SIGNER, now: float = 1_700_000_000.0) -> bytes:
    """The message with a signature on top."""
    header, _, body = message.partition(b"\r\n\r\n")
    hashing = dkim.BodyHashes([dkim.BODY])
    hashing.update(body)
    return signer.field(header + b"\r\n\r\n", hashing.finish()[dkim.BODY].digest, now) + message


@asynccontextmanager
async def checking(folder: Path, resolver: FakeResolver | None = None, **checks: object) -> AsyncIterator[Box]:
    """The server; ``checks`` are its settings of that name."""
    settings = {"checks": {"loopback": True} | checks}
    async with server(folder, {USER: "a password"}, settings=settings, resolver=resolver or names()) as box:
        yield box


async def send(box: Box, message: bytes, sender: str = "bob@sender.example", to: str = USER) -> str:
    """Hand it in as a stranger; the server's last word."""
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=box.port("smtp"), local_hostname="mail.sender.example", start_tls=False
    )
    async with client:
        try:
            _, word = await client.sendmail(sender, [to], message)
        except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPResponseException) as error:
            return f"{error.code} {error.message}"
    return word


async def lying(box: Box, folder: str = "INBOX", address: str = USER) -> list[bytes]:
    """The messages in a folder."""
    store = box.server.store
    account = await store.account(address)
    assert account is not None
    row = await store.folder(account.id, folder)
    assert row is not None
    found = []
    for entry in await store.entries(row.id):
        slices = [octets async for octets in store.read_slices(entry.message_id)]
        found.append(b"".join(slices))
    return found


def results_of(message: bytes) -> list[str]:
    """The Authentication-Results of a message, unfolded."""
    found = BytesHeaderParser().parsebytes(message).get_all("Authentication-Results", [])
    return [" ".join(str(one).split()) for one in found]


async def story(box: Box, word: str) -> dict[str, dict[str, object]]:
    """The evidence of each event of the message that ``word`` speaks of, by its kind (the last of each)."""
    number = ids.decode(word.rpartition(" ")[2])
    chapters = await box.server.store.story(number)
    return {event.kind: dict(event.evidence) for chapter in chapters for event in decode(chapter)}


async def settle() -> None:
    """Give up the turn."""
    await asyncio.sleep(0)
