"""Does taking a message apart survive whatever stands in it? Mutates good ones, up to their whole digest.

Nothing may be raised, every place lies within the message, what goes over the wire is what the grammar knows, and
sections come back as they were kept.
"""

import random

from fuzz.rounds import mutate
from inbox.digests import compute
from pillarbox.inbox.digest import DigestLimits
from pillarbox.mail.preview import PREVIEW_MAX
from pillarbox.mail.sections import Sections
from pillarbox.mail.structure import Part, ScanLimits, scan
from proto.imap.wire import read

LIMITS = ScanLimits(depth=6, parts=30, part_header=3_000, dashes=100)
COMPUTE = compute(DigestLimits(index_text=5_000, scan=LIMITS))
GOOD = (
    b'From: "Ann \\"A\\" E." <ann@x.test>, bob@y.test (Bob)\r\nTo: Friends: c@x.test, <@r:d@x.test>;\r\n'
    b"Subject: Re: [List] =?utf-8?q?Gr=C3=BC=C3=9Fe?= (fwd)\r\nDate: Mon, 1 Jan 2024 10:00:00 +0100 (CET)\r\n"
    b'Message-ID: <a@x.test>\r\nReferences: <b@x.test> <"c"@x.test>\r\n'
    b'Content-Type: multipart/mixed; boundary="b 1"\r\n\r\npreamble\r\n'
    b"--b 1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n"
    b"--b2\r\nContent-Type: text/plain; charset=iso-2022-jp\r\nX: y\r\n\r\n\x1b$BF|K\\\x1b(B\r\n"
    b"--b2\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>caf=C3=A9 &amp; <b>more</b><style>x</style>\r\n--b2--\r\n"
    b"--b 1\r\nContent-Type: multipart/digest; boundary=b3\r\n\r\n--b3\r\n\r\nSubject: in\r\n\r\nhello\r\n--b3--\r\n"
    b"--b 1\r\nContent-Type: image/png; name*0*=utf-8''%C3%A9; name*1=\".png\"\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="=?utf-8?b?w6kucG5n?="\r\nContent-Language: en, de\r\n\r\nAAAA\r\n'
    b"--b 1--\r\nepilogue\r\n"
)
SPICE = (
    b"\0", b"\xff", b"\r", b"\n", b"\r\n\r\n", b"--b 1\r\n", b"--b2\r\n", b"--b 1--\r\n", b'"', b"\\", b"(", b"?=",
    b"<", b"=?utf-8?q?", b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: multipart/mixed; boundary=b2\r\n\r\n",
    b"<!--", b"Content-Transfer-Encoding: base64\r\n", b"*0*=", b"'", b"%", b"\x1b$B", b"+AO", b"+2AA-",
    b"charset=utf-7;", b"=?utf-7?q?+2AA-?=", b"charset=utf-16;", b"a@b," * 500, b"\r\n " * 500,
    b"[fwd:" * 200, b"Re:" * 200, b"=\r\n" * 200, b"&#xD800;", b"&#x110000;", b"x" * 4_000,
)  # fmt: skip


def one_case(seed: int) -> None:
    """A mutated message, taken apart and digested."""
    dice = random.Random(seed)
    octets = mutate(GOOD, dice, SPICE)
    root = scan(octets, LIMITS)
    assert (root.header[0], root.body[1]) == (0, len(octets))
    assert _check(root, 0) <= 2 * LIMITS.parts  # a multipart without any part gets one
    digest = COMPUTE(octets, 1)
    for wire in (digest.envelope, digest.body, digest.structure):
        assert read(wire)[1] == b""
    assert Sections.decode(digest.sections).encode() == digest.sections
    assert len(digest.preview) <= PREVIEW_MAX
    assert max(len(digest.fields), len(digest.text)) <= 5_000
    for text in (digest.preview, digest.sender, digest.subject, digest.sort_subject, digest.fields, digest.text):
        text.encode("utf-8")
    for text in (digest.sender, digest.to, digest.subject, digest.sort_from, digest.sort_display_to):
        assert "\n" not in text


def _check(part: Part, depth: int) -> int:
    """Everything lies within its parent, in its order; the number of parts."""
    assert depth <= LIMITS.depth + 1
    at, count = part.body[0], 1
    for child in (part.message,) if part.message is not None else part.children:
        assert at <= child.header[0] <= child.header[1] <= child.body[0] <= child.body[1] <= part.body[1]
        at = child.body[1]
        count += _check(child, depth + 1)
    return count
