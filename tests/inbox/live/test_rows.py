"""Columns are what a plain list of entries would be."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.inbox.live.journal import Journal
from pillarbox.inbox.live.marks import marks
from pillarbox.inbox.live.rows import Rows
from pillarbox.store.rows import EntryRow, Flags

ROUND = st.tuples(st.integers(0, 12), st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))


def entry(uid: int, modseq: int, flags: int = 0, keywords: str = "") -> EntryRow:
    return EntryRow(uid, uid << 18, modseq, flags, keywords, 100 + uid, uid + 0.5, uid + 0.25)


def listed(rows: Rows) -> list[EntryRow]:
    flags = [each.flags for each in rows.marks]
    keywords = [each.keywords for each in rows.marks]
    assert list(rows.flags) == flags
    columns = (rows.uids, rows.message_ids, rows.modseqs, flags, keywords, rows.sizes, rows.dates, rows.saved)
    return [EntryRow(*row) for row in zip(*columns, strict=True)]


@given(st.lists(ROUND, max_size=6))
def test_what_comes_changes_and_leaves(rounds: list[tuple[int, set[int], set[int]]]) -> None:
    rows, model, top = Rows(), dict[int, EntryRow](), 0
    for modseq, (come, changed, gone) in enumerate(rounds, 2):
        before = rows.uids
        kept = list(before)
        news = [entry(uid, modseq, uid % 8, f"k{uid % 3}") for uid in sorted(changed & model.keys() - gone)]
        news += [entry(uid, modseq) for uid in range(top + 1, top + 1 + come)]
        top += come
        step = rows.take(news, sorted(gone))
        assert list(step.gone) == sorted(gone & model.keys())
        assert list(step.changed) == [each.uid for each in news if each.uid in model]
        assert [each[:2] for each in step.before] == [model[uid][3:5] for uid in step.changed]
        model.update((each.uid, each) for each in news)
        for uid in step.gone:
            del model[uid]
        assert listed(rows) == [model[uid] for uid in sorted(model)]
        assert list(before) == kept  # whoever holds the old column still has it
        assert rows.last == top


def test_where_an_entry_is() -> None:
    rows = Rows()
    rows.take([entry(3, 2), entry(7, 2)], [])
    assert [rows.index(uid) for uid in (1, 3, 5, 7, 9)] == [-1, 0, -1, 1, -1]


def test_the_same_entry_again_is_no_change() -> None:
    rows = Rows()
    rows.take([entry(1, 2)], [])
    assert not rows.take([entry(1, 2)], []).changed


def test_keywords_are_known_as_first_written() -> None:
    rows = Rows()
    rows.take([entry(1, 2, 0, "$Forwarded Work"), entry(2, 2, 0, "$forwarded")], [])
    rows.take([entry(1, 3, 0, "late")], [2])
    assert rows.keywords == ["$Forwarded", "Work", "late"]


def test_marks_are_shown_as_they_stand_on_the_wire() -> None:
    assert marks(0, "").wire == b""
    assert marks(int(Flags.SEEN | Flags.DRAFT), "a b").wire == b"\\Seen \\Draft a b"
    assert marks(31, "").wire == b"\\Answered \\Flagged \\Deleted \\Seen \\Draft"
    assert marks(1, "x") is marks(1, "x")


def test_the_journal_forgets_what_all_have_read() -> None:
    rows, journal = Rows(), Journal(1_000)
    rows.take([entry(uid, 2) for uid in range(1, 11)], [])
    for modseq in range(3, 9):
        journal.add(rows.take([entry(1, modseq, modseq)], []), [modseq - 3, 4])
    assert journal.end == 6
    assert journal.since(3) is None
    assert journal.since(4) == ({1: marks(6, "")}, [])
    assert journal.since(6) == ({}, [])


def test_the_journal_keeps_its_bound_and_the_newest_step() -> None:
    rows, journal = Rows(), Journal(5)
    rows.take([entry(uid, 2) for uid in range(1, 11)], [])
    journal.add(rows.take([entry(1, 3, 1)], []), [0])
    journal.add(rows.take([entry(uid, 4, 1) for uid in range(1, 9)], [9]), [0])
    assert journal.since(0) is None
    news = journal.since(1)
    assert news is not None
    assert (list(news[0]), news[1]) == (list(range(1, 9)), [9])
    assert (news[0][1].flags, news[0][2].flags) == (1, 0)
