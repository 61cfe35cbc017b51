"""The file that `pillarbox init` writes explains every setting, and says the truth about the defaults."""

import re
from pathlib import Path

from pillarbox.app.config import load
from pillarbox.app.settings import Section, Settings
from pillarbox.app.template import meanings_of_all, write


def uncommented(text: str) -> str:
    """The file with every default switched on."""
    assignment = re.compile(r"^# (\[+[a-z0-9_]+\]+|[a-z0-9_]+ = .*)$", re.MULTILINE)
    return assignment.sub(r"\1", text)


def test_it_is_valid_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "pillarbox.toml").write_text(write("mx.example.org"), encoding="utf-8")
    assert load(tmp_path, {}).settings == Settings(hostname="mx.example.org")


def test_every_default_that_it_shows_is_the_default(tmp_path: Path) -> None:
    text = uncommented(write("mx.example.org"))
    text = text.split("[[route]]")[0] + text[text.index("[submission]") :]  # an example, not a default
    none = "data|certificate|key|authorities|dns_server|dns_key|trust_anchors|postmaster|file"
    text = re.sub(rf"^({none}) = .*\n", "", text, flags=re.MULTILINE)
    (tmp_path / "pillarbox.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path, {}).settings == Settings(hostname="mx.example.org")


def test_every_setting_has_a_meaning() -> None:
    meanings = meanings_of_all()
    models: list[type[Section]] = [Settings, *Section.__subclasses__()]
    missing = [
        f"{model.__name__}.{name}"
        for model in models
        for name, info in model.model_fields.items()
        if (model.__name__, name) not in meanings and not _is_table(info.annotation)
    ]
    assert missing == []


def _is_table(kind: object) -> bool:
    return "Section" in str(getattr(kind, "__mro__", "")) or "settings." in str(kind)
