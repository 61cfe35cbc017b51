"""Events become lines; lines wait a little, are written whole, and a full disk stops nothing."""

from pathlib import Path

from pillarbox.observe.log import Fields, Log, LogSettings, NoSink, silent
from pillarbox.observe.log_formats import TextFormat
from pillarbox.observe.log_sinks import FileSink


class Kept(NoSink):
    """A sink that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.full = False

    def write(self, text: str) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.texts.append(text)


def plain(at: float, kind: str, message_id: str | None, fields: Fields) -> str:
    return f"{kind}\n"


def test_lines_wait_until_they_are_flushed() -> None:
    sink, woken = Kept(), []
    log = Log(sink, plain, lambda: 0.0, lambda: woken.append(1))
    log.event("one")
    log.event("two")
    assert sink.texts == []
    assert woken == [1]
    log.flush()
    log.flush()
    assert sink.texts == ["one\ntwo\n"]
    log.event("three")
    assert woken == [1, 1]


def test_too_many_lines_are_written_at_once() -> None:
    sink = Kept()
    log = Log(sink, plain, lambda: 0.0, settings=LogSettings(waiting=3))
    for _ in range(7):
        log.event("x")
    assert sink.texts == ["x\n" * 3] * 2


def test_a_full_disk_loses_lines_and_says_so_later() -> None:
    sink = Kept()
    log = Log(sink, lambda _at, kind, _id, fields: f"{kind} {fields.get('lines', '')}\n", lambda: 0.0)
    sink.full = True
    log.event("lost")
    log.event("lost")
    log.flush()
    sink.full = False
    log.event("kept")
    log.flush()
    log.flush()
    assert sink.texts == ["kept \n", "log_lines_lost 2\n"]


def test_secrets_reach_neither_the_file_nor_a_watcher() -> None:
    sink, seen = Kept(), []
    log = Log(sink, TextFormat(), lambda: 0.0)
    log.watch = lambda _kind, _id, fields: seen.append(dict(fields))
    log.event("login", user="ann", password="hunter2")
    log.flush()
    assert "hunter2" not in sink.texts[0]
    assert "hunter2" not in str(seen)
    assert "user=ann" in sink.texts[0]


def test_a_silent_log_takes_everything() -> None:
    silent().event("anything", "id", x=1)


def test_rotation_goes_on_in_a_new_file(tmp_path: Path) -> None:
    file = tmp_path / "mail.log"
    log = Log(FileSink(file), plain, lambda: 0.0)
    log.event("before")
    log.flush()
    sink_open_elsewhere = tmp_path / "mail.log.1"
    file.rename(sink_open_elsewhere)
    log.event("still before")
    log.reopen()
    log.event("after")
    log.close()
    assert sink_open_elsewhere.read_text() == "before\nstill before\n"
    assert file.read_text() == "after\n"
