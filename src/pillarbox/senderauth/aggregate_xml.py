"""How is a DMARC aggregate report written? The XML of RFC 9990 §2.1.1 and its Appendix A."""

import re
from collections.abc import Iterator

from .aggregate import AggregateReport, DkimAuth, Override, PolicyPublished, ReportMetadata, Row, SpfAuth

NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
TEXT_MAX = 1_000
"""Characters of one element's text that are written."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# What is no Char of XML 1.0 §2.2.
_NO_CHAR = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: AggregateReport) -> bytes:
    """The document in UTF-8. Elements that are optional and say nothing are left out."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<feedback xmlns="{NAMESPACE}">', _text("version", "1.0")]
    lines += _metadata(report.metadata)
    lines += _policy(report.policy)
    for row in report.rows:
        lines += _row(row)
    lines.append("</feedback>\n")
    return "\n".join(lines).encode()


def _metadata(one: ReportMetadata) -> Iterator[str]:
    yield "<report_metadata>"
    yield _text("org_name", one.org_name)
    yield _text("email", one.email)
    yield from _optional("extra_contact_info", one.extra_contact)
    yield _text("report_id", one.report_id)
    yield f"<date_range><begin>{one.begin}</begin><end>{one.end}</end></date_range>"
    yield from _optional("error", "; ".join(one.errors))
    yield from _optional("generator", one.generator)
    yield "</report_metadata>"


def _policy(one: PolicyPublished) -> Iterator[str]:
    yield "<policy_published>"
    yield _text("domain", one.domain)
    yield from _optional("discovery_method", one.discovery)
    yield _text("p", one.p)
    yield from _optional("sp", one.sp)
    yield from _optional("np", one.np)
    yield from _optional("fo", one.fo)
    yield from _optional("adkim", one.adkim)
    yield from _optional("aspf", one.aspf)
    yield from _optional("testing", one.testing)
    yield "</policy_published>"


def _row(one: Row) -> Iterator[str]:
    yield f"<record><row>{_text('source_ip', one.source_ip)}<count>{one.count}</count><policy_evaluated>"
    yield _text("disposition", one.disposition) + _verdict("dkim", one.dkim) + _verdict("spf", one.spf)
    yield from map(_override, one.overrides)
    yield "</policy_evaluated></row><identifiers>"
    yield from _optional("envelope_to", one.envelope_to)
    yield _text("envelope_from", one.envelope_from)  # §2.1.1.10: empty for a null reverse-path
    yield _text("header_from", one.header_from)
    yield "</identifiers><auth_results>"
    yield from map(_dkim, one.dkim_results)
    yield from map(_spf, one.spf_results)
    yield "</auth_results></record>"


def _verdict(name: str, passes: bool) -> str:
    return _text(name, "pass" if passes else "fail")


def _override(one: Override) -> str:
    return f"<reason>{_text('type', one.kind)}{''.join(_optional('comment', one.comment))}</reason>"


def _dkim(one: DkimAuth) -> str:
    inner = _text("domain", one.domain) + _text("selector", one.selector) + _text("result", one.result)
    return f"<dkim>{inner}{''.join(_optional('human_result', one.human))}</dkim>"


def _spf(one: SpfAuth) -> str:
    inner = _text("domain", one.domain) + _text("scope", one.scope) + _text("result", one.result)
    return f"<spf>{inner}{''.join(_optional('human_result', one.human))}</spf>"


def _optional(name: str, value: str) -> Iterator[str]:
    if value:
        yield _text(name, value)


def _text(name: str, value: str) -> str:
    return f"<{name}>{_NO_CHAR.sub('?', value[:TEXT_MAX]).translate(_ESCAPES)}</{name}>"
