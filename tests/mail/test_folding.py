"""Are two texts the same when a person would say so?"""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello World", "hello world"),
        ("a \t\r\n b", "a b"),
        (" a\n", " a "),
        ("", ""),
        (" \t", " "),
        ("STRASSE Straße", "strasse strasse"),
        ("É e\u0301", "é é"),
        ("résumé", "résumé"),
        ("ﬁn", "fin"),
        ("ＡＢＣ", "abc"),
        ("ǰ", "ǰ"),
        ("ΣΑΣ σας", "σασ σασ"),
        ("İstanbul", "i̇stanbul"),
        ("wo\u00adrd zero\u200bwidth", "word zerowidth"),
        ("a\u00a0b\u3000c", "a b c"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=1_500))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_line_end_keeps_texts_apart(left: str, right: str) -> None:
    assert "\n" not in fold(left) + fold(right)


def test_a_long_text_is_folded_like_a_short_one() -> None:
    words = "Ünïted Ñatïons "
    assert fold(words * 5_000).strip() == " ".join([fold(words).strip()] * 5_000)


@pytest.mark.parametrize(
    "text", ["a" + "\u0315\u0300" * 200_000, "\u0300\u0315" * 200_000, "é" * 500_000, " \u00a0" * 300_000]
)
def test_cost_grows_with_the_size_alone(text: str) -> None:
    began = process_time()
    fold(text)
    assert process_time() - began < 2.0
