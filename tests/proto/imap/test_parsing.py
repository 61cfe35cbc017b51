"""What the written conversations do not show of commands: moments, bounds, and every refusal's text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pillarbox.mail import query
from pillarbox.mail.query import NumberSet
from pillarbox.proto.imap.commands import Command, Fetch, Search, Store
from pillarbox.proto.imap.dates import day, took_moment
from pillarbox.proto.imap.grammar import LARGEST, Cursor
from pillarbox.proto.imap.items import Item, Section
from pillarbox.proto.imap.parsing import parse
from pillarbox.proto.imap.refusals import LiteralWantedError, RefusedError
from proto.imap.conversing import SETTINGS


def read(verb: str, arguments: str, *enabled: str) -> Command:
    """The command, as it is read."""
    return parse(verb, Cursor(f" {arguments}".encode(), 0, frozenset(enabled)), SETTINGS)


def refusal(verb: str, arguments: str, *enabled: str) -> str:
    """Why it is not."""
    with pytest.raises(RefusedError) as caught:
        read(verb, arguments, *enabled)
    return caught.value.completion.encode("a").decode().removeprefix("a ").rstrip()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ('"17-Jul-1996 02:44:25 -0700"', datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(-timedelta(hours=7)))),
        ('" 7-jul-1996 02:44:25 +0530"', datetime(1996, 7, 7, 2, 44, 25, tzinfo=timezone(timedelta(minutes=330)))),
        ('"7-Jul-1996 02:44:25 +0000"', datetime(1996, 7, 7, 2, 44, 25, tzinfo=UTC)),
        # A leap second, which clocks here do not have.
        ('"30-Jun-2012 23:59:60 +0000"', datetime(2012, 6, 30, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    cursor = Cursor(text.encode())
    assert took_moment(cursor) == moment
    assert cursor.ended


@pytest.mark.parametrize(
    "text",
    [
        '"31-Feb-1996 02:44:25 -0700"', '"17-Foo-1996 02:44:25 -0700"', '"17-Jul-1996 25:44:25 -0700"',
        '"17-Jul-0000 02:44:25 -0700"', '"17-Jul-1996 02:44:25 -9900"', '"1-Jan-0001 00:00:00 +0100"',
        '"31-Dec-9999 23:59:59 -0100"', '"17-Jul-1996"', '"17-Jul-1996 02:44:61 -0700"',
    ],
)  # fmt: skip
def test_no_moment(text: str) -> None:
    with pytest.raises(RefusedError):
        took_moment(Cursor(text.encode()))


def test_a_day_with_quotes_or_without() -> None:
    assert day(Cursor(b"1-Feb-1994")) == day(Cursor(b'"01-FEB-1994"'))
    with pytest.raises(RefusedError):
        day(Cursor(b'"1-Feb-1994'))


def test_macros_stand_alone() -> None:
    command = read("FETCH", "1 full")
    assert isinstance(command, Fetch)
    assert command.items == (Item.FLAGS, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE, Item.BODY)
    assert refusal("FETCH", "1 (ALL)").startswith("BAD Expected what is to be fetched at octet 5")


def test_preview_and_a_modifier_of_the_command() -> None:
    one, other = read("FETCH", "1 PREVIEW (LAZY)"), read("FETCH", "1 PREVIEW (CHANGEDSINCE 5)")
    assert isinstance(one, Fetch)
    assert isinstance(other, Fetch)
    assert (one.items, one.changed_since) == ((Item.PREVIEW_LAZY,), None)
    assert (other.items, other.changed_since) == ((Item.PREVIEW,), 5)


def test_sections_are_bounded() -> None:
    deep = ".".join(["1"] * 100)
    command = read("FETCH", f"1 BODY[{deep}]")
    assert isinstance(command, Fetch)
    assert command.items == (Section(part=(1,) * 100),)
    assert refusal("FETCH", f"1 BODY[{deep}.1]").startswith("BAD Expected")
    assert refusal("FETCH", f"1 BODY[HEADER.FIELDS ({'x' * 201})]") == "BAD This is no name of a header field"


def test_numbers_have_their_bounds() -> None:
    assert read("SEARCH", f"LARGER {LARGEST}") == Search(False, query.Larger(LARGEST))
    assert refusal("SEARCH", f"LARGER {LARGEST + 1}") == f"BAD {LARGEST + 1} is too large for a number"
    assert refusal("SEARCH", "LARGER 99999999999999999999").startswith("BAD Expected a number at octet 9")
    assert refusal("SEARCH", "YOUNGER 0") == "BAD 0 is not a number above 0 of 32 bits"
    assert refusal("FETCH", "4294967296 FLAGS").startswith("BAD This is no set of numbers")
    assert read("STORE", "4294967295 FLAGS ()") == Store(False, NumberSet(((2**32 - 1, 2**32 - 1),)), "", ())


def test_search_keys_are_bounded() -> None:
    keys = " ".join(["ALL"] * 1_000)
    assert isinstance(read("SEARCH", keys), Search)
    assert refusal("SEARCH", keys + " ALL") == "NO [LIMIT] These are too many search keys"
    nested = "(" * 20 + "ALL" + ")" * 20
    assert read("SEARCH", nested) == Search(False, query.Everything())
    for deeper in (f"({nested})", "NOT " * 21 + "ALL", "OR " * 21 + "ALL " * 22):
        assert refusal("SEARCH", deeper) == "NO [LIMIT] These search keys are nested too deeply"


def test_depth_is_not_used_up_by_breadth() -> None:
    assert isinstance(read("SEARCH", " ".join(["(NOT ALL) OR ALL ALL"] * 100)), Search)


def test_flags_stand_once_whatever_their_case() -> None:
    command = read("STORE", r"1 FLAGS (\Seen \seen $A $a)")
    assert isinstance(command, Store)
    assert len(command.flags) == 2
    many = " ".join(f"f{n}" for n in range(201))
    assert refusal("STORE", f"1 FLAGS ({many})") == "NO [LIMIT] These are too many flags"
    assert refusal("STORE", r"1 FLAGS (\*)").startswith("BAD Expected a flag")


def test_charsets() -> None:
    assert refusal("SEARCH", "CHARSET ISO-8859-1 ALL", "UTF8=ACCEPT").startswith("BAD After ENABLE UTF8=ACCEPT")
    assert isinstance(read("SEARCH", "CHARSET utf-8 ALL", "UTF8=ACCEPT"), Search)
    assert refusal("SORT", "(DATE) KLINGON ALL").startswith("NO [BADCHARSET (US-ASCII UTF-8 ISO-8859-1")


def test_many_of_anything_are_refused() -> None:
    assert refusal("LIST", f'"" ({" ".join(["a"] * 101)})') == "NO [LIMIT] These are too many patterns"
    assert refusal("GETMETADATA", f"a ({' '.join(['/private/a'] * 101)})").startswith("NO [METADATA TOOMANY]")
    assert refusal("SORT", f"({' '.join(['DATE'] * 21)}) UTF-8 ALL") == "NO [LIMIT] These are too many sort keys"
    assert refusal("CANCELUPDATE", " ".join(['"x"'] * 101)) == "NO [LIMIT] These are too many tags"
    group = "(personal (MailboxName))"
    assert refusal("NOTIFY", "SET " + " ".join([group] * 101)) == "NO [LIMIT] These are too many groups of events"
    pairs = " ".join(f'"n{n}" "v"' for n in range(31))
    assert refusal("ID", f"({pairs})") == "BAD ID has 30 fields at most"
    assert refusal("ID", f'("n" "{"x" * 1_025}")').startswith("BAD A field of ID")


def test_a_literal_that_has_not_come_is_asked_for() -> None:
    cursor = Cursor(b"INBOX {12}")
    assert cursor.astring() == b"INBOX"
    cursor.space()
    with pytest.raises(LiteralWantedError) as caught:
        cursor.astring()
    assert (caught.value.size, caught.value.awaited) == (12, True)


def test_a_literal_of_octets_stands_only_where_it_may() -> None:
    assert Cursor(b"~{3}\r\na\0b").nstring(binary=True) == b"a\0b"
    with pytest.raises(RefusedError):
        Cursor(b"~{3}\r\nabc").nstring()
    with pytest.raises(RefusedError, match="NUL"):
        Cursor(b"{3}\r\na\0b").nstring()


def test_what_is_wrong_is_told_on_one_short_line() -> None:
    told = refusal("SELECT", "\x07" + "(" * 5_000)
    assert told.isprintable()
    assert len(told) < 120
