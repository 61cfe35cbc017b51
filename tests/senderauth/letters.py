"""A message, keys, and the whole of DKIM and ARC over them, as intake has it."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pillarbox.senderauth import arc, dkim
from pillarbox.senderauth.dkim import DkimResult, DkimSettings, PrivateKey
from senderauth.zone import Zone

NOW = 1_800_000_000.0
HEADER = (
    b"Received: from a.example\r\n\tby b.example; Fri, 15 Jan 2027 08:00:00 +0000\r\n"
    b"From: Ann <ann@mailer.example>\r\nTo: bob@example.net\r\nSubject: Is dinner\r\n  ready?\r\n"
    b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@mailer.example>\r\nMIME-Version: 1.0\r\n"
)
BODY = b"Hi.\r\n\r\nWe lost the game.  Are you\thungry yet? \r\n\r\nJoe.\r\n\r\n"


@lru_cache
def rsa(bits: int = 2048) -> RSAPrivateKey:
    """An RSA key; the same each time."""
    return dkim.make_rsa(bits)


@lru_cache
def ed25519() -> Ed25519PrivateKey:
    """An Ed25519 key; the same each time."""
    return dkim.make_ed25519()


def zone(**selectors: str | PrivateKey) -> Zone:
    """DNS of mailer.example with a key record, or a text, for each selector."""
    found = Zone()
    for selector, key in selectors.items():
        text = key if isinstance(key, str) else dkim.record(key)
        found.add(f"{selector}._domainkey.mailer.example", "TXT", text)
    return found


def parted(message: bytes) -> tuple[bytes, bytes]:
    """The header with its empty line, and the body."""
    header, empty, body = message.partition(b"\r\n\r\n")
    return header + empty, body


def digest(body: bytes) -> bytes:
    """The hash of ``body`` that a signer needs."""
    hashes = dkim.BodyHashes([dkim.BODY])
    hashes.update(body)
    return hashes.finish()[dkim.BODY].digest


def signed(key: PrivateKey, selector: str = "r1", header: bytes = HEADER, body: bytes = BODY) -> bytes:
    """A message that mailer.example signed."""
    signer = dkim.Signer("mailer.example", selector, key, dkim.SignSettings())
    return signer.field(header, digest(body), NOW) + header + b"\r\n" + body


def checked(
    message: bytes, names: Zone, now: float = NOW, settings: DkimSettings | None = None
) -> tuple[DkimResult, ...]:
    """What DKIM says of ``message``."""
    settings = settings or DkimSettings()
    header, body = parted(message)
    fields = dkim.Fields(header)
    signatures = dkim.read_fields(fields, settings.limits)
    hashes = dkim.BodyHashes(dkim.bodies(signatures))
    hashes.update(body)
    return names.run(dkim.verify(fields, signatures, hashes.finish(), now, settings))


def chained(message: bytes, names: Zone, now: float = NOW) -> arc.Arc:
    """What ARC says of ``message``."""
    settings = arc.ArcSettings()
    header, body = parted(message)
    fields = dkim.Fields(header)
    chain = arc.read(fields, settings)
    hashes = dkim.BodyHashes(arc.bodies(chain))
    hashes.update(body)
    return names.run(arc.verify(fields, chain, hashes.finish(), now, settings))
