"""What stands in the store about trust between servers? Policies, keys, and what is counted and reported of both.

MTA-STS (RFC 8461), reports on TLS (RFC 8460), DKIM keys (RFC 6376) and DMARC reports (RFC 9990).
"""

from typing import NamedTuple


class StsRow(NamedTuple):
    """An MTA-STS policy (RFC 8461), as fetched: ``version`` is its id in DNS, ``policy`` the octets of its file."""

    domain: str
    version: str
    fetched: float
    expires: float
    policy: bytes


class TlsCount(NamedTuple):
    """So many ``sessions`` of one UTC ``day`` ("2026-11-23") had one result under one policy: for RFC 8460.

    ``kind`` is "tlsa", "sts" or "no-policy-found"; ``policy`` the lines of the policy, ``mx`` its patterns. ``result``
    is "" for success, else a type of RFC 8460 §4.3; ``host``, ``address``, ``helo`` and ``reason`` stand with failures.
    """

    day: str
    domain: str
    kind: str
    policy: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    result: str = ""
    host: str = ""
    address: str = ""
    helo: str = ""
    reason: str = ""
    sessions: int = 1


class DkimKeyRow(NamedTuple):
    """A key that signs for one of our domains. ``private`` is PEM; ``state`` a value of accounts.keys.State;
    ``changed`` is when it came into it."""

    domain: str
    selector: str
    algorithm: str
    private: str
    state: str
    made: float
    changed: float


class DmarcCount(NamedTuple):
    """Messages of a day ("2026-11-23", UTC) that came in the name of a domain: ``domain`` is the one whose policy
    counts, ``record`` the text of that, ``evidence`` what was found, as JSON."""

    day: str
    domain: str
    record: str
    evidence: str
    messages: int


class ReportRow(NamedTuple):
    """A report that we got: ``kind`` is "dmarc" or "tls", ``number`` its report-id, ``document`` what it says, as JSON.
    ``message_id`` is the message that brought it."""

    kind: str
    domain: str
    reporter: str
    number: str
    begins: float
    ends: float
    received: float
    message_id: int
    document: str
