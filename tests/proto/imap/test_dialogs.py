"""Each written conversation, played in step and in every cutting."""

from pathlib import Path

import pytest

from dialogs.written import all_at_once, at_random, byte_by_byte
from proto.imap.playing import files, play, play_cut, read

FILES = files()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_answers_are_those_that_are_written(path: Path) -> None:
    play(read(path))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_cutting_changes_nothing(path: Path) -> None:
    dialog = read(path)
    whole = play_cut(dialog, all_at_once)
    for cut in (byte_by_byte, *(at_random(seed) for seed in range(10))):
        pieces = play_cut(dialog, cut)
        assert pieces.events == whole.events
        assert pieces.output == whole.output


def test_there_are_conversations() -> None:
    assert len(FILES) > 25
