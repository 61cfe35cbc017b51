"""Every kind of event has a sentence, and no sentence lets strangers write into the story."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pillarbox
from pillarbox.observe.sentences import SENTENCES, evidence_lines, tell
from pillarbox.observe.story import Chapter, Event, decode

SOURCE = Path(pillarbox.__file__).parent


def told_kinds() -> Iterator[tuple[str, str]]:
    """(file, kind) of every ``chapter.add("kind", …)`` and the like in the program."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            first = node.args[0]
            named = {keyword.arg for keyword in node.keywords}
            if node.func.attr == "add" and isinstance(first, ast.Constant) and isinstance(first.value, str) and named:
                yield file.name, first.value
            if node.func.attr == "_happened" and isinstance(node.args[1], ast.Constant):
                yield file.name, str(node.args[1].value)


def test_every_kind_that_is_told_has_a_sentence() -> None:
    kinds = list(told_kinds())
    assert len(kinds) > 30
    assert [f"{file}: {kind}" for file, kind in kinds if kind not in SENTENCES] == []


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_a_sentence_can_be_told_with_nothing_and_with_everything(kind: str) -> None:
    bare = tell(Event(0.0, kind, {}))
    names = re.findall(r"\{(\w+)", SENTENCES[kind])
    full = tell(Event(0.0, kind, dict.fromkeys(names, 1.0)))
    for sentence in (bare, full):
        assert sentence.strip() == sentence
        assert not set("{}[]|") & set(re.sub(r"\[1\]", "", sentence))
    assert SENTENCES[kind][0].isupper() or SENTENCES[kind].startswith("{")


def test_optional_parts_need_their_evidence() -> None:
    assert (
        tell(Event(0, "recipient", {"recipient": "a@b", "reply": "250 OK", "why": ""}))
        == "For <a@b> we answered: 250 OK."
    )
    with_reason = tell(Event(0, "recipient", {"recipient": "a@b", "reply": "250 OK", "why": "it is ours"}))
    assert with_reason == "For <a@b> we answered: 250 OK — it is ours."


def test_forms() -> None:
    assert "4.1 KB" in tell(Event(0, "stored", {"size": 4198}))
    assert "512 octets" in tell(Event(0, "stored", {"size": 512}))
    assert "5.0 MB" in tell(Event(0, "stored", {"size": 5 * 1024**2}))
    assert "in 12 ms" in tell(Event(0, "data", {"size": 1, "seconds": 0.012}))
    assert "in 2 minutes" in tell(Event(0, "data", {"size": 1, "seconds": 120.0}))
    assert "in 1 hour." in tell(Event(0, "data", {"size": 1, "seconds": 3600}))
    assert "not before" not in tell(Event(0, "queued", {"recipient": "a@b", "hold": 0}))
    assert "not before 20" in tell(Event(0, "queued", {"recipient": "a@b", "hold": 1_795_442_531.0}))


def test_an_unknown_kind_is_still_told() -> None:
    assert tell(Event(0, "never_seen_before", {})) == "Never seen before."


def test_strangers_cannot_write_lines_or_placeholders() -> None:
    sentence = tell(Event(0, "hello", {"name": "x\r\n2026 forged\x1b[2J {user} [y]", "how": "EHLO"}))
    assert sentence.isprintable()
    assert "{user} [y]" in sentence


def test_evidence_that_the_sentence_hides_is_listed() -> None:
    event = Event(0, "hello", {"name": "x", "how": "EHLO", "extra_bit": "seen", "empty": "", "list": ["a", "b"]})
    assert evidence_lines(event) == ["extra bit: seen", "list: a, b"]


def test_a_chapter_survives_the_store() -> None:
    chapter = Chapter(lambda: 12.5)
    chapter.add("hello", name="grün\n", list=["a"], count=3, none=None)
    assert decode(chapter.encode()) == [
        Event(12.5, "hello", {"name": "grün\n", "list": ["a"], "count": 3, "none": None})
    ]
