"""How is a report on TLS written and read? The JSON of RFC 8460 §4.4 (I-JSON, RFC 7493); reading is bounded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from .report_packing import ReportFault
from .tlsrpt import TlsFailure, TlsPolicy, TlsReport

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class TlsReportLimits:
    """``octets`` of a document. What is beyond the others is left out: ``policies`` of a report, ``details`` and
    ``lines`` of a policy, characters of a ``text``."""

    octets: int = 5 * 1024 * 1024
    policies: int = 1_000
    details: int = 10_000
    lines: int = 100
    text: int = 1_000


def write(report: TlsReport) -> bytes:
    """The document. What is not known is left out."""
    document: Json = {
        "organization-name": report.organization,
        "date-range": {"start-datetime": _date(report.begin), "end-datetime": _date(report.end)},
        "contact-info": report.contact,
        "report-id": report.report_id,
        "policies": [_policy(one) for one in report.policies],
    }
    return json.dumps(document, indent=1).encode("ascii")


def _policy(one: TlsPolicy) -> Json:
    policy: dict[str, Json] = {"policy-type": one.kind, "policy-domain": one.domain}
    if one.text:
        policy["policy-string"] = list(one.text)
    if one.mx_hosts:
        policy["mx-host"] = list(one.mx_hosts)
    whole: dict[str, Json] = {
        "policy": policy,
        "summary": {"total-successful-session-count": one.successes, "total-failure-session-count": one.failures},
    }
    if one.details:
        whole["failure-details"] = [_failure(each) for each in one.details]
    return whole


def _failure(one: TlsFailure) -> Json:
    told: dict[str, Json] = {"result-type": one.kind}
    known = {
        "sending-mta-ip": one.sending_ip,
        "receiving-mx-hostname": one.receiving_host,
        "receiving-mx-helo": one.receiving_helo,
        "receiving-ip": one.receiving_ip,
    }
    told |= {name: value for name, value in known.items() if value}
    told["failed-session-count"] = one.count
    if one.information:
        told["additional-information"] = one.information
    if one.code:
        told["failure-reason-code"] = one.code
    return told


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(document: bytes, limits: TlsReportLimits | None = None) -> TlsReport:
    """The report; ReportFault says what is wrong with what is none."""
    bounds = limits or TlsReportLimits()
    if len(document) > bounds.octets:
        raise ReportFault(f"it is larger than {bounds.octets} octets")
    try:
        whole: Json = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ReportFault("it is no JSON") from error
    top = _object(whole)
    if "policies" not in top or not isinstance(top["policies"], list):
        raise ReportFault("it is no report on TLS: it lists no policies")
    reader = _Reader(bounds)
    dates = _object(top.get("date-range"))
    return TlsReport(
        reader.text(top, "organization-name"), reader.text(top, "contact-info"), reader.text(top, "report-id"),
        _moment(dates.get("start-datetime")), _moment(dates.get("end-datetime")),
        tuple(reader.policy(_object(one)) for one in top["policies"][: bounds.policies]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reader:
    """Parts of a document; what has the wrong type is not there."""

    limits: TlsReportLimits

    def text(self, where: Mapping[str, Json], name: str) -> str:
        value = where.get(name)
        return _clean(value)[: self.limits.text] if isinstance(value, str) else ""

    def texts(self, where: Mapping[str, Json], *names: str) -> tuple[str, ...]:
        """A list of texts; some write one text instead."""
        return tuple(self._texts(where, names))

    def _texts(self, where: Mapping[str, Json], names: Sequence[str]) -> Iterator[str]:
        for name in names:
            value = where.get(name)
            several = value if isinstance(value, list) else [value]
            for one in several[: self.limits.lines]:
                if isinstance(one, str):
                    yield _clean(one)[: self.limits.text]

    def policy(self, one: Mapping[str, Json]) -> TlsPolicy:
        policy, summary = _object(one.get("policy")), _object(one.get("summary"))
        details = one.get("failure-details")
        return TlsPolicy(
            self.text(policy, "policy-type").lower(), self.text(policy, "policy-domain").lower(),
            # §4.4 calls it mx-host, its example mx-host-pattern, and so do its readers.
            self.texts(policy, "policy-string"), self.texts(policy, "mx-host", "mx-host-pattern"),
            _count(summary, "total-successful-session-count"), _count(summary, "total-failure-session-count"),
            tuple(
                self.failure(_object(each))
                for each in (details if isinstance(details, list) else [])[: self.limits.details]
            ),
        )  # fmt: skip

    def failure(self, one: Mapping[str, Json]) -> TlsFailure:
        return TlsFailure(
            self.text(one, "result-type").lower(), _count(one, "failed-session-count"),
            self.text(one, "sending-mta-ip"), self.text(one, "receiving-mx-hostname"),
            self.text(one, "receiving-mx-helo"), self.text(one, "receiving-ip"),
            self.text(one, "additional-information") or self.text(one, "additional-info-uri"),
            self.text(one, "failure-reason-code"),
        )  # fmt: skip


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _clean(text: str) -> str:
    """Without halves of characters, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _count(where: Mapping[str, Json], name: str) -> int:
    value = where.get(name)
    number = value if isinstance(value, int) else int(value) if isinstance(value, str) and _is_number(value) else 0
    return number if 0 <= number < 1 << 53 else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _moment(value: Json) -> int:
    """RFC 3339 as POSIX seconds; 0 for what is none. A time without a zone is taken for UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return 0
    try:
        moment = datetime.fromisoformat(value.strip())
        return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError):
        return 0
