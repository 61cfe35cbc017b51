"""What strangers brought is sealed (ARC) for those who get it from us, if the operator wants that."""

import re
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pillarbox.accounts.aliases import Aliases
from pillarbox.accounts.keys import Record
from pillarbox.app.settings import Checks
from pillarbox.senderauth import arc, dkim
from pillarbox.store.rows import QueueFilter
from pillarbox.testing import Box
from senderauth.letters import chained, digest, parted, rsa
from senderauth.zone import Zone as NextZone

from .checking import USER, Zone, checking, letter, lying, names, send, signed, story
from .test_signing import hand_in, look, making

dkimpy = pytest.importorskip("dkim")

SET = [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results", b"Authentication-Results", b"Received"]
LIST_KEY, LIST_RECORD = "r._domainkey.lists.example", dkim.record(rsa(1024)).encode()


class Sealed:
    """A server that seals, and DNS as the next server sees it."""

    def __init__(self, box: Box, ours: Zone, records: list[Record]) -> None:
        self.box = box
        self.ours = ours
        self.records = {record.name: record.text.encode() for record in records} | {LIST_KEY: LIST_RECORD}

    def found(self, message: bytes) -> arc.Arc:
        zone = NextZone()
        for name, text in self.records.items():
            zone.add(name, "TXT", text.decode())
        return chained(message, zone, time.time())

    def dkimpy(self, message: bytes) -> bytes:
        def ask(name: bytes, timeout: float = 5) -> bytes | None:
            return self.records.get(name.decode().removesuffix("."))

        state: bytes = dkimpy.ARC(message).verify(dnsfunc=ask)[0]
        return state


@asynccontextmanager
async def sealing(folder: Path, *, shown: bool = True, **checks: object) -> AsyncIterator[Sealed]:
    """The server, with the keys of example.test; DNS shows them if ``shown``."""
    zone = names({LIST_KEY: [LIST_RECORD]})
    with ThreadPoolExecutor(1) as pool:
        async with checking(folder, zone, **{"seal": True} | checks) as box:
            records = await making(box, pool).records("example.test")
            if shown:
                zone.show(records)
            await look(box)
            yield Sealed(box, zone, records)


def sealed_by_a_list(message: bytes) -> bytes:
    """With one more set, by a list before us."""
    header, body = parted(message)
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    sealer = arc.Sealer("lists.example", "r", rsa(1024), dkim.SignSettings())
    none = arc.Arc(arc.ArcVerdict.NONE, "")
    return sealer.seal(header, chain, none, b" lists.example; dmarc=pass", digest(body), time.time()) + message


def first_names(message: bytes) -> list[bytes]:
    return re.findall(rb"^([A-Za-z-]+):", message, re.MULTILINE)[: len(SET)]


@pytest.mark.parametrize("lines", [1, 40_000])
async def test_mail_from_strangers_is_sealed(tmp_path: Path, lines: int) -> None:
    """Small mail in memory, and large mail from its file."""
    async with sealing(tmp_path) as here:
        word = await send(here.box, signed(letter(body=b"0123456789 \r\n" * lines)))
        [message] = await lying(here.box)
        told = await story(here.box, word)
    found = here.found(message)
    assert (found.result.value, len(found.sets)) == ("pass", 1), found
    assert here.dkimpy(message) == b"pass"
    assert first_names(message) == SET
    assert max(map(len, parted(message)[0].split(b"\r\n"))) < 200
    [ours] = found.sets
    assert (ours.seal.domain, ours.seal.algorithm, ours.status) == ("example.test", "rsa-sha256", "none")
    assert ours.results.startswith("mx.example.test;")
    assert "dmarc=pass" in ours.results
    assert told["sealed"] == {"domain": "example.test"}
    assert here.found(message.replace(b"0123", b"0124")).result.value == "fail"


async def test_nothing_is_sealed_unless_asked_for(tmp_path: Path) -> None:
    async with sealing(tmp_path, seal=False) as here:
        word = await send(here.box, signed(letter()))
        [message] = await lying(here.box)
        told = await story(here.box, word)
    assert b"ARC-" not in message
    assert not {"sealed", "unsealed"} & set(told)


async def test_what_users_send_is_not_sealed(tmp_path: Path) -> None:
    async with sealing(tmp_path) as here:
        await hand_in(here.box, letter(USER))
        [message] = await lying(here.box)
    assert b"ARC-" not in message


async def test_without_a_key_the_story_says_why(tmp_path: Path) -> None:
    async with sealing(tmp_path, shown=False) as here:
        word = await send(here.box, signed(letter()))
        [message] = await lying(here.box)
        told = await story(here.box, word)
    assert b"ARC-" not in message
    assert told["unsealed"]["why"] == "DNS does not show an RSA key of example.test yet"


async def test_a_chain_goes_on(tmp_path: Path) -> None:
    async with sealing(tmp_path) as here:
        await send(here.box, sealed_by_a_list(letter()))
        [message] = await lying(here.box, "Junk")
    found = here.found(message)
    assert (found.result.value, [each.status for each in found.sets]) == ("pass", ["none", "pass"]), found
    assert "arc=pass" in found.sets[1].results
    assert here.dkimpy(message) == b"pass"


async def test_a_broken_chain_is_closed_once(tmp_path: Path) -> None:
    """RFC 8617 §5.1.1, §5.1.2: our set says that it is broken; behind one that said so, there is none of ours."""
    async with sealing(tmp_path) as here:
        broken = sealed_by_a_list(letter()).replace(b"Hello!", b"Hollo!")
        await send(here.box, broken)
        [message] = await lying(here.box, "Junk")
        word = await send(here.box, message)
        messages = await lying(here.box, "Junk")
        told = await story(here.box, word)
    found = here.found(message)
    assert (found.result.value, [each.status for each in found.sets]) == ("fail", ["none", "fail"])
    assert messages[-1].count(b"ARC-Seal:") == 2
    assert told["unsealed"]["why"] == "nobody may add to the seals that it has"


async def test_a_chain_whose_keys_dns_keeps_to_itself_is_left_alone(tmp_path: Path) -> None:
    async with sealing(tmp_path) as here:
        here.ours.fail(LIST_KEY)
        word = await send(here.box, sealed_by_a_list(letter()))
        told = await story(here.box, word)
    assert "DNS did not answer" in str(told["unsealed"]["why"])


async def test_what_an_alias_sends_on_carries_the_seal(tmp_path: Path) -> None:
    async with sealing(tmp_path) as here:
        server = here.box.server
        await Aliases(server.store, server.recipients.clear).put("friends@example.test", ["carl@far.example"])
        await send(here.box, signed(letter()), to="friends@example.test")
        [item] = await server.store.queue_rows(QueueFilter(everything=True))
        message = b"".join([octets async for octets in server.store.read_slices(item.message.id)])
    assert here.found(message).result.value == here.dkimpy(message).decode() == "pass"


def test_who_seals_must_look_at_seals() -> None:
    assert not Checks().seal
    assert Checks(seal=True).seal
    with pytest.raises(ValueError, match="seal = true needs arc = true"):
        Checks(seal=True, arc=False)
