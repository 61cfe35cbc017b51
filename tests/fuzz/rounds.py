"""How does a fuzzer go on? One case a seed, for so many seconds; what is found names the seed that finds it again.

A target is a module ``fuzz_*.py`` beside this one with ``one_case(seed)``, which raises what is wrong. All of them run
in turn by ``python scripts/fuzz.py SECONDS``, one case again by ``python scripts/fuzz.py 0 NAME SEED``.
"""

import random
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

CASE_SECONDS = 1.0
"""What takes longer is a fault: a stranger could hold up all the others with it."""

OneCase = Callable[[int], None]


def targets() -> list[str]:
    """The names of all fuzzers."""
    return sorted(path.stem for path in Path(__file__).parent.glob("fuzz_*.py"))


def one_case(name: str) -> OneCase:
    """What the fuzzer ``name`` does with a seed."""
    found: OneCase = import_module(f"fuzz.{name}").one_case
    return found


def play(
    name: str, case: OneCase, seconds: float, seed: int | None = None, clock: Callable[[], float] = time.monotonic
) -> int:
    """Plays one case at least, and more for ``seconds``; their number. Whatever is wrong is raised, with its seed."""
    first = random.SystemRandom().getrandbits(32) if seed is None else seed
    number, end = first, clock() + seconds
    while number == first or clock() < end:
        began = clock()
        try:
            case(number)
            took = clock() - began
            assert took <= CASE_SECONDS, f"it took {took:.1f} s"
        except Exception as error:
            error.add_note(f"again with: python scripts/fuzz.py 0 {name} {number}")
            raise
        number += 1
    return number - first


def mutate(octets: bytes, dice: random.Random, spice: Sequence[bytes], least: int = 0) -> bytes:
    """``octets`` with some of it lost, doubled, changed or spiced, ``least`` times at least."""
    text = bytearray(octets)
    for _ in range(dice.randint(least, 6)):
        at, size = dice.randint(0, len(text)), dice.choice((1, 1, 4, 30, 100))
        match dice.randrange(5):
            case 0:
                del text[at : at + size]
            case 1:
                text[at:at] = text[at : at + size] * dice.choice((1, 1, 20, 50))
            case 2:
                text[at : at + 1] = bytes([dice.randrange(256)])
            case 3:
                text[at : at + size] = dice.randbytes(dice.randrange(20))
            case _:
                text[at:at] = dice.choice(spice)
    return bytes(text)
