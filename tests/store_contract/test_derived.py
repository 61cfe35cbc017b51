"""What is computed from messages is kept, found in folders, and goes when the messages go."""

import pytest

from pillarbox.store.digests import Worded
from store_contract.digests import digest
from store_contract.engines import Bench


async def _filed(bench: Bench, number: int = 1) -> tuple[int, list[int]]:
    """A folder with ``number`` messages (UIDs from 1), and their ids."""
    folder = await bench.folder_of(await bench.account())
    ids = []
    for _ in range(number):
        acceptance = bench.local(folder.account_id)
        await bench.store.accept(acceptance)
        ids.append(acceptance.message.id)
    return folder.id, ids


async def test_what_waits_for_a_digest_is_known_newest_first(bench: Bench) -> None:
    folder, ids = await _filed(bench, 5)
    assert await bench.store.undigested(2) == [ids[4], ids[3]]
    assert await bench.store.undigested(2) == [ids[4], ids[3]]
    await bench.store.put_digests([digest(ids[4]), digest(ids[2])])
    assert await bench.store.undigested(10) == [ids[3], ids[1], ids[0]]
    assert await bench.store.without_digest(folder, [1, 2, 3, 4, 5]) == {1: ids[0], 2: ids[1], 4: ids[3]}
    await bench.store.put_digests([digest(i) for i in ids])
    assert await bench.store.undigested(10) == []


async def test_a_message_that_comes_or_goes_later_is_noticed(bench: Bench) -> None:
    folder, ids = await _filed(bench, 2)
    await bench.store.put_digests([digest(i) for i in ids])
    assert await bench.store.undigested(10) == []
    row = await bench.store.folder_by_id(folder)
    assert row is not None
    new = bench.local(row.account_id)
    await bench.store.accept(new)
    assert await bench.store.undigested(10) == [new.message.id]
    await bench.store.expunge(folder, [3], "")
    assert await bench.store.undigested(10) == []


async def test_columns_come_back_as_they_were_put(bench: Bench) -> None:
    _, ids = await _filed(bench, 2)
    await bench.store.put_digests([digest(ids[0], preview="größe"), digest(ids[1])])
    assert await bench.store.digested(ids, "envelope") == dict.fromkeys(ids, b"(envelope)")
    assert await bench.store.digested([ids[0]], "preview") == {ids[0]: "größe".encode()}
    assert await bench.store.digested([17], "structure") == {}
    with pytest.raises(ValueError, match="no column"):
        await bench.store.digested(ids, "envelope; DROP TABLE digest")


async def test_one_that_is_there_already_is_left_as_it_is(bench: Bench) -> None:
    _, [message] = await _filed(bench)
    await bench.store.put_digests([digest(message), digest(message, envelope=b"(other)")])
    await bench.store.put_digests([digest(message, envelope=b"(third)")])
    assert len(await bench.store.digested([message], "envelope")) == 1


async def test_names_are_found_by_parts_of_them(bench: Bench) -> None:
    folder, ids = await _filed(bench, 3)
    await bench.store.put_digests([digest(ids[0]), digest(ids[1], sender="ÿ łukasz"), digest(ids[2], sender="")])
    assert await bench.store.uids_named(folder, "sender", "ann", [1, 2, 3]) == [1]
    assert await bench.store.uids_named(folder, "sender", "ł", [1, 2, 3]) == [2]
    assert await bench.store.uids_named(folder, "to", "bob@", [1, 3]) == [1, 3]
    assert await bench.store.uids_named(folder, "subject", "at n", list(range(1, 1000))) == [1, 2, 3]
    assert await bench.store.uids_named(folder, "subject", "lunch", []) == []


@pytest.mark.parametrize("few", [True, False])
async def test_words_are_found_wherever_they_stand(bench: Bench, few: bool) -> None:
    folder, ids = await _filed(bench, 3)
    await bench.store.put_digests(
        [digest(ids[0]), digest(ids[1], text='say "no" to \0 nulls, 日本語', fields=""), digest(ids[2], text="")]
    )
    uids = [1, 2, 3] if few else list(range(1, 1000))

    async def found(where: str, text: str) -> list[int]:
        worded = await bench.store.uids_worded(folder, where, text, uids)
        assert worded.doubtful == []
        return worded.sure

    assert await found("body", "at the river") == [1]
    assert await found("body", "the riverside") == []
    assert await found("body", "lunch") == []
    assert await found("text", "spring clea") == [1, 3]
    assert await found("text", "return-path: <sender@") == [1, 2, 3]
    assert await found("body", "return-path") == []
    assert await found("body", '"no"') == [2]
    assert await found("body", "nulls") == [2]
    assert await found("body", "日本語") == [2]
    assert await found("body", "日") == [2]
    assert await found("body", "er") == [1]
    assert await found("body", "meet at the river? report.pdf") == []
    assert await found("body", "shall we meet at the river?"[:26] * 3) == []


async def test_a_long_text_is_found_although_not_all_of_its_groups_are_asked_for(bench: Bench) -> None:
    folder, [message, other] = await _filed(bench, 2)
    text = " ".join(f"word{n}" for n in range(300))
    await bench.store.put_digests([digest(message, text=text), digest(other, text=text[:1000])])
    found = await bench.store.uids_worded(folder, "body", text[3:-3], list(range(1, 1000)))
    assert found == Worded([1], [])


