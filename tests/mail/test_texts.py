"""Does a search see all that people can read, and nothing else?"""

from time import process_time

import pytest

from pillarbox.mail.structure import scan
from pillarbox.mail.texts import TextLimits, file_name, readable, without_markup

MESSAGE = (
    b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+Y2Fmw6k8L2I+\r\n"
    b'--b\r\nContent-Type: image/png; name="=?utf-8?q?M=C3=BCll=2Epng?="\r\n\r\nnot to be read\r\n'
    b"--b\r\nContent-Type: text/x-log\r\nContent-Transfer-Encoding: x-odd\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.log\r\n\r\nas it is\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?inn=C3=ABr?=\r\n\r\ninner text\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n"
    b"--b--\r\n"
)


def test_everything_readable_in_its_order() -> None:
    assert list(readable(MESSAGE, scan(MESSAGE))) == [
        "café", "café", "Müll.png", "été.log", "as it is", "Subject: innër", "inner text", "Status: 5.1.1",
    ]  # fmt: skip


def test_no_more_of_a_part_than_allowed() -> None:
    octets = b"\r\n" + "é".encode() * 100
    assert list(readable(octets, scan(octets), TextLimits(text_part=11))) == ["ééééé\ufffd"]


def test_a_file_without_a_name() -> None:
    assert file_name(scan(b"Content-Disposition: attachment\r\n\r\n")) == ""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one two"),
        ("<b>un</b>divided <span class='x'>w</span>ord", "undivided word"),
        ("a<br>b<br/>c<td>d", "a b c d"),
        ("<style>p { color: red }</style>x<script>alert('no')</script >y", "x y"),
        ("x<!-- no -->y<!-- never closed", "x y"),
        ("a &lt;b&gt; &amp; &eacute;&#233;&nbsp;c", "a <b> & éé c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("x<script>never closed", "x"),
        ("x<p title='never closed", "x"),
        ("<html><head><title>no</title></head><body>yes</body></html>", "yes"),
    ],
)
def test_without_markup(html: str, text: str) -> None:
    assert " ".join(without_markup(html).split()) == text


@pytest.mark.parametrize("hidden", [("<script>", "</SCRIPT >"), ("<style>", "</style>"), ("<!-- ", "-->")])
def test_a_large_one_is_the_same(hidden: tuple[str, str]) -> None:
    word = "<p>w<b>or</b>d&amp;</p>"
    html = f"{word * 9_000}{hidden[0]}{'<p>no</p>' * 40_000}{hidden[1]}{word * 9_000}{hidden[0]}{'no ' * 100_000}"
    assert without_markup(html).split() == ["word&"] * 18_000


@pytest.mark.parametrize("unit", ["<script", "<!--", "<", "<a ", "<style>", "</", "&", "&#", "<b>", "<title></", "<p"])
def test_cost_grows_with_the_size_alone(unit: str) -> None:
    began = process_time()
    without_markup(unit * (1_000_000 // len(unit)))
    assert process_time() - began < 2.0
