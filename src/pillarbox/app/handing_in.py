"""How does a program on this machine hand in a message? It is made fit here and given to the running server.

What `sendmail` has always done to a message: RFC 5322 line ends, no mbox "From " line, no Bcc (RFC 5322 §3.6.3).
Only quick imports: `sendmail` is started for every message that a script sends.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import calling

Json = calling.Json

# A header field's first line; what does not begin with one has no header at all.
_FIELD_START = re.compile(rb"[!-9;-~]+[ \t]*:")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*(?:\n|\Z))")
_ENVELOPE_LINE = re.compile(rb"\A>?From [^\n]*\n")
_BLIND = {b"bcc", b"resent-bcc"}
_PIECE = 256 * 1024


@dataclass(slots=True)
class Letter:
    """A message as a program gives it. ``sender`` None: the user. ``from_fields``: recipients stand in To, Cc, Bcc.

    ``name`` is the author's name where From is missing; ``wishes`` are notify, ret and envelope_id of RFC 3461.
    """

    content: bytes
    sender: str | None
    recipients: list[str]
    from_fields: bool = False
    name: str = ""
    user: str = ""
    program: str = "pillarbox send"
    wishes: dict[str, str] = field(default_factory=dict)


def hand_in(data: Path, letter: Letter) -> Json:
    """Give ``letter`` to the server of the folder ``data``; its answer (id, recipients). Trouble when it refuses."""
    content, named, has_author = fit(letter.content)
    pieces = (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))
    return calling.ask(
        data,
        "submit",
        pieces,
        octets=len(content),
        sender=letter.sender,
        recipients=letter.recipients,
        recipient_fields=named if letter.from_fields else [],
        author="" if has_author else letter.name,
        user=letter.user,
        program=letter.program,
        **letter.wishes,
    )


def fit(content: bytes) -> tuple[bytes, list[str], bool]:
    """The message as it may travel, the values of the fields that name its recipients, and whether it has a From."""
    text = _ENVELOPE_LINE.sub(b"", content.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    if not _FIELD_START.match(text):
        text = b"\n" + text.removeprefix(b"\n")
    end = 0 if text.startswith(b"\n") else text.find(b"\n\n") + 1 or len(text)
    header, body = text[:end], text[end:] or b"\n"
    found = [(match[1].lower(), match) for match in _FIELD.finditer(header) if _at_line_start(header, match)]
    named = _recipients((key, match[2]) for key, match in found)
    header = _without(header, [match.span() for key, match in found if key in _BLIND])
    if header and not header.endswith(b"\n"):
        header += b"\n"
    return (header + body).replace(b"\n", b"\r\n"), named, any(key == b"from" for key, _match in found)


def _at_line_start(header: bytes, match: re.Match[bytes]) -> bool:
    return match.start() == 0 or header[match.start() - 1] == 0x0A


def _recipients(fields: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """To, Cc and Bcc; of a message that is sent on, Resent-To, Resent-Cc and Resent-Bcc instead (RFC 5322 §3.6.6)."""
    plain, again = [], []
    for key, value in fields:
        text = re.sub(rb"\n[ \t]", b" ", value).strip().decode("utf-8", "replace")
        if key in {b"to", b"cc", b"bcc"}:
            plain.append(text)
        elif key in {b"resent-to", b"resent-cc", b"resent-bcc"}:
            again.append(text)
    return again or plain


def _without(header: bytes, spans: list[tuple[int, int]]) -> bytes:
    for start, end in reversed(spans):
        header = header[:start] + header[end:]
    return header


def greeting(sender: str, recipients: list[str]) -> Letter:
    """The message that `pillarbox send hello` sends."""
    text = (
        f"From: Pillarbox <{sender}>\nTo: {', '.join(recipients)}\nSubject: Hello from Pillarbox\n\n"
        "Hello!\n\nThis message went in, was stored safely, and lies in your inbox.\n"
        "What happened to it, step by step, tells: pillarbox why, with the id of its first Received line.\n"
    )
    return Letter(text.encode(), sender, recipients)
