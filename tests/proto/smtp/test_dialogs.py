"""Are all written conversations held as written, and the same however their octets are cut?"""

from pathlib import Path

import pytest

from dialogs import runner

FILES = runner.files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_in_step(path: Path) -> None:
    runner.play(runner.read(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cut_anywhere(path: Path) -> None:
    dialog = runner.read(path)
    whole = runner.play_cut(dialog, runner.all_at_once)
    for cut in (runner.byte_by_byte, *map(runner.at_random, range(5))):
        cut_up = runner.play_cut(dialog, cut)
        assert cut_up.events == whole.events
        assert cut_up.output == whole.output
