"""Are other people's odd, broken and tortured messages understood as another reader understands them?"""

import email
import os
import re
from email.message import Message
from pathlib import Path

import pytest

from inbox.digests import compute
from pillarbox.mail import transfer
from pillarbox.mail.structure import Part, scan
from proto.imap.wire import read

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
NO_MESSAGES = {".txt", ".json", ".md", ".py", ".cs", ".rb"}
Shape = str | tuple[str, object]


def messages() -> list[tuple[str, bytes]]:
    """All of them, by name, with CRLF."""
    folder = SUITES / "mime"
    if not folder.is_dir():
        reason = f"other people's messages are not in {folder} (PILLARBOX_SUITES says where they are)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return [
        (file.name, re.sub(rb"\r\n?|\n", b"\r\n", file.read_bytes()).replace(b"\0", b""))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in NO_MESSAGES
    ]


def ours(part: Part) -> Shape:
    """Types alone."""
    name = f"{part.kind}/{part.subkind}"
    if part.message is not None:
        return (name, ours(part.message))
    return (name, [ours(child) for child in part.children]) if part.children else name


def theirs(message: "Message[str, str]") -> Shape:
    """The same of the standard library's tree. It takes reports apart, and leaves empty multiparts empty; RFC 9051
    wants it the other way round."""
    name = message.get_content_type()
    if name == "message/rfc822":
        return (name, theirs(children(message)[0]))
    if message.get_content_maintype() == "multipart":
        return (name, [theirs(child) for child in children(message)] or ["text/plain"])
    return name


def children(message: "Message[str, str]") -> "list[Message[str, str]]":
    """The parts, none of what holds text."""
    return [child for child in message.get_payload() if isinstance(child, Message)] if message.is_multipart() else []


def leaves(part: Part) -> list[Part]:
    """Parts without parts."""
    inner = [part.message] if part.message is not None else [*part.children]
    return [part] if not inner else [leaf for child in inner for leaf in leaves(child)]


def test_they_are_taken_apart_alike() -> None:
    differ = {
        name: (ours(scan(octets)), theirs(email.message_from_bytes(octets)))
        for name, octets in messages()
        if ours(scan(octets)) != theirs(email.message_from_bytes(octets))
    }
    assert differ == {}


def test_the_content_of_their_parts_is_the_same() -> None:
    compared = 0
    for name, octets in messages():
        if not name.endswith(".eml"):
            continue
        others = [each for each in email.message_from_bytes(octets).walk() if not each.is_multipart()]
        own = [octets[slice(*leaf.body)] for leaf in leaves(scan(octets)) if leaf.encoding == "base64"]
        encoded = [
            each for each in others if str(each.get("content-transfer-encoding", "")).strip().lower() == "base64"
        ]
        if len(own) != len(encoded):
            continue  # a report that only the other one takes apart
        for ours_, theirs_ in zip(own, encoded, strict=True):
            assert transfer.decode(ours_, "base64") == theirs_.get_payload(decode=True), name
            compared += 1
    assert compared > 20


def test_every_one_of_them_can_be_listed() -> None:
    for name, octets in messages():
        digest = compute()(octets, 1)
        for wire in (digest.envelope, digest.body, digest.structure):
            assert read(wire)[1] == b"", name
