"""What is worth knowing of a message before anybody opens it? Its digest, computed from its octets alone.

The octets are those that all its recipients share. The prefix of an entry (Return-Path, Delivered-To) is not among
them: who fetches adds its size to every offset, and its lines to the top of the header.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pillarbox.mail import dates, encoded_words, fields
from pillarbox.mail.correspondents import Correspondent, parse
from pillarbox.mail.folding import fold
from pillarbox.mail.preview import preview
from pillarbox.mail.sections import Sections
from pillarbox.mail.structure import Part, ScanLimits, scan
from pillarbox.mail.subjects import base_subject
from pillarbox.mail.texts import TextLimits, readable
from pillarbox.store.digests import Digest

# The first of ten thousand addresses is found without reading them all.
_FIRST_WITHIN = 16_384
_MESSAGE_ID = re.compile(rb"<([^<>]+)>")
# no-fold-quote of RFC 2822 §3.6.4, which RFC 5256 §3 wants to be the same as what it quotes.
_QUOTED = re.compile(rb'\s*"((?:[^"\\]|\\.)*+)"\s*@', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_SPACES = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Wire:
    """How a mail client is told: ENVELOPE of a header, BODY and BODYSTRUCTURE of a part of a message's octets."""

    envelope: Callable[[bytes], bytes]
    body: Callable[[Part, bytes], bytes]
    structure: Callable[[Part, bytes], bytes]


@dataclass(frozen=True, slots=True)
class DigestLimits:
    """How much of a message is taken in."""

    index_text: int = 1024 * 1024
    """Characters of readable text, and of header text, that the index of words gets."""
    text: TextLimits = field(default_factory=TextLimits)
    scan: ScanLimits = field(default_factory=ScanLimits)


@dataclass(frozen=True, slots=True)
class Compute:
    """Makes digests. A pure function with its limits: it may run in any thread."""

    wire: Wire
    limits: DigestLimits = field(default_factory=DigestLimits)

    def __call__(self, octets: bytes, message_id: int) -> Digest:
        """The digest of any octets whatever."""
        part = scan(octets, self.limits.scan)
        header = octets[slice(*part.header)]
        read = fields.read(header)
        people = {name: _people(read, name.encode()) for name in ("from", "to", "cc", "bcc")}
        subject = _decoded(read, b"subject")
        base, is_reply = base_subject(subject)
        sent = dates.parse(_decoded(read, b"date"))
        field_text, fields_cut = _gathered(_field_lines(octets, part), self.limits.index_text)
        text, text_cut = _gathered(map(fold, readable(octets, part, self.limits.text)), self.limits.index_text)
        return Digest(
            message_id=message_id,
            envelope=self.wire.envelope(header),
            body=self.wire.body(part, octets),
            structure=self.wire.structure(part, octets),
            sections=Sections.of(part).encode(),
            preview=preview(octets, part),
            sent=None if sent is None else sent.moment,
            sent_day=None if sent is None else sent.day,
            sender=fold(_decoded(read, b"from")),
            to=fold(_decoded(read, b"to")),
            cc=fold(_decoded(read, b"cc")),
            bcc=fold(_decoded(read, b"bcc")),
            subject=fold(subject),
            sort_from=_mailbox(people["from"]),
            sort_to=_mailbox(people["to"]),
            sort_cc=_mailbox(people["cc"]),
            sort_subject=fold(base),
            sort_display_from=_display(people["from"]),
            sort_display_to=_display(people["to"]),
            is_reply=is_reply,
            thread_id=_own_id(read),
            references=_references(read),
            fields=field_text,
            text=text,
            cut=fields_cut or text_cut or _is_cut(part, self.limits.text.text_part),
        )

    def empty(self, message_id: int, size: int) -> Digest:
        """A valid digest that knows nothing but the size: all of the message is one plain text."""
        whole = Part((0, 0), (0, size))
        return self(b"", message_id)._replace(
            body=self.wire.body(whole, b""),
            structure=self.wire.structure(whole, b""),
            sections=Sections.of(whole).encode(),
            cut=True,
        )


