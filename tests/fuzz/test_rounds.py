"""Does a fuzzer tell what it found, and which seed finds it again? And do a few cases of each find nothing?"""

import random
from itertools import count

import pytest

from fuzz.rounds import mutate, one_case, play, targets


@pytest.mark.parametrize("name", targets())
def test_a_few_cases(name: str) -> None:
    case = one_case(name)
    for seed in range(100 if name == "fuzz_control" else 300):
        case(seed)


def test_it_goes_on_until_the_time_is_over() -> None:
    played: list[int] = []
    ticks = count()
    assert play("fuzz_x", played.append, 10.0, seed=7, clock=lambda: next(ticks) * 0.5) == len(played) > 3
    assert played == list(range(7, 7 + len(played)))


def test_a_seed_alone_is_played_once() -> None:
    played: list[int] = []
    assert play("fuzz_x", played.append, 0.0, seed=7) == 1
    assert played == [7]


def test_what_is_wrong_comes_with_its_seed() -> None:
    def wrong_at_nine(seed: int) -> None:
        if seed == 9:
            raise KeyError("nine")

    with pytest.raises(KeyError, match="nine") as caught:
        play("fuzz_x", wrong_at_nine, 10.0, seed=7)
    assert caught.value.__notes__ == ["again with: python scripts/fuzz.py 0 fuzz_x 9"]


def test_a_slow_case_is_wrong() -> None:
    times = iter([0.0, 0.0, 1.5])
    with pytest.raises(AssertionError, match=r"it took 1\.5 s"):
        play("fuzz_x", lambda _seed: None, 10.0, seed=7, clock=lambda: next(times))


def test_a_mutation_is_the_same_for_the_same_dice() -> None:
    text = b"MAIL FROM:<a@example.com>\r\n"
    made = [mutate(text, random.Random(5), (b"\0",), least=3) for _ in range(2)]
    assert made[0] == made[1] != text
