"""What is computed from a message, and what is asked of it? Plain values, which the store may lose and get again."""

from typing import NamedTuple


class Digest(NamedTuple):
    """What can be computed from one message's octets alone, kept so that listing and searching never touch them.

    ``envelope``, ``body`` and ``structure`` are ENVELOPE, BODY and BODYSTRUCTURE as they go over the wire (RFC 9051
    §7.5.2); ``sections`` is mail.sections.Sections encoded. Texts from ``sender`` (the From field) to ``subject`` are
    decoded and folded (mail.folding) for searching; ``sort_*`` are what SORT compares (RFC 5256 §2.1, RFC 5957).
    ``sent`` is the Date field's moment (POSIX seconds; None: the internal date stands in for it, §2.2), ``sent_day``
    the day its sender's calendar showed (date.toordinal). ``thread_id`` is the Message-ID and
    ``references`` the ids in References, or else In-Reply-To, with one space between, unquoted, without brackets
    (RFC 5256 §3). ``fields`` is all header text: a line "name: value" a field, decoded and folded each, first those of
    the message's own header, then an empty line and those of its parts; ``text`` is all readable text, decoded and
    folded in pieces, with line feeds between. ``cut`` tells that one of the two is not all of it.
    """

    message_id: int
    envelope: bytes
    body: bytes
    structure: bytes
    sections: bytes
    preview: str
    sent: float | None
    sent_day: int | None
    sender: str
    to: str
    cc: str
    bcc: str
    subject: str
    sort_from: str
    sort_to: str
    sort_cc: str
    sort_subject: str
    sort_display_from: str
    sort_display_to: str
    is_reply: bool
    thread_id: str
    references: str
    fields: str
    text: str
    cut: bool


class Worded(NamedTuple):
    """UIDs whose message contains a text for sure, and those of which only a part was kept, and that contains none."""

    sure: list[int]
    doubtful: list[int]


class Threading(NamedTuple):
    """What THREAD needs of one entry; ``sent`` falls back to the internal date."""

    uid: int
    sent: float
    subject: str
    is_reply: bool
    thread_id: str
    references: str
