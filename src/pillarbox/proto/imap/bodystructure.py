"""How does a message's MIME tree go over the wire as BODY and BODYSTRUCTURE? RFC 9051 §7.5.2, RFC 3501 §7.4.2."""

from pillarbox.mail.parameters import Parameters
from pillarbox.mail.structure import Part

from .envelope import envelope, string
from .strings import NIL

# RFC 2045 §5.2: what a text without a charset is.
_ASCII = (("charset", "us-ascii"),)


def structure(part: Part, octets: bytes) -> bytes:
    """BODYSTRUCTURE of a part, with extension data. ``octets`` is the message that was scanned."""
    return _written(part, octets, extended=True)


def body(part: Part, octets: bytes) -> bytes:
    """BODY of a part: the same without extension data."""
    return _written(part, octets, extended=False)


def _written(part: Part, octets: bytes, extended: bool) -> bytes:
    if part.children:
        children = b"".join(_written(child, octets, extended) for child in part.children)
        more = b" " + _parameters(part.parameters) + _extension(part) if extended else b""
        return b"(%b %b%b)" % (children, _string(part.subkind), more)
    more = b" " + _string(part.md5) + _extension(part) if extended else b""
    return b"(%b%b%b)" % (_fields(part), _own(part, octets, extended), more)


def _fields(part: Part) -> bytes:
    """media-basic and body-fields."""
    parameters = part.parameters
    if part.kind == "text" and part.charset is None:
        parameters += _ASCII
    return b"%b %b %b %b %b %b %d" % (
        _string(part.kind), _string(part.subkind), _parameters(parameters),
        _string(part.id), _string(part.description), _string(part.encoding),
        part.body[1] - part.body[0],
    )  # fmt: skip


def _own(part: Part, octets: bytes, extended: bool) -> bytes:
    """What only texts and messages have: lines, and the envelope and structure of an embedded message."""
    if part.message is not None:
        header = envelope(octets[slice(*part.message.header)])
        return b" %b %b %d" % (header, _written(part.message, octets, extended), part.lines)
    return b" %d" % part.lines if part.kind == "text" else b""


def _extension(part: Part) -> bytes:
    """Disposition, language, location."""
    disposition = NIL
    if part.disposition is not None:
        disposition = b"(%b %b)" % (_string(part.disposition[0]), _parameters(part.disposition[1]))
    languages = b"(%b)" % b" ".join(map(_string, part.language)) if part.language else NIL
    return b" %b %b %b" % (disposition, languages, _string(part.location))


def _parameters(parameters: Parameters) -> bytes:
    if not parameters:
        return NIL
    return b"(%b)" % b" ".join(_string(text) for pair in parameters for text in pair)


def _string(text: str | None) -> bytes:
    return string(None if text is None else text.encode("utf-8", "surrogateescape"))
