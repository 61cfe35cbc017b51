"""What is told of a message that lies in memory? BODY[…], BINARY[…] and BINARY.SIZE[…]. RFC 9051 §6.4.5."""

from pillarbox.mail import transfer
from pillarbox.mail.headers import header_size
from pillarbox.mail.sections import Sections
from pillarbox.proto.imap import fetch_responses
from pillarbox.proto.imap.items import Binary, BinarySize, Section

from .fetch_plan import OctetItem
from .fetch_sections import chosen_fields, cut, part_cut


class UnknownEncodingError(Exception):
    """A part has a transfer encoding that nobody knows (RFC 3516 §4.3)."""


def piece(item: OctetItem, prefix: bytes, data: bytes, sections: Sections | None) -> bytes:
    """The item as it is told of the message ``data`` behind its ``prefix``. UnknownEncodingError.

    ``sections`` are there when the item is about a part.
    """
    if isinstance(item, Section):
        return fetch_responses.section(item, _section(item, prefix, data, sections))
    content = _content(item.part, prefix, data, sections)
    if isinstance(item, BinarySize):
        return fetch_responses.binary_size(item, len(content) if content is not None else 0)
    return fetch_responses.binary(item, content if content is None else partial(content, item))


def partial(octets: bytes, item: Section | Binary) -> bytes:
    """What is left between the octets that <first.count> names."""
    if item.partial is None:
        return octets
    first, count = item.partial
    return octets[first : first + count]


def _section(item: Section, prefix: bytes, data: bytes, sections: Sections | None) -> bytes | None:
    if item.part and sections is not None:
        place = part_cut(item, sections)
    else:
        place = cut(item, header_size(data) if item.what else 0, len(data))
    if place is None:
        return None
    if item.fields:
        header = (prefix if place.prefixed else b"") + data[place.start : place.end]
        return partial(chosen_fields(header, item), item)
    window = place.window(prefix, item.partial)
    if not window.lead:
        return data[window.start : window.end]
    return window.lead + data[window.start : window.end]


def _content(part: tuple[int, ...], prefix: bytes, data: bytes, sections: Sections | None) -> bytes | None:
    """A part's octets without their transfer encoding; the whole message has none of its own."""
    if not part or sections is None:
        return prefix + data
    place = sections.find(part)
    if place is None:
        return None
    start, end = place.body
    if place.is_multipart or place.is_message:
        return data[start:end]  # RFC 2045 §6.4: what has parts is not encoded
    content = transfer.decode(data[start:end], place.encoding)
    if content is None:
        raise UnknownEncodingError(place.encoding)
    return content
