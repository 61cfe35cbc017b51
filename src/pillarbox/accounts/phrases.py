"""Which password does a machine suggest? Words that can be read aloud and typed on a telephone: quiet-otter-42.

The words of ``words.txt`` are short, everyday, and hard to mistake for one another. How many bits a shape has is
counted from the lists, not guessed.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from math import log2

_LOW, _HIGH = 10, 99

# For a password that only opens a loopback port, and for one that the internet may try.
SHORT = ("quality", "thing", "number")
LONG = ("quality", "thing", "number", "quality", "thing", "thing")


def phrase(random_bytes: Callable[[int], bytes], shape: tuple[str, ...] = LONG) -> str:
    """A new password of the given shape. ``random_bytes`` is the machine's source of secrets."""
    return "-".join(_part(kind, random_bytes) for kind in shape)


def bits(shape: tuple[str, ...]) -> float:
    """How hard a password of this shape is to guess by one who knows the lists."""
    return sum(log2(_choices(kind)) for kind in shape)


@lru_cache(maxsize=1)
def words() -> dict[str, list[str]]:
    """The words by kind: qualities stand in the first paragraph of the file, things in the second."""
    qualities, things = files(__package__).joinpath("words.txt").read_text("ascii").split("\n\n")
    return {"quality": qualities.split(), "thing": things.split()}


def _choices(kind: str) -> int:
    return _HIGH - _LOW + 1 if kind == "number" else len(words()[kind])


def _part(kind: str, random_bytes: Callable[[int], bytes]) -> str:
    # 64 bits over less than 2 ** 9 choices: the bias is below 2 ** -55.
    drawn = int.from_bytes(random_bytes(8), "big") % _choices(kind)
    return str(_LOW + drawn) if kind == "number" else words()[kind][drawn]
