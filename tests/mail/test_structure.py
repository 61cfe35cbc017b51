"""Is a message taken apart where RFC 2046 says, and does anything else still give a tree of bounded cost?"""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.structure import Part, ScanLimits, scan

Shape = str | tuple[str, object]

NESTED = (
    b"Subject: x\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n"
    b"preamble\r\n"
    b"--outer\r\n\r\nfirst\r\n\r\n"
    b'--outer \t\r\nContent-Type: multipart/alternative; boundary="outer-in"\r\n\r\n'
    b"--outer-in\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: Quoted-Printable\r\n\r\n<p>\r\n"
    b"--outer-in--\r\nepilogue\r\n"
    b"--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n"
    b"--outer--\r\nepilogue\r\n--outer\r\n\r\nnobody sees this\r\n"
)


def shape(part: Part) -> Shape:
    """Types alone."""
    name = f"{part.kind}/{part.subkind}"
    if part.message is not None:
        return (name, shape(part.message))
    return (name, [shape(child) for child in part.children]) if part.children else name


def bodies(octets: bytes, part: Part) -> list[bytes]:
    """What the leaves hold."""
    inner = [part.message] if part.message is not None else [*part.children]
    return [octets[slice(*part.body)]] if not inner else [body for child in inner for body in bodies(octets, child)]


def everything(part: Part) -> list[Part]:
    """The part and all below it."""
    inner = [part.message] if part.message is not None else [*part.children]
    return [part, *(each for child in inner for each in everything(child))]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_tree(line_end: bytes) -> None:
    octets = NESTED.replace(b"\r\n", line_end)
    part = scan(octets)
    assert shape(part) == (
        "multipart/mixed",
        ["text/plain", ("multipart/alternative", ["text/html"]), ("message/rfc822", "text/plain")],
    )
    assert bodies(octets, part) == [b"first" + line_end, b"<p>", b"hello"]


def test_what_a_part_says_of_itself() -> None:
    octets = (
        b"Content-Type: TEXT/Plain; Charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: BASE64 (really)\r\n"
        b"Content-ID: <a@b>\r\nContent-Description: one\r\n two\r\nContent-MD5: Q2hlY2s=\r\n"
        b'Content-Disposition: attachment; filename="x.txt"\r\nContent-Language: en, de (too)\r\n'
        b"Content-Location: http://x.test/\r\n\r\na\r\nb\r\n"
    )
    assert scan(octets) == Part(
        header=(0, len(octets) - 6),
        body=(len(octets) - 6, len(octets)),
        kind="text",
        subkind="plain",
        parameters=(("charset", "utf-8"), ("format", "flowed")),
        id="<a@b>",
        description="one two",
        encoding="base64",
        md5="Q2hlY2s=",
        disposition=("attachment", (("filename", "x.txt"),)),
        language=("en", "de", "too"),
        location="http://x.test/",
        lines=2,
    )


def multipart(body: bytes, subtype: bytes = b"mixed", boundary: bytes = b"; boundary=b") -> bytes:
    """A message with this body."""
    return b"Content-Type: multipart/" + subtype + boundary + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("octets", "expected", "leaves"),
    [
        (b"", "text/plain", [b""]),
        (b"\r\nbody", "text/plain", [b"body"]),
        (b"Subject: no end", "text/plain", [b""]),
        (b"Content-Type: nonsense\r\n\r\nx", "text/plain", [b"x"]),
        (b"Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx", ("message/rfc822", "text/plain"), [b"x"]),
        (b"Content-Type: message/partial\r\n\r\nA: b\r\n\r\nx", "message/partial", [b"A: b\r\n\r\nx"]),
        # RFC 2046 §5.1.5: in a digest, messages are what is meant.
        (multipart(b"--b\r\n\r\nA: b\r\n\r\nx\r\n--b--", b"digest"),
         ("multipart/digest", [("message/rfc822", "text/plain")]), [b"x"]),
        # A delimiter right behind the header; a part without a header; without a body; without anything.
        (multipart(b"--b\r\n\r\nx\r\n--b--"), ("multipart/mixed", ["text/plain"]), [b"x"]),
        (multipart(b"--b\r\nContent-Type: a/b\r\n--b--"), ("multipart/mixed", ["a/b"]), [b""]),
        (multipart(b"--b\r\n\r\n--b--"), ("multipart/mixed", ["text/plain"]), [b""]),
        (multipart(b"--b\r\n--b--"), ("multipart/mixed", ["text/plain"]), [b""]),
        # No end, no boundary, no delimiter: what is there is shown.
        (multipart(b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n"), ("multipart/mixed", ["text/plain"] * 2), [b"x", b"y\r\n"]),
        (multipart(b"x\r\n", boundary=b""), ("multipart/mixed", ["text/plain"]), [b"x\r\n"]),
        (multipart(b"x\r\n--c\r\n\r\ny", b"mixed"), ("multipart/mixed", ["text/plain"]), [b"x\r\n--c\r\n\r\ny"]),
        (multipart(b"--b--\r\n--b\r\n\r\nlate"), ("multipart/mixed", ["text/plain"]), [b"--b--\r\n--b\r\n\r\nlate"]),
        # The outer boundary ends what is inside, also when that is called the same.
        (multipart(b"--b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--b\r\n\r\n"
                   b"y\r\n--c--\r\n--b--"),
         ("multipart/mixed", [("multipart/x", ["text/plain"]), "text/plain"]), [b"x", b"y\r\n--c--"]),
        (multipart(b"--b\r\nContent-Type: multipart/x; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--"),
         ("multipart/mixed", [("multipart/x", ["text/plain"]), "text/plain"]), [b"", b"x"]),
        # A line that only begins as a delimiter is none.
        (multipart(b"--b\r\n\r\nx\r\n--bc\r\ny\r\n--b--"), ("multipart/mixed", ["text/plain"]), [b"x\r\n--bc\r\ny"]),
    ],
)  # fmt: skip
def test_odd_and_broken(octets: bytes, expected: Shape, leaves: list[bytes]) -> None:
    part = scan(octets)
    assert shape(part) == expected
    assert bodies(octets, part) == leaves


def test_a_view_is_as_good_as_octets() -> None:
    assert scan(memoryview(NESTED)) == scan(NESTED)


def nest(levels: int, inner: bytes = b"x") -> bytes:
    """Multiparts in one another."""
    for level in range(levels):
        inner = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--\r\n" % (
            level,
            level,
            inner,
            level,
        )
    return inner


