"""Are all domains found that a mail program could show as the author's?"""

import re

import pytest

from pillarbox.senderauth import dmarc_from
from pillarbox.senderauth.dmarc_from import FIELDS_MAX, authors, named


@pytest.mark.parametrize(
    ("header", "domains"),
    [
        (b"From: Ann <ann@one.example>\r\n", ("one.example",)),
        (b"To: x@y.example\r\nFROM : ann@One.Example\r\n", ("one.example",)),
        (b"From: ann@one.example, bob@two.example, c@one.example\r\n", ("one.example", "two.example")),
        (b"From: ann@one.example\r\nSubject: x\r\nfrom: bob@two.example\r\n", ("one.example", "two.example")),
        (b"From: Team: ann@one.example, bob@two.example;\r\n", ("one.example", "two.example")),
        (b'From: "bob@two.example" (c@three.example)\r\n <ann@one.example>\r\n', ("one.example",)),
        (b"From: =?utf-8?q?bob=40two.example?= <ann@one.example>\r\n", ("one.example",)),
        ("From: ann@b\u00fccher.example\r\n".encode(), ("b\u00fccher.example",)),
        (b"From: Example, Inc. <info@one.example>\r\n", ("one.example",)),
        (b"From: J. Doe [Sales] <info@one.example>\r\n", ("one.example",)),
    ],
)
def test_domains(header: bytes, domains: tuple[str, ...]) -> None:
    found = authors(header)
    assert (found.domains, found.fault) == (domains, None)


@pytest.mark.parametrize(
    "header",
    [
        b"", b"Subject: x\r\n", b"From:\r\n", b"From: nobody\r\n", b"From: Undisclosed:;\r\n",
        b"From: <ann@one.example> <bob@two.example>\r\n", b"From: ann@one.example@two.example\r\n",
        b"From: bob@two.example, Inc. (ann@one.example\r\n", b"From: ann@one.example\r\nFrom: broken <\r\n",
        b"From: a@one.example\r\n" * (FIELDS_MAX + 1), b"From: " + b"a@b.example," * 10_000 + b"\r\n",
    ],
)  # fmt: skip
def test_what_nobody_can_name(header: bytes) -> None:
    found = authors(header)
    assert found.domains == ()
    assert found.fault


@pytest.mark.parametrize(
    "value",
    [
        b"a@b.example", b"A-b+c=d.e@B.example", b"<a@b.example>", b"Ann <a@b.example>", b"Ann B. C <a@b.example>",
        b'"Ann, B" <a@b.example>', b'"Ann"<a@b.example>', b'"a@c.example" <a@b.example>', b"Ann<a@b.example>",
        b'"Ann \\" <x@c.example>" <a@b.example>', b"Ann  O'Hara <a@b.example> ", b"a@b", b"a@[192.0.2.1]",
        b"a..b@c.example", b".a@c.example", b"a@-c.example", b"a@c..example", b"a@b.example>", b"<a@b.example",
        b"Ann a@b.example", b"Ann <a@b.example> x", b"a@b.example\tx",
        b"a@" + b"b" * 64 + b".example", b"x" * 65 + b"@b", b" \t a@b.example \t",
        b'"Ann" "B" <a@b.example>', b"<a@b.example>, c@d.example", b"a @ b.example", b"a@b.example (c)", b"postmaster",
    ],
)  # fmt: skip
def test_the_short_way_comes_to_what_the_grammar_says(value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = authors(b"From: " + value + b"\r\n")
    assert named([b" " + value]) == found
    monkeypatch.setattr(dmarc_from, "_ONE", re.compile(rb"(?!)"))
    assert authors(b"From: " + value + b"\r\n") == found
