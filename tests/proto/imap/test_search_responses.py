"""What was found. RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 5267, 7162, 7377, 9394, 10022."""

import pytest

from pillarbox.proto.imap.search_responses import Found, esearch, search, sort, uid_batches


def test_plain_lists() -> None:
    assert search([2, 3, 6]) == b"* SEARCH 2 3 6\r\n"
    assert search([]) == b"* SEARCH\r\n"
    assert search([2, 5], 917162488) == b"* SEARCH 2 5 (MODSEQ 917162488)\r\n"
    assert search([], 917162488) == b"* SEARCH\r\n"
    assert sort([5, 2], 7) == b"* SORT 5 2 (MODSEQ 7)\r\n"


@pytest.mark.parametrize(
    ("found", "wire"),
    [
        (Found(minimum=2, count=3), b'* ESEARCH (TAG "A1") MIN 2 COUNT 3'),
        (Found(count=0, everything=[]), b'* ESEARCH (TAG "A1") COUNT 0'),
        (Found(), b'* ESEARCH (TAG "A1")'),
        (Found(maximum=9, everything=[2, 10, 11]), b'* ESEARCH (TAG "A1") MAX 9 ALL 2,10:11'),
        (Found(everything=[7, 3, 4], modseq=99), b'* ESEARCH (TAG "A1") ALL 7,3:4 MODSEQ 99'),
        (Found(partial=(-1, -100, [5, 6])), b'* ESEARCH (TAG "A1") PARTIAL (-1:-100 5:6)'),
        (Found(partial=(1, 100, [])), b'* ESEARCH (TAG "A1") PARTIAL (1:100 NIL)'),
        (Found(added=[(1, [32]), (4, [1, 2])]), b'* ESEARCH (TAG "A1") ADDTO (1 32 4 1:2)'),
        (Found(removed=[(0, [32, 40])]), b'* ESEARCH (TAG "A1") REMOVEFROM (0 32,40)'),
    ],
)
def test_extended_results(found: Found, wire: bytes) -> None:
    assert esearch("A1", found, uid=False) == wire + b"\r\n"


def test_the_correlator_names_other_mailboxes_and_comes_before_uid() -> None:
    found = Found(everything=[4001, 4003], mailbox=("Entwürfe", 12))
    assert esearch("t", found, uid=True) == (
        b'* ESEARCH (TAG "t" MAILBOX Entw&APw-rfe UIDVALIDITY 12) UID ALL 4001,4003\r\n'
    )
    assert 'MAILBOX "Entwürfe"'.encode() in esearch("t", found, uid=True, utf8=True)


def test_batches_go_down_from_the_newest() -> None:
    batches = [(215295, 99696), (99695, 20351), (20350, 1)]
    assert uid_batches("A143", batches) == b'* UIDBATCHES (TAG "A143") 215295:99696,99695:20351,20350:1\r\n'
    assert uid_batches("A143", []) == b'* UIDBATCHES (TAG "A143")\r\n'
