"""What folders may be called."""

import pytest

from pillarbox.inbox.folders import FolderNameError, folder_name, special_use


@pytest.mark.parametrize(
    ("written", "kept"),
    [("inbox", "INBOX"), ("Work/2024/", "Work/2024"), ("Cafe\u0301", "Café"), ("INBOX/x", "INBOX/x"), ("&", "&")],
)
def test_one_spelling(written: str, kept: str) -> None:
    assert folder_name(written) == kept


@pytest.mark.parametrize("written", ["", "/", "a//b", "a\r\nb", "a*", "%", "x" * 256, "/".join("x" * 21), "a\u2028b"])
def test_what_no_folder_is_called(written: str) -> None:
    with pytest.raises(FolderNameError):
        folder_name(written)


def test_names_that_tell_a_use() -> None:
    assert special_use("Sent Items") == "\\Sent"
    assert special_use("SPAM") == "\\Junk"
    assert special_use("Work") is None
