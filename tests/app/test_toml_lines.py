"""Errors name the line on which the setting stands."""

import pytest

from pillarbox.app.toml_lines import find_line

TEXT = '''hostname = "mx.example.org"   # [not a table]
[limits]
message_size = "50MiB"
text = """
[delivery]
port = 1
"""
[[listener]]
kind = "smtp"
[[listener]]
kind = [
  "a", "]",
  "tls = 3",
]
tls = "none"
[ delivery ]
retry = ["1m"]
"quoted" = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("hostname",), 1), (("limits",), 2), (("limits", "message_size"), 3), (("delivery", "retry"), 17),
        (("delivery", "retry", 0), 17), (("listener", 0, "kind"), 9), (("listener", 1, "kind"), 11),
        (("listener", 1, "tls"), 15), (("listener", 1, "address"), 10), (("delivery", "quoted"), 18),
        (("delivery", "port"), 16), (("dns",), None),
    ],
)  # fmt: skip
def test_the_line_of_a_setting_or_of_its_table(path: tuple[str | int, ...], line: int | None) -> None:
    assert find_line(TEXT, path) == line
