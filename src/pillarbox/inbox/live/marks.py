"""How do the flags and keywords of a message look? Few combinations are in use, so each is made once."""

from functools import lru_cache
from typing import NamedTuple

from pillarbox.store.rows import Flags

# RFC 9051 §2.3.2, in the order in which they are shown.
SYSTEM_FLAGS = {
    "\\Answered": Flags.ANSWERED.value,
    "\\Flagged": Flags.FLAGGED.value,
    "\\Deleted": Flags.DELETED.value,
    "\\Seen": Flags.SEEN.value,
    "\\Draft": Flags.DRAFT.value,
}


class Marks(NamedTuple):
    """``flags`` are bits of store.rows.Flags, ``keywords`` stand sorted with one space between, ``wire`` is both as
    they stand in FLAGS (…)."""

    flags: int
    keywords: str
    wire: bytes


@lru_cache(maxsize=4096)
def marks(flags: int, keywords: str) -> Marks:
    """The marks of a message with these flags and keywords."""
    names = [name for name, flag in SYSTEM_FLAGS.items() if flags & flag]
    return Marks(flags, keywords, " ".join([*names, keywords] if keywords else names).encode("ascii", "replace"))