@pytest.mark.parametrize("few", [True, False])
async def test_fields_are_found_by_name_and_text(bench: Bench, few: bool) -> None:
    folder, ids = await _filed(bench, 2)
    await bench.store.put_digests(
        [digest(ids[0]), digest(ids[1], fields="x-note: \nlist-id: <a.example>\n\nx-part: y")]
    )
    uids = [1, 2] if few else list(range(1, 1000))

    async def found(name: str, text: str) -> list[int]:
        return (await bench.store.uids_with_field(folder, name, text, uids)).sure

    assert await found("x-note", "") == [1, 2]
    assert await found("x-note", "spring") == [1]
    assert await found("x-note", "a.example") == []
    assert await found("list-id", "a.e") == [2]
    assert await found("note", "spring") == []
    assert await found("x-part", "y") == []
    assert await found("content-type", "") == []
    assert await found("return-path", "sender@example.com") == [1, 2]
    assert await found("return-path", "nobody") == []
    assert await found("x", "") == []


async def test_what_is_cut_stays_in_doubt(bench: Bench) -> None:
    folder, ids = await _filed(bench, 2)
    await bench.store.put_digests([digest(ids[0], cut=True), digest(ids[1])])
    for uids in ([1, 2], list(range(1, 1000))):
        assert await bench.store.uids_worded(folder, "body", "river", uids) == Worded([1, 2], [])
        assert await bench.store.uids_worded(folder, "body", "nothing of it", uids) == Worded([], [1])


async def test_days_and_threads_are_found(bench: Bench) -> None:
    folder, ids = await _filed(bench, 3)
    await bench.store.put_digests(
        [digest(ids[0]), digest(ids[1], sent_day=None, references="one@example.com x"), digest(ids[2], thread_id="")]
    )
    assert await bench.store.uids_sent(folder, 737_000, 737_000, [1, 2, 3]) == [1, 3]
    assert await bench.store.uids_sent(folder, 0, 736_999, [1, 2, 3]) == []
    threads = await bench.store.digested(ids, "thread")
    assert threads[ids[0]] == threads[ids[1]] != threads[ids[2]]
    assert await bench.store.uids_of_thread(folder, threads[ids[0]].decode(), [1, 2, 3]) == [1, 2]


async def test_what_sort_and_thread_compare_comes_by_uid(bench: Bench) -> None:
    folder, ids = await _filed(bench, 2)
    await bench.store.put_digests([digest(ids[0], sent=None), digest(ids[1], is_reply=True)])
    assert await bench.store.sorting(folder, ["sent", "sort_from"], [1, 2]) == {
        1: (None, "ann"),
        2: (1_600_000_000.0, "ann"),
    }
    [first, second] = await bench.store.threading(folder, [1, 2])
    assert (first.uid, first.sent, second.sent) == (1, bench.clock.now(), 1_600_000_000.0)
    assert (second.is_reply, second.thread_id, second.references) == (True, "one@example.com", "")


async def test_digests_go_when_their_messages_are_gone(bench: Bench) -> None:
    folder, ids = await _filed(bench, 3)
    await bench.store.put_digests([digest(i) for i in ids])
    assert await bench.store.forget_digests(10) == 0
    await bench.store.expunge(folder, [1, 3], "")
    assert await bench.store.forget_digests(1) == 1
    assert await bench.store.forget_digests(10) == 1
    assert await bench.store.digested(ids, "body") == {ids[1]: b"(body)"}
    worded = await bench.store.uids_worded(folder, "text", "river", list(range(1, 1000)))
    assert worded == Worded([2], [])


async def test_lone_surrogates_do_no_harm(bench: Bench) -> None:
    folder, [message] = await _filed(bench)
    await bench.store.put_digests([digest(message, sender="\udce9ric", text="caf\udce9 noir", fields="x: \udce9")])
    assert await bench.store.uids_named(folder, "sender", "ric", [1]) == [1]
    assert (await bench.store.uids_worded(folder, "body", "noir", [1])).sure == [1]


async def test_digests_are_there_after_a_restart(bench: Bench) -> None:
    folder, [message] = await _filed(bench)
    await bench.store.put_digests([digest(message)])
    store = await bench.reopen()
    assert await store.undigested(10) == []
    assert (await store.uids_worded(folder, "body", "river", [1])).sure == [1]


@pytest.mark.parametrize("few", [True, False])
async def test_the_recipients_lines_are_folded_as_all_others_are(bench: Bench, few: bool) -> None:
    acceptance = bench.local(await bench.account())
    acceptance.filings[0].prefix = "Return-Path: <GRÜSSE@Example.com>\r\n".encode()
    await bench.store.accept(acceptance)
    await bench.store.put_digests([digest(acceptance.message.id)])
    folder = await bench.folder_of(acceptance.filings[0].account_id)
    uids = [1] if few else list(range(1, 1000))
    for wanted in ("return-path: <grüsse@", "grü", "example.com>"):
        assert await bench.store.uids_worded(folder.id, "text", wanted, uids) == Worded([1], [])
    assert await bench.store.uids_with_field(folder.id, "return-path", "grüsse", uids) == Worded([1], [])
