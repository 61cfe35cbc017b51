"""What `sendmail` makes of a message before it gives it away: line ends, Bcc, recipients."""

import pytest

from pillarbox.app.handing_in import fit

HEADER = b"From: a@b\nTo: c@d,\n\te@f\nBcc: g@h,\n i@j\nSubject: x\n"


def test_bcc_leaves_the_message_and_stays_a_recipient() -> None:
    content, named, _ = fit(HEADER + b"\nBcc: not a field\n")
    assert content == b"From: a@b\r\nTo: c@d,\r\n\te@f\r\nSubject: x\r\n\r\nBcc: not a field\r\n"
    assert named == ["c@d, e@f", "g@h, i@j"]


def test_a_message_that_is_sent_on_goes_to_the_new_recipients() -> None:
    content, named, _ = fit(b"Resent-To: x@y\nResent-Bcc: z@y\nTo: c@d\n\nhi")
    assert named == ["x@y", "z@y"]
    assert b"Resent-Bcc" not in content


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (b"A: b\n\nbody\n", b"A: b\r\n\r\nbody\r\n"),
        (b"A: b\r\n\r\nbody\r\n", b"A: b\r\n\r\nbody\r\n"),
        (b"A: b\r\n\r\nbar\rbare\nend", b"A: b\r\n\r\nbar\r\nbare\r\nend"),
        (b"From ann Mon Nov 23 14:02:11 2026\nA: b\n\nbody\n", b"A: b\r\n\r\nbody\r\n"),
        (b"no header at all\nmore\n", b"\r\nno header at all\r\nmore\r\n"),
        (b"\nbody\n", b"\r\nbody\r\n"),
        (b"", b"\r\n"),
        (b"A: b\n", b"A: b\r\n\r\n"),
        (b"A: b", b"A: b\r\n\r\n"),
        (b"Bcc: a@b\n\nbody\n", b"\r\nbody\r\n"),
        (b"bcc : a@b\nA: b\nBCC: c@d", b"A: b\r\n\r\n"),
        (b"A: b\nBcc: \n x@y\n\nbody", b"A: b\r\n\r\nbody"),
    ],
)
def test_what_travels(given: bytes, wanted: bytes) -> None:
    assert fit(given)[0] == wanted


def test_whether_it_says_who_wrote_it() -> None:
    assert fit(b"from: a@b\n\n")[2]
    assert not fit(b"To: a@b\n\nFrom: c@d")[2]
