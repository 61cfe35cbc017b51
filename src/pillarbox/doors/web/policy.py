"""What does our MTA-STS policy for a domain say, and under which id? RFC 8461 §3.2, §3.1."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

PREFIX = "mta-sts."
PATH = "/.well-known/mta-sts.txt"
ID_LENGTH = 20  # of at most 32 characters


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """``mode``: "none", "testing" or "enforce"; ``max_age``: seconds that others keep it; ``hosts``: all that take
    our domains' mail (A-labels)."""

    mode: str
    max_age: int
    hosts: Sequence[str]


def policy(settings: PolicySettings) -> bytes:
    """The file, the same for each of our domains."""
    lines = ["version: STSv1", f"mode: {settings.mode}", *(f"mx: {host}" for host in settings.hosts)]
    return "".join(f"{line}\r\n" for line in [*lines, f"max_age: {settings.max_age}"]).encode("ascii")


def policy_id(content: bytes) -> str:
    """Another one for each other content, so that a change is noticed when the TXT record changes with it."""
    return sha256(content).hexdigest()[:ID_LENGTH]
