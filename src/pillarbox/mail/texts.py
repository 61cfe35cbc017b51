"""What can people read in a message? The text of its parts, decoded, for searching and previews. RFC 9051 §6.4.4."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from . import charsets, encoded_words, fields, transfer
from .parameters import readable as parameter
from .structure import Part


@dataclass(frozen=True, slots=True)
class TextLimits:
    """``text_part``: octets of one part's body that are read, before decoding."""

    text_part: int = 4 * 1024 * 1024


# What a browser does not show as text, from its beginning to its end, or so far.
_HIDDEN = re.compile(r"<(script|style|title)\b.*?(?:</\1\s*>|(\Z))|<!--.*?(?:-->|(\Z))", re.IGNORECASE | re.DOTALL)
_HIDDEN_END = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style", "title")}
_COMMENT_END = re.compile("-->")
# Characters of HTML that are worked on at a time: other threads need not wait for the end of a large one.
_PIECE = 128 * 1024
# Tags inside of a word; all others end one.
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|dfn|em|font|i|ins|kbd|mark|o:p|q|s|samp|small|span|strike|strong|sub"
    r"|sup|tt|u|var|wbr)(?=[\s>/])[^>]*(?:>|\Z)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])[^>]*(?:>|\Z)")
# Reports of deliveries and readings too (RFC 3464, RFC 8098).
_READABLE = frozenset({"text", "message"})
_MARKUP = frozenset({"html", "xhtml", "xml", "xhtml+xml"})


def readable(octets: bytes, part: Part, limits: TextLimits | None = None) -> Iterator[str]:
    """The texts of all text parts in their order, the names of attachments, headers and texts of embedded messages.

    HTML comes without its tags. The header of ``part`` itself is not among them.
    """
    bounds = limits or TextLimits()
    waiting = [part]
    while waiting:
        one = waiting.pop()
        name = file_name(one)
        if name:
            yield name
        if one.message is not None:
            yield from header_texts(octets[slice(*one.message.header)])
            waiting.append(one.message)
        elif one.children:
            waiting.extend(reversed(one.children))
        elif one.kind in _READABLE:
            yield text_of(octets, one, bounds)


def text_of(octets: bytes, part: Part, limits: TextLimits) -> str:
    """A text part's text, as it stands when its encoding is unknown."""
    start, end = part.body
    raw = octets[start : min(end, start + limits.text_part)]
    content = transfer.decode(raw, part.encoding)
    text = charsets.decode(raw if content is None else content, part.charset)
    return without_markup(text) if part.subkind in _MARKUP else text


def without_markup(html: str) -> str:
    """The text of an HTML document; scripts, styles and comments are none. Only for searching: nothing is made safe."""
    return unescape("".join(_TAG.sub(" ", _INLINE.sub("", piece)) for piece in _shown(html)))


def _shown(html: str) -> Iterator[str]:
    """What is not hidden, in pieces that end with a tag if they can."""
    at = 0
    while at < len(html):
        end = at + _PIECE
        if end < len(html):
            end = html.rfind(">", at, end) + 1 or end
        for hidden in _HIDDEN.finditer(html, at, end):
            yield f"{html[at : hidden.start()]} "
            at = hidden.end()
            if hidden[2] is not None or hidden[3] is not None:  # it goes on behind this piece
                closing = (_HIDDEN_END[hidden[1].lower()] if hidden[1] else _COMMENT_END).search(html, end)
                at = end = len(html) if closing is None else closing.end()
        yield html[at:end]
        at = end


def file_name(part: Part) -> str:
    """An attachment's name (RFC 2183 §2.3), or the older name parameter of its type; "" without."""
    given = parameter(part.disposition[1], "filename") if part.disposition is not None else ""
    return given or parameter(part.parameters, "name")


def header_texts(header: bytes) -> Iterator[str]:
    """Each field as "Name: value", decoded."""
    for name, value in fields.pairs(header):
        yield f"{name.decode('ascii', 'replace')}: {encoded_words.decode(value)}"
