"""Does a preview show what the sender wrote, in 200 characters?"""

import pytest

from pillarbox.mail.preview import PREVIEW_MAX, preview
from pillarbox.mail.structure import scan

ALTERNATIVE = (
    "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<p>in colours</p>\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b--\r\n"
)
ATTACHED = (
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\nnot this\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<style>p</style><h1>Hello</h1>world &amp; all\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("\r\nHello,\r\n\r\n  how are\tyou?\r\n", "Hello, how are you?"),
        ("\r\n> you wrote\r\n> this\r\nI answer.\r\n", "I answer."),
        ("\r\nOn Monday, 1 January 2024, Ann <ann@x.test> wrote:\r\n> this\r\n\r\nI answer.\r\n", "I answer."),
        ("\r\n> only\r\n> quoted\r\n", "> only > quoted"),
        ("\r\n----------\r\nx\r\n==========\r\n", "x"),
        (ALTERNATIVE.format("in words"), "in words"),
        (ALTERNATIVE.format(" "), "in colours"),
        (ATTACHED, "Hello world & all"),
        ("Content-Type: image/png\r\n\r\nxxx", ""),
        ("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ninner", "inner"),
        ("", ""),
        ("Content-Type: text/html\r\n\r\nDeal\u200c&zwnj;\u034f &nbsp;of the day\x00\x1b", "Deal of the day"),
    ],
)
def test_preview(message: str, shown: str) -> None:
    octets = message.encode()
    assert preview(octets, scan(octets)) == shown


@pytest.mark.parametrize("text", ["word " * 100, "x" * 1000, "é" * 1000, "a" * 185 + " " + "b" * 100])
def test_it_is_short(text: str) -> None:
    octets = b"\r\n" + text.encode()
    shown = preview(octets, scan(octets))
    assert PREVIEW_MAX - 30 <= len(shown) <= PREVIEW_MAX
    assert shown.endswith("…")
    assert text.startswith(shown[:-1])
