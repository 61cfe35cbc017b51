"""Searching and sorting a folder: what people write in many ways is found, and nothing costs without a bound."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from inbox.search.conftest import Scene
from pillarbox.inbox.digest import DigestLimits
from pillarbox.inbox.search.searcher import Searcher, SearchTooCostly
from pillarbox.inbox.search.settings import SearchSettings
from pillarbox.mail.query import (
    And,
    Body,
    Criterion,
    Everything,
    Header,
    Marked,
    Not,
    Numbers,
    NumberSet,
    Or,
    SortKey,
    Text,
    Uids,
)
from pillarbox.store.digests import Worded
from store_contract.engines import HandClock

ENCODED = (
    b"From: =?utf-8?b?SsO8cmdlbiBHcm8=?=\r\n =?utf-8?q?=C3=9F?= <jg@example.org>\r\n"
    b"Subject: =?utf-8?q?Ein_Fl?= =?utf-8?q?uss?=\r\n"
    b"\tmit =?iso-8859-1?q?gr=FCnem?= Ufer\r\n\r\nbody\r\n"
)


def header(name: str, text: str) -> Header:
    return Header(name, text)


@pytest.mark.parametrize(
    "criterion",
    [
        header("subject", "ein fluss MIT GRÜNEM ufer"),
        header("subject", "fluß mit"),
        header("subject", "gru\u0308nem"),
        header("from", "groß <jg@"),
        header("from", "JÜRGEN GROSS"),
        header("from", "ü"),
        Text("from: jürgen"),
    ],
)
async def test_encoded_words_are_found_however_they_are_cut(scene: Scene, criterion: Criterion) -> None:
    await scene.file(ENCODED)
    await scene.file(b"Subject: other\r\n\r\nbody\r\n")
    assert await scene.search(criterion) == [1]


@pytest.mark.parametrize(
    ("text", "found"),
    [("straße", [1]), ("STRASSE", [1]), ("cafe\u0301", [1]), ("CAFÉ", [1]), ("cafe x", []), ("ﬁsh", [1]),
     ("İz", [1]), ("i\u0307z", [1]), ("two lines", [1]), ("日", [1]), ("語", [1]), ("日語", []), ("ｆｉｓｈ", [1])],
)  # fmt: skip
async def test_letters_are_the_same_in_all_their_forms(scene: Scene, text: str, found: list[int]) -> None:
    body = b64encode("Straße, caf\u00e9 fish İzmir two\r\n lines 日本語".encode())
    await scene.file(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body)
    await scene.file(b"Subject: other\r\n\r\nbody\r\n")
    assert await scene.search(Body(text)) == found
    assert await scene.search(Text(text)) == found


async def test_words_are_not_found_in_the_letters_of_an_encoding(scene: Scene) -> None:
    body = b64encode(b"plain words")
    await scene.file(b"Content-Transfer-Encoding: base64\r\n\r\n" + body)
    assert await scene.search(Body(body.decode()[:6])) == []


async def test_names_of_attachments_are_found(scene: Scene) -> None:
    await scene.file(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''Jahres%C3%BC; filename*1=bersicht.pdf\r\n\r\n"
        b"%PDF\r\n--x--"
    )
    assert await scene.search(Body("jahresübersicht.PDF")) == [1]
    assert await scene.search(Text("jahresÜbersicht")) == [1]


async def test_the_recipients_own_lines_count_as_header(scene: Scene) -> None:
    message = b"Subject: x\r\n\r\nbody\r\n"
    await scene.file(message, prefix=b"Return-Path: <Bounce@lists.example>\r\nDelivered-To: a@b.example\r\n")
    await scene.file(message, prefix="Return-Path: <GRÜSSE@example.org>\r\n".encode())
    assert await scene.search(header("return-path", "bounce@")) == [1]
    assert await scene.search(header("delivered-to", "")) == [1]
    assert await scene.search(header("return-path", "grüsse")) == [2]
    assert await scene.search(Text("return-path")) == [1, 2]
    assert await scene.search(Text("bounce@lists.example> delivered")) == []
    assert await scene.search(Body("bounce")) == []


async def test_an_empty_text_asks_whether_there_is_such_a_field(scene: Scene) -> None:
    await scene.file(b"Subject:\r\nCc: a@b.example\r\n\r\nbody\r\n")
    await scene.file(b"From: x@y.example\r\n\r\n")
    assert await scene.search(header("subject", "")) == [1]
    assert await scene.search(header("cc", "")) == [1]
    assert await scene.search(header("from", "")) == [2]
    assert await scene.search(Body("")) == await scene.search(Text("")) == [1, 2]


async def test_every_field_of_a_name_is_looked_at(scene: Scene) -> None:
    await scene.file(
        b"Received: by one.example\r\nReceived: by two.example\r\nTo: a@x.example\r\nTo: b@x.example\r\n\r\n"
    )
    for criterion in (
        header("received", "two"),
        header("received", "by one"),
        header("to", "b@x"),
        header("to", "a@x"),
    ):
        assert await scene.search(criterion) == [1]
    assert await scene.search(header("received", "three")) == []


LARGE = (
    b"Subject: large\r\nX-Last: far =?utf-8?q?=C3=BCber?=\r\n\r\n" + b"some words and then more\r\n" * 3_000 + b"needle"
)


@pytest.mark.parametrize("in_file", [False, True])
async def test_a_large_message_is_looked_through_beyond_what_is_kept(scene: Scene, in_file: bool) -> None:
    scene.keep(DigestLimits(index_text=20))
    for octets in (LARGE, LARGE[:-6], LARGE):
        await scene.file(scene.bench.large(octets) if in_file else octets, prefix=b"Return-Path: <a@b.example>\r\n")
    for criterion in (Body("Needle"), Text("needle"), Body("more needle"), Text("more needle")):
        assert await scene.search(criterion) == [1, 3]
    assert await scene.search(Text("x-last: far über")) == [1, 2, 3]
    assert await scene.search(header("x-last", "FAR Ü")) == [1, 2, 3]
    assert await scene.search(header("x-last", "needle")) == []
    assert await scene.search(Text("return-path: <a@b")) == [1, 2, 3]
    assert await scene.search(Body("x-last")) == await scene.search(Body("haystack")) == []


@pytest.mark.parametrize("in_file", [False, True])
async def test_looking_through_large_messages_is_bounded(scene: Scene, in_file: bool) -> None:
    scene.keep(DigestLimits(index_text=20))
    for _ in range(3):
        await scene.file(scene.bench.large(LARGE) if in_file else LARGE)
    view = await scene.view()
    bounds = SearchSettings(search_octets=2 * len(LARGE) + 10, search_batch=1)
    with pytest.raises(SearchTooCostly, match="too many large messages"):
        await scene.searcher(bounds).search(view, Body("haystack"))
    assert await scene.searcher(bounds).search(view, And((Body("needle"), Uids(NumberSet(((2, 3),)))))) == [1, 2]
    assert await scene.searcher(bounds).search(view, Body("some words")) == [0, 1, 2]


async def test_of_the_largest_message_only_so_much_is_looked_through(scene: Scene) -> None:
    scene.keep(DigestLimits(index_text=20))
    await scene.file(scene.bench.large(LARGE))
    view = await scene.view()
    assert await scene.searcher(SearchSettings(search_message=len(LARGE) - 3)).search(view, Body("needle")) == []
    assert await scene.searcher(SearchSettings(search_message=len(LARGE))).search(view, Body("needle")) == [0]


async def test_a_message_that_leaves_meanwhile_is_not_found(scene: Scene) -> None:
    for _ in range(3):
        await scene.file(ENCODED)
    view = await scene.view()
    await scene.store.expunge(scene.folder, [2], "")
    assert await scene.searcher().search(view, Text("ufer")) == [0, 2]
    await view.mailbox.refresh()
    assert await scene.searcher().search(view, Everything()) == [0, 2]
    assert await scene.searcher().search(view, Not(Text("ufer"))) == []
    assert await scene.searcher().sort(view, Everything(), [SortKey("FROM"), SortKey("SIZE")]) == [0, 2]


# --- costs ---


@dataclass
class Spy:
    """The real store; notes which entries are asked for words."""

    scene: Scene
    asked: list[Sequence[int]]

    def __getattr__(self, name: str) -> object:
        return getattr(self.scene.store, name)

    async def uids_worded(self, folder_id: int, where: str, wanted: str, uids: Sequence[int]) -> Worded:
        self.asked.append(list(uids))
        return await self.scene.store.uids_worded(folder_id, where, wanted, uids)


@pytest.mark.parametrize(
    ("criterion", "asked"),
    [
        (And((Text("x"), Uids(NumberSet(((2, 3),))))), [2, 3]),
        (And((Body("x"), Not(Marked("\\Seen")))), [1, 3, 4, 5, 6]),
        (Or(Body("x"), Numbers(NumberSet(((1, 4),)))), [5, 6]),
        (And((Not(And((Text("x"), Marked("\\Seen")))), Everything())), [2]),
    ],
)
async def test_what_is_dear_looks_only_at_what_is_left(scene: Scene, criterion: Criterion, asked: list[int]) -> None:
    for number in range(6):
        await scene.file(b"Subject: y\r\n\r\n", flags=int(number == 1))
    spy = Spy(scene, [])
    searcher = Searcher(spy, scene.digesting, scene.pool, scene.bench.clock)  # type: ignore[arg-type]
    view = await scene.view()
    await searcher.search(view, criterion)
    spy.asked.clear()
    await searcher.search(view, criterion)
    assert spy.asked == [asked]


class Racing(HandClock):
    """A clock that goes on by a second whenever somebody looks at it."""

    def monotonic(self) -> float:
        self.time += 1
        return self.time


async def test_a_search_that_takes_too_long_ends(scene: Scene) -> None:
    await scene.file(ENCODED)
    bounds = SearchSettings(search_time=3.0)
    searcher = Searcher(scene.store, scene.digesting, scene.pool, Racing(), bounds)
    view = await scene.view()
    assert await searcher.search(view, Everything()) == [0]
    many = And(tuple(Marked("\\Seen") if number else Not(Marked("\\Seen")) for number in range(10)))
    with pytest.raises(SearchTooCostly, match="longer than 3 s"):
        await searcher.search(view, Or(many, And((Text("x"), Text("y")))))


async def test_what_was_digested_for_a_search_that_ended_stays(scene: Scene) -> None:
    for _ in range(3):
        await scene.file(ENCODED)
    view = await scene.view()
    searcher = Searcher(scene.store, scene.digesting, scene.pool, Racing(), SearchSettings(search_time=15.0))
    with pytest.raises(SearchTooCostly):
        await searcher.search(view, And(tuple(Not(Text(word)) for word in ("xxx", "yyy", "zzz", "aaa", "bbb"))))
    assert await scene.store.undigested(10) == []


# --- order ---

MAIL = [
    (
        b"From: Zoe <beta@example.org>\r\nTo: x@a.example\r\nSubject: Re: apples\r\n"
        b"Date: 3 Nov 2023 12:00 +0000\r\n\r\nlong long\r\n"
    ),
    b"From: =?utf-8?q?=C3=84nne?= <gamma@example.org>\r\nTo: Max <y@a.example>\r\nSubject: Zebra\r\n\r\n",
    b"From: alpha@example.org\r\nCc: c@a.example\r\nSubject: apples\r\nDate: 1 Nov 2023 12:00 -1200\r\n\r\nb\r\n",
    (
        b"Subject: [list] fwd: APPLES\r\nDate: 1 Nov 2023 23:59 +0000\r\n\r\n"
        b"longer than all the others are, by far, all of it\r\n"
    ),
]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([SortKey("SUBJECT")], [1, 3, 4, 2]),
        ([SortKey("SUBJECT", reverse=True)], [2, 1, 3, 4]),
        ([SortKey("SUBJECT"), SortKey("DATE")], [4, 3, 1, 2]),
        ([SortKey("FROM")], [4, 3, 1, 2]),
        ([SortKey("DISPLAYFROM")], [4, 3, 1, 2]),
        ([SortKey("TO")], [3, 4, 1, 2]),
        ([SortKey("DISPLAYTO"), SortKey("SIZE", reverse=True)], [4, 3, 2, 1]),
        ([SortKey("CC"), SortKey("FROM")], [4, 1, 2, 3]),
        ([SortKey("DATE")], [4, 3, 1, 2]),
        ([SortKey("ARRIVAL", reverse=True)], [4, 3, 2, 1]),
        ([SortKey("SIZE")], [2, 3, 1, 4]),
    ],
)
async def test_messages_are_ordered_by_the_keys(scene: Scene, keys: list[SortKey], told: list[int]) -> None:
    for message in MAIL:
        await scene.file(message)
        scene.bench.clock.time += 60
    assert [position + 1 for position in await scene.searcher().sort(await scene.view(), Everything(), keys)] == told


async def test_only_what_is_found_is_ordered_and_threaded(scene: Scene) -> None:
    for message in MAIL:
        await scene.file(message)
    view, searcher = await scene.view(), scene.searcher()
    apples = header("subject", "apples")
    assert await searcher.sort(view, apples, [SortKey("DATE")]) == [3, 2, 0]
    assert await searcher.thread(view, apples, "ORDEREDSUBJECT") == [[3, [2], [0]]]
    assert await searcher.thread(view, apples, "REFERENCES") == [[2, [3], [0]]]
    assert await searcher.thread(view, header("subject", "none"), "REFERENCES") == []
    assert await searcher.sort(view, Not(Everything()), [SortKey("DATE")]) == []
    assert await searcher.sort(view, Numbers(NumberSet((), saved=True)), [SortKey("DATE")], [1, 3]) == [2, 0]
