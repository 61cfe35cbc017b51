"""A line is one line, whatever strangers put into it."""

import json
import time

import pytest

from pillarbox.observe.log_formats import JsonFormat, Stamp, TextFormat, printable

AT = 1_795_442_531.25
UTC = Stamp("%Y-%m-%d %H:%M:%S", time.gmtime)
EVIL = "a\r\nb\x1b[31m\x00\x85\u2028\u202ec\ud800"


def test_text_for_people() -> None:
    line = TextFormat(UTC)(AT, "received", "01j2k3m4n5p6", {"sender": "a@b.example", "size": 4198, "tls": True})
    assert line == "2026-11-23 14:02:11.250 received 01j2k3m4n5p6 sender=a@b.example size=4198 tls=yes\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("two words", '"two words"'), ('a"b', '"a\\"b"'), ("a=b", '"a=b"'), ("back\\slash", '"back\\\\slash"'),
        ("grün@example.org", "grün@example.org"), (["a", "b"], "a,b"), (0.00125, "0.00125"), (False, "no"), (12, "12"),
        (1795442531.25, "1795442531.250"),
    ],
)  # fmt: skip
def test_text_values(value: str, shown: str) -> None:
    assert TextFormat(UTC)(AT, "x", None, {"v": value}).endswith(f" x v={shown}\n")


def test_what_is_empty_is_left_out() -> None:
    assert TextFormat(UTC)(AT, "x", None, {"a": None, "b": "", "c": 0}).endswith(" x c=0\n")


@pytest.mark.parametrize("form", [TextFormat(UTC), JsonFormat()])
def test_no_line_can_be_forged(form: TextFormat | JsonFormat) -> None:
    line = form(AT, "hello", None, {"name": EVIL})
    assert line.endswith("\n")
    assert line[:-1].isprintable()


def test_json_for_machines() -> None:
    line = JsonFormat()(AT, "received", "01j2k3m4n5p6", {"filed": ["a@b"], "size": 1, "name": EVIL})
    value = json.loads(line)
    assert value == {"at": AT, "kind": "received", "id": "01j2k3m4n5p6", "filed": ["a@b"], "size": 1, "name": EVIL}
    assert "id" not in json.loads(JsonFormat()(AT, "x", None, {}))


def test_printable_leaves_what_is_readable() -> None:
    assert printable("Grüße, 世界!") == "Grüße, 世界!"
    assert printable("\x1b[2J") == "\\x1b[2J"


def test_a_stamp_is_made_once_a_second() -> None:
    calls: list[float] = []

    def localtime(at: float) -> time.struct_time:
        calls.append(at)
        return time.gmtime(at)

    stamp = Stamp("%S", localtime)
    assert [stamp(10.1), stamp(10.9), stamp(11.0)] == ["10", "10", "11"]
    assert len(calls) == 2
