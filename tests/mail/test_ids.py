"""Are ids short, sortable, readable, and never given twice?"""

import pytest

from pillarbox.mail import ids


def test_ids_rise_also_when_the_clock_is_set_back() -> None:
    source = ids.IdSource(salt=77)
    numbers = [source.next(now) for now in (1.8e9, 1.8e9, 1.7e9, 1.8e9 + 0.001, 1.6e9)]
    assert numbers == sorted(set(numbers))
    texts = [ids.encode(number) for number in numbers]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {ids.LENGTH}
    assert [ids.decode(text) for text in texts] == numbers


def test_the_moment_of_an_id() -> None:
    assert ids.moment(ids.IdSource().next(1_800_000_000.123)) == pytest.approx(1_800_000_000.123, abs=0.001)


def test_people_misread_letters() -> None:
    text = ids.encode(ids.IdSource().next(1.8e9))
    assert ids.decode(text.upper().replace("0", "O").replace("1", "I")) == ids.decode(text)


@pytest.mark.parametrize("text", ["", "short", "1jne2bw4b22u", "1jne2bw4b22t5", "1jne2bw4b 2t"])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        ids.decode(text)
