"""How does our mail show that it is ours? By a DKIM signature of the author's domain, with each of its active keys.

Only domains of ours are signed for, and the author's alone: a signature of another domain would not count for DMARC.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple, Protocol

from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter
from pillarbox.senderauth import dkim, dmarc_from

from .session import Service, Session

# How much of a file is hashed at a time.
SLICE = 256 * 1024


class Whole(NamedTuple):
    """A message in memory; ``start`` is where its body begins."""

    octets: bytes
    start: int


class Signers(Protocol):
    """Who has the keys: accounts.keys.Keys."""

    def domain_of(self, author: str) -> str | None: ...

    def signers(self, domain: str) -> tuple[dkim.Signer, ...]: ...


class Signing:
    """Signs what leaves in our name."""

    def __init__(self, keys: Signers, clock: Clock, pool: Executor) -> None:
        self._keys = keys
        self._clock = clock
        self._pool = pool

    def is_for(self, session: Session) -> bool:
        """Whether what ``session`` hands in may be signed; what strangers bring never is."""
        return session.service is not Service.LMTP and (session.may_relay or session.is_submission)

    async def hash_file(self, message: Path, start: int) -> bytes:
        """The hash of the body in a file, which begins at ``start``. OSError when it cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _hash_file, message, start)

    def sign(self, header: bytes, body: Whole | bytes, chapter: Chapter) -> bytes:
        """The signatures with their line ends, to stand above ``header``; empty when nobody signs.

        ``body``: the whole message in memory whose body is to be hashed, or the hash.
        """
        signers = self._signers_of(header, chapter)
        if not signers:
            return b""
        body_hash = body if isinstance(body, bytes) else _hash_octets(body)
        try:
            field = dkim.sign_all(signers, header, body_hash, self._clock.now())
        except dkim.UnsoundHeader as error:
            chapter.add("unsigned", why=str(error))
            return b""
        domains = list(dict.fromkeys(signer.domain for signer in signers))
        chapter.add("signed", domain=", ".join(domains), selectors=[signer.selector for signer in signers])
        return field

    def of_ours(self, content: bytes, header_size: int, chapter: Chapter) -> bytes:
        """The signatures of a message that we write ourselves."""
        return self.sign(content[:header_size], Whole(content, header_size), chapter)

    def _signers_of(self, header: bytes, chapter: Chapter) -> Sequence[dkim.Signer]:
        found: dict[str, tuple[dkim.Signer, ...]] = {}
        for author in dmarc_from.authors(header).domains:
            domain = self._keys.domain_of(author)
            if domain is not None and domain not in found:
                found[domain] = self._keys.signers(domain)
                if not found[domain]:
                    chapter.add("unsigned", why=f"DNS does not show the keys of {domain} yet")
        return [signer for signers in found.values() for signer in signers]


def _hash_octets(whole: Whole) -> bytes:
    hashing = dkim.BodyHashes([dkim.BODY])
    hashing.update(whole.octets[whole.start :])
    return hashing.finish()[dkim.BODY].digest


def _hash_file(message: Path, start: int) -> bytes:
    hashing = dkim.BodyHashes([dkim.BODY])
    with message.open("rb") as file:
        file.seek(start)
        while octets := file.read(SLICE):
            hashing.update(octets)
    return hashing.finish()[dkim.BODY].digest
