"""How is a DMARC aggregate report read? XML of RFC 9990, RFC 7489 and what came before; bounded, without entities.

Reports are written by many hands. What is missing is "", what nobody defined is taken for the nearest word that
somebody did; only what is no XML, or no report at all, is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from xml.parsers import expat

from .aggregate import (
    DISPOSITIONS,
    DKIM_RESULTS,
    OVERRIDES,
    SPF_RESULTS,
    AggregateReport,
    DkimAuth,
    Override,
    PolicyPublished,
    ReportMetadata,
    Row,
    SpfAuth,
)
from .report_packing import ReportFault

# Words of old drafts and of programs that know no RFC.
_SYNONYMS = {"hardfail": "fail", "error": "permerror", "unknown": "temperror", "": "none"}
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class AggregateLimits:
    """``rows`` of a report, further ones are left out; ``depth`` of elements in one another; ``text``: characters of
    one text, further ones are left out; ``elements`` in one record or section, and in the ``whole``."""

    rows: int = 50_000
    depth: int = 20
    text: int = 1_000
    elements: int = 2_000
    whole: int = 1_500_000


@dataclass(slots=True)
class _Node:
    """An element: what stands in it by name, in its order."""

    text: str = ""
    inner: "dict[str, list[_Node]] | None" = None  # most have none: a dictionary for each would be half of the work

    def add(self, name: str, node: "_Node") -> None:
        if self.inner is None:
            self.inner = {}
        self.inner.setdefault(name, []).append(node)

    def all(self, name: str) -> "Sequence[_Node]":
        return self.inner.get(name, ()) if self.inner is not None else ()

    def one(self, name: str) -> "_Node":
        """The first element of that name; an empty one where there is none."""
        found = self.all(name)
        return found[0] if found else _Node()

    def word(self, name: str) -> str:
        """The text of the first element of that name, white space gone."""
        found = self.all(name)
        return found[0].text.strip() if found else ""


def read(document: bytes, limits: AggregateLimits | None = None) -> AggregateReport:
    """The report; ReportFault says what is wrong with what is none."""
    reading = _Reading(limits or AggregateLimits())
    reading.feed(document)
    feedback = reading.root
    if feedback is None or not feedback.all("report_metadata") or not feedback.all("policy_published"):
        raise ReportFault("it is no DMARC report: it does not say who reports on which domain")
    return AggregateReport(
        _metadata(feedback.one("report_metadata")),
        _policy(feedback.one("policy_published")),
        tuple(reading.rows),
        reading.truncated,
    )


class _Reading:
    """A document on its way through the parser; a record becomes a row as soon as it ends."""

    def __init__(self, limits: AggregateLimits) -> None:
        self.limits = limits
        self.root: _Node | None = None
        self.rows: list[Row] = []
        self.truncated = False
        self._open: list[tuple[str, _Node]] = []
        self._elements = 0
        self._whole = 0
        # "}" between namespace and name: with or without one, the local name counts.
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.buffer_text = True

    def feed(self, document: bytes) -> None:
        """All of it at once. Some begin with an empty line, which XML does not allow before its declaration."""
        try:
            self._parser.Parse(document.lstrip(_BLANK).removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK), True)
        except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
            if isinstance(error, ReportFault):
                raise
            raise ReportFault(f"it is no XML: {error}") from error

    def _doctype(self, *_declaration: object) -> None:
        # No report needs one, and entities could make a page of text a gigabyte.
        raise ReportFault("it declares a document type, which no report does")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) >= self.limits.depth:
            raise ReportFault(f"its elements stand more than {self.limits.depth} deep in one another")
        self._elements += 1
        if self._elements > self.limits.elements:
            raise ReportFault(f"a part of it has more than {self.limits.elements} elements")
        self._open.append((name.rpartition("}")[2], _Node()))

    def _data(self, text: str) -> None:
        if self._open:
            node = self._open[-1][1]
            if len(node.text) < self.limits.text:
                node.text = (node.text + text)[: self.limits.text]

    def _end(self, _name: str) -> None:
        name, node = self._open.pop()
        if not self._open:
            self.root = node if name == "feedback" else None
        elif len(self._open) == 1:  # a section of the whole
            self._whole += self._elements
            self._elements = 0
            if self._whole > self.limits.whole:
                raise ReportFault(f"it has more than {self.limits.whole} elements")
            self._section(name, node)
        else:
            self._open[-1][1].add(name, node)

    def _section(self, name: str, node: _Node) -> None:
        if name != "record":
            if not self._open[0][1].all(name):
                self._open[0][1].add(name, node)
        elif len(self.rows) < self.limits.rows:
            self.rows.append(_row(node))
        else:
            self.truncated = True


def _metadata(node: _Node) -> ReportMetadata:
    dates = node.one("date_range")
    return ReportMetadata(
        node.word("org_name"), node.word("email"), node.word("report_id"),
        _number(dates.word("begin")), _number(dates.word("end")), node.word("extra_contact_info"),
        tuple(one.text.strip() for one in node.all("error") if one.text.strip()), node.word("generator"),
    )  # fmt: skip


def _policy(node: _Node) -> PolicyPublished:
    return PolicyPublished(
        node.word("domain").lower(), _known(node.word("p"), DISPOSITIONS, "none"), node.word("sp").lower(),
        node.word("np").lower(), node.word("adkim").lower(), node.word("aspf").lower(), node.word("fo"),
        node.word("testing").lower(), node.word("discovery_method").lower(), node.word("pct"),
    )  # fmt: skip


def _row(record: _Node) -> Row:
    row, names, results = record.one("row"), record.one("identifiers"), record.one("auth_results")
    evaluated = row.one("policy_evaluated")
    return Row(
        _ip(row.word("source_ip")), _number(row.word("count")),
        _known(evaluated.word("disposition"), DISPOSITIONS, "none"),
        evaluated.word("dkim").lower() == "pass", evaluated.word("spf").lower() == "pass",
        names.word("header_from").lower(), names.word("envelope_from").lower(), names.word("envelope_to").lower(),
        tuple(_override(one) for one in evaluated.all("reason")),
        tuple(_dkim(one) for one in results.all("dkim")),
        tuple(_spf(one) for one in results.all("spf")),
    )  # fmt: skip


def _override(node: _Node) -> Override:
    return Override(_known(node.word("type"), OVERRIDES, "other"), node.word("comment"))


def _dkim(node: _Node) -> DkimAuth:
    result = _known(node.word("result"), DKIM_RESULTS, "permerror")
    return DkimAuth(node.word("domain").lower(), node.word("selector"), result, node.word("human_result"))


def _spf(node: _Node) -> SpfAuth:
    result = _known(node.word("result"), SPF_RESULTS, "permerror")
    scope = node.word("scope").lower() or "mfrom"
    return SpfAuth(node.word("domain").lower(), result, scope, node.word("human_result"))


def _known(text: str, words: Sequence[str], otherwise: str) -> str:
    word = text.lower()
    if word in words:
        return word
    near = _SYNONYMS.get(word, otherwise)
    return near if near in words else otherwise


def _number(text: str) -> int:
    """A number of messages or seconds; 0 for what is none. Some write 1700000000.0."""
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 15 else 0


def _ip(text: str) -> str:
    """The address in its usual form; as it stands, cut short, where it is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text[:45]
