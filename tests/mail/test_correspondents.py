"""Is everybody found who stands in an address field, also when it is written badly?"""

from email.utils import getaddresses
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.correspondents import NAMED_MAX, Correspondent, parse

END = (None, None, None, None)


def person(name: bytes | None, local: bytes, host: bytes, route: bytes | None = None) -> Correspondent:
    """An address."""
    return Correspondent(name, route, local, host)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"", []),
        (b"ann@x.test", [person(None, b"ann", b"x.test")]),
        (b"<ann@x.test>", [person(None, b"ann", b"x.test")]),
        (b"Ann  Example <ann@x.test>", [person(b"Ann Example", b"ann", b"x.test")]),
        (b'"Example, Ann \\"A\\"" <ann@x.test>', [person(b'Example, Ann "A"', b"ann", b"x.test")]),
        (b'Ann "the" Example <ann@x.test>', [person(b"Ann the Example", b"ann", b"x.test")]),
        (b"=?utf-8?q?=C3=84nn?= <ann@x.test>", [person(b"=?utf-8?q?=C3=84nn?=", b"ann", b"x.test")]),
        (b"\xc3\x84nn <ann@x.test>", [person(b"\xc3\x84nn", b"ann", b"x.test")]),
        (b"ann@x.test (Ann (A) Example)", [person(b"Ann (A) Example", b"ann", b"x.test")]),
        (b"a@x, , b@y,", [person(None, b"a", b"x"), person(None, b"b", b"y")]),
        (b'"ann example"@x.test', [person(None, b"ann example", b"x.test")]),
        (b'"a@b" <c@d>', [person(b"a@b", b"c", b"d")]),
        (b'"<a@b>, x" <c@d>', [person(b"<a@b>, x", b"c", b"d")]),
        (b"ann@[192.0.2.1]", [person(None, b"ann", b"[192.0.2.1]")]),
        (b"ann . example @ x . test", [person(None, b"ann.example", b"x.test")]),
        (b"<@a,@b:c@d>", [person(None, b"c", b"d", b"@a,@b")]),
        # RFC 5322 Appendix A.1.3 and A.5: groups, comments everywhere.
        (b"A Group:Ed Jones <c@a.test>,joe@where.test;",
         [(None, None, b"A Group", None), person(b"Ed Jones", b"c", b"a.test"), person(None, b"joe", b"where.test"),
          END]),
        (b"Undisclosed recipients:;", [(None, None, b"Undisclosed recipients", None), END]),
        (b"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
         [(None, None, b"Hidden recipients", None), END]),
        (b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", [person(b"Pete", b"pete", b"silly.test")]),
        (b"g: a@b; c@d", [(None, None, b"g", None), person(None, b"a", b"b"), END, person(None, b"c", b"d")]),
        (b"g: a@b", [(None, None, b"g", None), person(None, b"a", b"b"), END]),
        # Wrong, but here they are.
        (b"Ann", [person(None, b"Ann", b"")]),
        (b"Ann <ann>", [person(b"Ann", b"ann", b"")]),
        (b"Ann <>", [person(b"Ann", b"", b"")]),
        (b"Ann <ann@x.test", [person(b"Ann", b"ann", b"x.test")]),
        (b"Ann Example ann@x.test", [person(b"Ann Example", b"ann", b"x.test")]),
        (b'"Ann <ann@x.test>', [person(b"Ann", b"ann", b"x.test")]),
        (b"ann@work <ann@x.test>", [person(b"ann@work", b"ann", b"x.test")]),
        (b"(only a comment)", []),
        (b";;,,::", [(None, None, b"", None), END]),
    ],
)  # fmt: skip
def test_parse(value: bytes, found: list[Correspondent]) -> None:
    assert parse(value) == found


NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\()[]'), max_size=20)
WORDS = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True)


@given(st.lists(st.tuples(NAMES.map(str.strip).filter(bool), WORDS, WORDS), min_size=1, max_size=6))
def test_it_agrees_with_another_reader(people: list[tuple[str, str, str]]) -> None:
    value = ", ".join(f'"{name}" <{local}@{host}>' for name, local, host in people)
    found = [(each.name, each.local, each.host) for each in parse(value.encode())]
    others = [
        (name.encode(), *(part.encode() for part in address.split("@"))) for name, address in getaddresses([value])
    ]
    assert found == others


def test_there_are_not_more_than_allowed() -> None:
    assert len(parse(b"a@b," * 50_000)) == NAMED_MAX


@pytest.mark.parametrize(
    "unit",
    [
        b"(",
        b'"\\',
        b"<",
        b"a<",
        b'"a',
        b"()",
        b"[a",
        b"(a",
        b":;",
        b'" <',
        b'"x" ',
        b"(\\",
        b'<"\\',
        b"@",
        b" ",
        b". ",
        b"a@b ",
    ],
)
def test_cost_grows_with_the_size_alone(unit: bytes) -> None:
    began = process_time()
    parse(unit * (250_000 // len(unit)))
    parse(b'"(<' + unit * (250_000 // len(unit)) + b"@x")
    assert process_time() - began < 2.0


@given(
    st.lists(
        st.sampled_from([b'"', b"\\", b"(", b")", b"<", b">", b"[", b"]", b",", b";", b":", b"@", b"a", b" ", b"."]),
        max_size=25,
    )
)
def test_it_never_fails(pieces: list[bytes]) -> None:
    for each in parse(b"".join(pieces)):
        assert each.host is not None or each.name is None
