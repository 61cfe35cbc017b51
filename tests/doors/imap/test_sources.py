"""Which mailboxes do the filters of RFC 5465 §6 and RFC 7377 mean, and which criteria mean the same tomorrow?"""

import pytest

from pillarbox.doors.imap.criteria import asks_modseq, is_lasting, leaves
from pillarbox.doors.imap.sources import means
from pillarbox.mail.query import And, ChangedSince, Everything, Marked, Not, Numbers, NumberSet, Or, Uids
from pillarbox.proto.imap.commands import Sources


@pytest.mark.parametrize(
    ("kind", "names", "meant"),
    [
        ("personal", (), {"INBOX", "Lists", "Lists/a", "Lists/a/b"}),
        ("inboxes", (), {"INBOX"}),
        ("subscribed", (), {"Lists/a"}),
        ("mailboxes", ("inbox", "Lists"), {"INBOX", "Lists"}),
        ("subtree", ("Lists",), {"Lists", "Lists/a", "Lists/a/b"}),
        ("subtree-one", ("Lists",), {"Lists", "Lists/a"}),
        ("selected", (), set()),
    ],
)
def test_filters(kind: str, names: tuple[str, ...], meant: set[str]) -> None:
    own = {"INBOX", "Lists", "Lists/a", "Lists/a/b"}
    found = {
        name
        for name in own | {"Other Users/x@example.org/INBOX", "Listserver"}
        if means(Sources(kind, names), name, own=name in own, subscribed=name == "Lists/a")
    }
    assert found == meant


def test_criteria() -> None:
    numbers = NumberSet(((1, 2),))
    tree = And((Not(Or(Marked("\\Seen"), ChangedSince(5))), Everything()))
    assert set(leaves(tree)) == {Marked("\\Seen"), ChangedSince(5), Everything()}
    assert asks_modseq(tree)
    assert not asks_modseq(Everything())
    assert is_lasting(And((tree, Uids(numbers))))
    assert not is_lasting(Not(Numbers(numbers)))
    assert not is_lasting(Or(tree, Uids(NumberSet((), saved=True))))
