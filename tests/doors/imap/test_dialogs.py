"""Written conversations with the whole server: as they stand, and with each octet coming by itself."""

import pytest

from dialogs import written
from doors.imap.conftest import Opener
from doors.imap.house import House, Setup, Watched
from proto.imap.playing import Dialog, files, read

MESSAGES = (b"Subject: one\r\n\r\nfirst\r\n", b"Subject: two\r\nTo: you\r\n\r\nsecond\r\n")
DIALOGS = [read(path) for path in files("whole")]


async def play(house: House, dialog: Dialog) -> None:
    await house.file_all(MESSAGES)
    await written.play_over_socket(dialog.exchanges, "127.0.0.1", house.port, house.client_tls)


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
async def test_written_conversations(house: House, dialog: Dialog) -> None:
    await play(house, dialog)


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
async def test_written_conversations_octet_by_octet(
    open_house: Opener, dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Watched.received

    def in_pieces(connection: Watched, data: bytes) -> None:
        for at in range(len(data)):
            if not connection.closing:
                whole(connection, data[at : at + 1])

    monkeypatch.setattr(Watched, "received", in_pieces)
    await play(await open_house(Setup()), dialog)
