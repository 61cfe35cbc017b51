"""Which octets does an IMAP URL mean? RFC 5092, as far as RFC 4469 (CATENATE) needs it: relative to this server."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pillarbox.proto.imap.fetch_items import item
from pillarbox.proto.imap.grammar import Cursor
from pillarbox.proto.imap.items import Section
from pillarbox.proto.imap.refusals import LiteralWantedError, RefusedError

# RFC 5092 §11: ipath-query behind "/" and a mailbox, or imessagepart relative to the mailbox that is selected.
_URL = re.compile(
    r"(?:/(?P<mailbox>[^;]+?)(?:;UIDVALIDITY=(?P<validity>[1-9]\d{0,9}))?)?"
    r"/?;UID=(?P<uid>[1-9]\d{0,9})"
    r"(?:/?;SECTION=(?P<section>[^;]+?))?"
    r"(?:/?;PARTIAL=(?P<first>\d{1,18})(?:\.(?P<count>[1-9]\d{0,17}))?)?",
    re.IGNORECASE,
)
_TO_THE_END = 2**62


class UrlError(ValueError):
    """It is no URL that can be used here."""


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """A section of a message; ``mailbox`` None: the one that is selected. ``uidvalidity`` None: not given."""

    mailbox: str | None
    uidvalidity: int | None
    uid: int
    section: Section

    @classmethod
    def parse(cls, url: str) -> "MessageUrl":
        """UrlError when ``url`` is none of those that CATENATE can use."""
        match = _URL.fullmatch(url)
        if match is None:
            raise UrlError(url)
        mailbox, validity = match["mailbox"], match["validity"]
        return cls(
            None if mailbox is None else _decoded(mailbox),
            None if validity is None else int(validity),
            int(match["uid"]),
            _section(_decoded(match["section"] or ""), _partial(match["first"], match["count"])),
        )


def _partial(first: str | None, count: str | None) -> tuple[int, int] | None:
    return None if first is None else (int(first), int(count) if count else _TO_THE_END)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise UrlError(text) from error


def _section(text: str, partial: tuple[int, int] | None) -> Section:
    try:
        cursor = Cursor(f"BODY.PEEK[{text}]".encode())
        found = item(cursor)
    except (RefusedError, LiteralWantedError) as error:
        raise UrlError(text) from error
    if not isinstance(found, Section) or not cursor.ended:
        raise UrlError(text)
    return Section(found.part, found.what, found.fields, True, partial)
