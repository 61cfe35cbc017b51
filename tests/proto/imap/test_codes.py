"""Response codes as they stand in brackets. RFC 9051 §7.1."""

import pytest

from pillarbox.proto.imap import codes
from pillarbox.proto.imap.completion import ok


@pytest.mark.parametrize(
    ("code", "wire"),
    [
        (codes.append_uid(38505, [3955]), "APPENDUID 38505 3955"),
        (codes.append_uid(38505, [3955, 3956]), "APPENDUID 38505 3955:3956"),
        (codes.copy_uid(38505, [304, 319, 320], [3956, 3957, 3958]), "COPYUID 38505 304,319:320 3956:3958"),
        (codes.permanent_flags(["\\Deleted", "\\*"]), "PERMANENTFLAGS (\\Deleted \\*)"),
        (codes.uid_validity(3857529045), "UIDVALIDITY 3857529045"),
        (codes.uid_next(4392), "UIDNEXT 4392"),
        (codes.unseen(12), "UNSEEN 12"),
        (codes.highest_modseq(715194045007), "HIGHESTMODSEQ 715194045007"),
        (codes.modified([7, 9]), "MODIFIED 7,9"),
        (codes.mailbox_id("F2212ea87"), "MAILBOXID (F2212ea87)"),
        (codes.metadata_long_entries(2199), "METADATA LONGENTRIES 2199"),
        (codes.no_update("B02"), 'NOUPDATE "B02"'),
        (codes.bad_url("/INBOX/;uid=20 ]\r\nx"), "BADURL /INBOX/;uid=20x"),
        (codes.in_progress("A001"), 'INPROGRESS ("A001" NIL NIL)'),
        (codes.in_progress("A001", 175), 'INPROGRESS ("A001" 175 NIL)'),
        (codes.in_progress("A001", 175, 1000), 'INPROGRESS ("A001" 175 1000)'),
        (codes.in_progress("A]", 175, 1000), "INPROGRESS"),
        (codes.message_limit(1000), "MESSAGELIMIT 1000"),
        (codes.message_limit(1000, 23221), "MESSAGELIMIT 1000 23221"),
    ],
)
def test_a_code_is_written_as_its_rfc_has_it(code: str, wire: str) -> None:
    assert code == wire


def test_a_code_stands_in_the_answer() -> None:
    answer = ok("Done.", codes.copy_uid(1, [4], [9]))
    assert answer.encode("a1") == b"a1 OK [COPYUID 1 4 9] Done.\r\n"
