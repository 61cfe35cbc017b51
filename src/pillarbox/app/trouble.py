"""How is a person told that something is wrong? In three parts: what is wrong, why, and what to do."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes as sysexits.h names them: what scripts around a mail server look at."""

    OK = 0
    FINDINGS = 1
    USAGE = 64
    DATA = 65
    NO_INPUT = 66
    NO_USER = 67
    UNAVAILABLE = 69
    SOFTWARE = 70
    CANNOT_CREATE = 73
    IO = 74
    TEMPORARY = 75
    NO_PERMISSION = 77
    CONFIG = 78


class Trouble(Exception):
    """Something a person has to know: ``what`` is wrong, ``why`` it is, the ``cure``; ``code`` for the shell."""

    def __init__(self, what: str, why: str = "", cure: str = "", code: Exit = Exit.SOFTWARE) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.cure = cure
        self.code = code

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"  Why: {self.why}")
        if self.cure:
            parts.append(f"  What to do: {self.cure}")
        return "\n".join(parts)