def test_nothing_is_deeper_than_allowed() -> None:
    for octets in (nest(3_000), b"Content-Type: message/rfc822\r\n\r\n" * 10_000):
        part, depth = scan(octets), 0
        while part.children or part.message is not None:
            part, depth = part.message or part.children[0], depth + 1
        assert depth == ScanLimits().depth or (depth == ScanLimits().depth + 1 and part.kind == "text")


def test_a_message_too_deep_is_no_message() -> None:
    part = scan(b"Content-Type: message/rfc822\r\n\r\n" * 3, ScanLimits(depth=1))
    assert shape(part) == ("message/rfc822", "application/octet-stream")


def test_there_are_not_more_parts_than_allowed() -> None:
    octets = multipart(b"--b\r\n\r\nx\r\n" * 1_000)
    assert len(everything(scan(octets, ScanLimits(parts=10)))) == 10


def test_lines_with_dashes_are_not_looked_at_for_ever() -> None:
    octets = multipart(b"--b\r\n\r\n" + b"--x\r\n" * 100 + b"--b\r\n\r\ny\r\n--b--")
    assert len(scan(octets, ScanLimits(dashes=50)).children) == 1
    assert len(scan(octets).children) == 2
    # Signatures and comments are no boundaries, and do not count.
    octets = multipart(b"--b\r\n\r\n" + b"-- x\r\n" * 100 + b"--b\r\n\r\ny\r\n--b--")
    assert len(scan(octets, ScanLimits(dashes=50)).children) == 2


@pytest.mark.parametrize(
    "octets",
    [
        multipart(b"--b\r\n\r\nx\r\n" * 100_000),
        multipart(b"--x\r\n" * 500_000),
        multipart(b"--b\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 30_000 + b"--b--\r\n"),
        nest(5_000),
        b"Content-Type: message/rfc822\r\n\r\n" * 50_000,
        multipart(b"\r\n--b" * 200_000),
        b"A: b\r\n" * 300_000,
        b"Content-Type: multipart/mixed" + b"; boundary=b" * 100_000 + b"\r\n\r\n",
        multipart(b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 30_000),
    ],
    ids=["parts", "dashes", "attachment", "nested", "messages", "blank", "header", "parameters", "same"],
)
def test_cost_grows_with_the_size_alone(octets: bytes) -> None:
    began = process_time()
    scan(octets)
    assert process_time() - began < 2.0


@given(
    st.lists(
        st.sampled_from([
            b"--b", b"--b--", b"--c", b"\r\n", b"\n", b"\r", b"x", b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"Content-Type: multipart/digest; boundary=c\r\n", b"Content-Type: message/rfc822\r\n\r\n",
        ]),
        max_size=40,
    )
)  # fmt: skip
def test_any_octets_give_a_tree_within_them(pieces: list[bytes]) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(pieces)
    root = scan(octets)
    assert (root.header[0], root.body[1]) == (0, len(octets))
    for part in everything(root):
        inner = [part.message] if part.message is not None else [*part.children]
        at = part.body[0]
        for child in inner:
            assert at <= child.header[0] <= child.header[1] <= child.body[0] <= child.body[1] <= part.body[1]
            at = child.body[1]
        assert bool(part.children) == (part.kind == "multipart")
