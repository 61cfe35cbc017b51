"""Maildir: names, flags, dates and subfolders."""

import os
from pathlib import Path

import pytest

from pillarbox.inbox.found import Found, Passed, ReadSettings
from pillarbox.inbox.maildir import MaildirFolder, decode_name, subfolders
from pillarbox.store.rows import Flags


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("tmp", "new", "cur"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    return tmp_path / "Maildir"


def put(maildir: Path, name: str, octets: bytes, date: float = 1e9) -> None:
    (maildir / name).write_bytes(octets)
    os.utime(maildir / name, (date, date))


def test_messages_in_the_order_of_their_names(maildir: Path) -> None:
    put(maildir, "cur/2.b.host:2,RS", b"A: 2\n\nx\n")
    put(maildir, "new/3.c.host", b"A: 3\r\n\r\nx\r\n", 2e9)
    put(maildir, "cur/1.a.host;2,DFTabc", b"A: 1\n\nx\n")
    put(maildir, "tmp/0.t.host", b"unfinished")
    put(maildir, "cur/.hidden", b"x")
    messages = list(MaildirFolder(maildir).read(""))
    assert messages == [
        Found("1.a.host", b"A: 1\r\n\r\nx\r\n", int(Flags.DRAFT | Flags.FLAGGED | Flags.DELETED), "", 1e9),
        Found("2.b.host", b"A: 2\r\n\r\nx\r\n", int(Flags.ANSWERED | Flags.SEEN), "", 1e9),
        Found("3.c.host", b"A: 3\r\n\r\nx\r\n", 0, "", 2e9),
    ]
    assert list(MaildirFolder(maildir).read("2.b.host")) == messages[2:]


def test_what_is_passed_over(maildir: Path) -> None:
    put(maildir, "cur/1.empty:2,", b"\n")
    put(maildir, "cur/2.large:2,", b"x" * 11)
    (maildir / "cur" / "3.folder").mkdir()
    messages = list(MaildirFolder(maildir, ReadSettings(import_message=10)).read(""))
    assert [message.why for message in messages if isinstance(message, Passed)] == [
        "it is empty",
        "it has 11 octets, more than 10",
        "it is no ordinary file",
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_not_followed(maildir: Path) -> None:
    (maildir / "cur" / "1.link:2,").symlink_to(__file__)
    [passed] = MaildirFolder(maildir).read("")
    assert isinstance(passed, Passed)


def test_no_maildir(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no Maildir"):
        list(MaildirFolder(tmp_path).read(""))


def test_subfolders(maildir: Path) -> None:
    for name in (".Sent", ".Archive.2024", ".Entw&APw-rfe", ".nothing"):
        (maildir / name / ("" if name == ".nothing" else "cur")).mkdir(parents=True)
    assert [name for _, name in subfolders(maildir)] == ["INBOX", "Archive/2024", "Entwürfe", "Sent"]


@pytest.mark.parametrize(
    ("name", "encoded"), [("Entwürfe", "Entw&APw-rfe"), ("a&b", "a&-b"), ("台北", "&U,BTFw-"), ("plain", "plain")]
)
def test_modified_utf7(name: str, encoded: str) -> None:
    assert decode_name(encoded) == name


def test_broken_utf7_stays_as_it_is() -> None:
    assert decode_name("a&!!-b") == "a&!!-b"
