"""Conversations on the wire. RFC 5256 §4, §5."""

import pytest

from pillarbox.proto.imap.thread_responses import Thread, thread


@pytest.mark.parametrize(
    ("threads", "wire"),
    [
        ([], b""),
        ([[2], [3, 6, [4, 23], [44, 7, 96]]], b" (2)(3 6 (4 23)(44 7 96))"),
        ([[[3], [5]]], b" ((3)(5))"),
        ([[1, [2, [3], [4]], [5]], [6]], b" (1 (2 (3)(4))(5))(6)"),
    ],
)
def test_threads_stand_within_each_other(threads: list[Thread], wire: bytes) -> None:
    assert thread(threads) == b"* THREAD" + wire + b"\r\n"


def test_positions_become_what_the_client_calls_them() -> None:
    uids = [10, 20, 30]
    assert thread([[0, 2], [1]], uids.__getitem__) == b"* THREAD (10 30)(20)\r\n"


def test_no_depth_is_too_deep() -> None:
    nested: Thread = [1]
    for number in range(2, 20_000):
        nested = [number, nested, [1]]
    assert thread([nested]).count(b"(") == 2 * 19_998 + 1
