"""Which addresses does a From field name? Those a mail program would show, no more and no fewer."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.mailboxes import MailboxError, parse


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a@b.test", ["a@b.test"]),
        ("Ann <a@b.test>", ["a@b.test"]),
        ('"Bank, The" <a@b.test>', ["a@b.test"]),
        ('"x@evil.test" <a@b.test>', ["a@b.test"]),
        ("(x@evil.test) a@b.test (y)", ["a@b.test"]),
        ("(a (nested) comment) a@b.test", ["a@b.test"]),
        ("Friends: a@b.test, C <c@d.test>; e@f.test", ["a@b.test", "c@d.test", "e@f.test"]),
        ("Undisclosed: ;", []),
        ("<@r.test,@s.test:a@b.test>", ["a@b.test"]),
        ("a . x @ b . test", ["a.x@b.test"]),
        ('"a b"@b.test', ['"a b"@b.test']),
        ("a@[192.0.2.1]", ["a@[192.0.2.1]"]),
        ("=?utf-8?q?x=40evil=2Etest?= <a@b.test>", ["a@b.test"]),
    ],
)
def test_fields(value: str, addresses: list[str]) -> None:
    assert [str(mailbox.address) for mailbox in parse(value)] == addresses


@pytest.mark.parametrize(
    "value",
    [
        "a@b.test c@d.test", "Ann <a@b.test> c@d.test", "Ann <a@b.test", "a@b.test>", "(a@b.test", "a@b.test)", "Ann",
        "<>", "a@b.test\\", '"a@b.test',
    ],
)  # fmt: skip
def test_malformed_fields(value: str) -> None:
    with pytest.raises(MailboxError):
        parse(value)


def test_a_field_with_very_many_addresses_is_refused_soon() -> None:
    with pytest.raises(MailboxError):
        parse(", ".join(["a@b.test"] * 100_000))
    with pytest.raises(MailboxError):
        parse(", ".join(["a@b.test"] * 1_001))


def test_quotes_mean_nothing_inside_of_a_comment() -> None:
    assert [str(mailbox.address) for mailbox in parse('(a 5" disk) a@b.test (it\'s "x)')] == ["a@b.test"]


@pytest.mark.parametrize("unit", ['"\\', '\\"', '("', '"(', "[a", "(", "\\"])
def test_what_is_never_closed_costs_no_more_than_its_length(unit: str) -> None:
    began = process_time()
    for start in ("", "(", '"', '("', "<"):
        with pytest.raises(MailboxError):
            parse(start + unit * (60_000 // len(unit)))
    assert process_time() - began < 2.0


@given(st.text(max_size=200))
def test_nothing_but_a_mailbox_error_comes_out(value: str) -> None:
    try:
        parse(value)
    except MailboxError:
        pass