def fields_text(octets: bytes, part: Part) -> str:
    """What ``Digest.fields`` holds, without a bound: a line a field, "name: value", the name in lower case, the value
    decoded and folded; the message's own, an empty line, those of parts and embedded messages."""
    return "\n".join(_field_lines(octets, part))


def _field_lines(octets: bytes, part: Part) -> Iterator[str]:
    yield from _lines(octets[slice(*part.header)])
    waiting = [part.message] if part.message is not None else [*reversed(part.children)]
    if waiting:
        yield ""
    while waiting:
        one = waiting.pop()
        if one.header[0] < one.header[1]:
            yield from _lines(octets[slice(*one.header)])
        waiting.extend([one.message] if one.message is not None else reversed(one.children))


def _lines(header: bytes) -> Iterator[str]:
    for name, value in fields.pairs(header):
        if b"=?" in value or not value.isascii():
            shown = fold(encoded_words.decode(value)).strip()
        else:  # what nearly all of them are, folded in two steps
            shown = " ".join(value.decode("ascii").lower().split())
        yield f"{name.decode('ascii').lower()}: {shown}"


def _gathered(texts: Iterator[str], limit: int) -> tuple[str, bool]:
    """Texts that are not empty, one a line, up to ``limit`` characters; whether that is not all."""
    found, left = [], limit
    for text in texts:
        if len(text) > left:
            if left > 0:  # -1 when the one before it filled all
                found.append(text[:left])
            return "\n".join(found), True
        found.append(text)
        left -= len(text) + 1
    return "\n".join(found), False


def _is_cut(part: Part, text_part: int) -> bool:
    """Whether a text is longer than what is read of one."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if one.kind == "text" and one.body[1] - one.body[0] > text_part:
            return True
        waiting.extend((*one.children, one.message) if one.message is not None else one.children)
    return False


def _decoded(read: dict[bytes, list[bytes]], name: bytes) -> str:
    """All fields of a name, decoded: a search for one of several values must find it."""
    values = read.get(name)
    return "" if values is None else encoded_words.decode(b", ".join(values))


def _people(read: dict[bytes, list[bytes]], name: bytes) -> Correspondent | None:
    """The first in a field."""
    values = read.get(name)
    return next(iter(parse(values[0][:_FIRST_WITHIN])), None) if values else None


def _mailbox(one: Correspondent | None) -> str:
    """RFC 5256 §3: addr-mailbox of the first address; a group's name stands in its place."""
    return fold(encoded_words.decode(one.local or b"")) if one is not None else ""


def _display(one: Correspondent | None) -> str:
    """RFC 5957 §3.1: the display name decoded, or else mailbox and host; a group's name."""
    if one is None:
        return ""
    if one.name:
        return fold(encoded_words.decode(one.name))
    return fold(encoded_words.decode(one.local or b"" if not one.host else b"%b@%b" % (one.local or b"", one.host)))


def _ids(value: bytes) -> list[str]:
    """Message ids without brackets and quoting: <"a"@b> is <a@b> (RFC 5256 §3)."""
    found = []
    for match in _MESSAGE_ID.finditer(value):
        text = match[1]
        quoted = _QUOTED.match(text) if b'"' in text else None
        if quoted is not None:
            text = _QUOTED_PAIR.sub(rb"\1", quoted[1]) + text[quoted.end() - 1 :]
        if b"@" in text:
            found.append(_SPACES.sub(b"", text).decode("utf-8", "replace"))
    return found


def _own_id(read: dict[bytes, list[bytes]]) -> str:
    return next(iter(_ids(read.get(b"message-id", [b""])[0])), "")


def _references(read: dict[bytes, list[bytes]]) -> str:
    """RFC 5256 §3: References; when it names nobody, the first of In-Reply-To."""
    ids = [each for value in read.get(b"references", ()) for each in _ids(value)]
    return " ".join(ids or _ids(read.get(b"in-reply-to", [b""])[0])[:1])
