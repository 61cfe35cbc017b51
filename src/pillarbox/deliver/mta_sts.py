"""What does an MTA-STS policy say, and which hosts does it allow? RFC 8461 §3, §4.1. Values only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

MAX_AGE = 31_557_600  # §3.2: a year
PATTERNS = 100  # mx lines that are kept; §3.2 sets no bound
_RECORD = re.compile(rb"v=STSv1[ \t]*;(.*)\Z", re.DOTALL)
_ID = re.compile(rb"(?:\A|;)[ \t]*id[ \t]*=[ \t]*([A-Za-z0-9]{1,32})[ \t]*(?:;|\Z)")
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*:[ \t]*([^\r\n]*)")
_PATTERN = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?\Z"
)


class Mode(Enum):
    """What a domain wants. TESTING changes nothing but what is counted."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


class InvalidPolicy(Exception):
    """The file is no policy; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``domain`` is whose policy it is; ``max_age`` in seconds; ``lines`` as they stand in the file, for reports."""

    domain: str
    mode: Mode
    mx: tuple[str, ...]
    max_age: int
    lines: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        """Whether ``host`` (A-labels) is among the domain's mail hosts; a star is one label (§4.1)."""
        name = host.lower().rstrip(".")
        rest = name.partition(".")[2]
        return any(pattern[2:] == rest if pattern.startswith("*.") else pattern == name for pattern in self.mx)


def version_of(records: Iterable[bytes]) -> str | None:
    """The id in the TXT records of ``_mta-sts.<domain>``; None when the domain has no policy (§3.1)."""
    ours = [match for record in records if (match := _RECORD.match(record)) is not None]
    if len(ours) != 1:
        return None  # §3.1: with several, the domain is taken to have none
    found = _ID.search(ours[0][1])
    return found[1].decode("ascii") if found is not None else None


def read(domain: str, octets: bytes) -> Policy:
    """The policy in a file (§3.2); unknown keys are passed over, of one that stands twice the first counts."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidPolicy("the policy is no UTF-8 text") from error
    lines = tuple(line.strip() for line in text.replace("\r\n", "\n").split("\n") if line.strip())
    found: dict[str, str] = {}
    mx: list[str] = []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            raise InvalidPolicy(f"a line of the policy is not key: value: {line[:60]!r}")
        key, value = match[1], match[2].strip()
        if key == "mx":
            mx.append(_pattern(value))
        else:
            found.setdefault(key, value)
    return _policy(domain, found, tuple(mx[:PATTERNS]), lines)


def _policy(domain: str, found: dict[str, str], mx: tuple[str, ...], lines: tuple[str, ...]) -> Policy:
    if found.get("version") != "STSv1":
        raise InvalidPolicy("the policy is not of version STSv1")
    try:
        mode = Mode(found.get("mode", ""))
    except ValueError:
        raise InvalidPolicy("the mode of the policy is none of enforce, testing and none") from None
    age = found.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise InvalidPolicy("the policy has no max_age in seconds")
    if not mx and mode is not Mode.NONE:
        raise InvalidPolicy("the policy names no mail host")
    return Policy(domain, mode, mx, min(int(age), MAX_AGE), lines[: PATTERNS + 10])


def _pattern(value: str) -> str:
    pattern = value.lower()
    if len(pattern) > 255 or not _PATTERN.match(pattern):
        raise InvalidPolicy(f"the policy names a mail host that is none: {value[:60]!r}")
    return pattern.rstrip(".")
