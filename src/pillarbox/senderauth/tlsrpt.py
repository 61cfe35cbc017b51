"""What does a report on TLS say? RFC 8460 §4: with what success mail was brought to a domain under each policy."""

from dataclasses import dataclass
from enum import StrEnum


class PolicyType(StrEnum):
    """Which kind of policy applied (§4.4, policy-type)."""

    TLSA = "tlsa"
    STS = "sts"
    NONE = "no-policy-found"


class FailureType(StrEnum):
    """What went wrong (§4.3)."""

    # §4.3.1: negotiation
    STARTTLS_NOT_SUPPORTED = "starttls-not-supported"
    CERTIFICATE_HOST_MISMATCH = "certificate-host-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_TRUSTED = "certificate-not-trusted"
    VALIDATION_FAILURE = "validation-failure"
    # §4.3.2.1: DANE
    TLSA_INVALID = "tlsa-invalid"
    DNSSEC_INVALID = "dnssec-invalid"
    DANE_REQUIRED = "dane-required"
    # §4.3.2.2: MTA-STS
    STS_POLICY_FETCH_ERROR = "sts-policy-fetch-error"
    STS_POLICY_INVALID = "sts-policy-invalid"
    STS_WEBPKI_INVALID = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """``count`` sessions that failed in the same way (§4.4, failure-details); "" for what is not known.

    ``kind`` is the word of §4.3; another's report may hold one that is not in FailureType.
    """

    kind: str
    count: int
    sending_ip: str = ""
    receiving_host: str = ""
    receiving_helo: str = ""
    receiving_ip: str = ""
    information: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What happened under one policy. ``kind`` is the word of PolicyType; ``text``: the policy or the TLSA records, a
    line each; ``mx_hosts``: the patterns of an MTA-STS policy."""

    kind: str
    domain: str
    text: tuple[str, ...] = ()
    mx_hosts: tuple[str, ...] = ()
    successes: int = 0
    failures: int = 0
    details: tuple[TlsFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsReport:
    """A whole report. ``begin`` and ``end``: POSIX seconds, what is told lies between."""

    organization: str
    contact: str
    report_id: str
    begin: int
    end: int
    policies: tuple[TlsPolicy, ...]
