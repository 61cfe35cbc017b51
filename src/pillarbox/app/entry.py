"""Where does the program begin? Each word or name leads to one command, and only what that command needs is imported.

Mail programs start `sendmail` thousands of times a day, so that and `mailq` go their own short way.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter

from .trouble import Exit, Trouble

_INTERRUPTED = 130
_started = perf_counter()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` (without the program's name) spells; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console that lacks a letter is no reason to fail
    name = Path(sys.argv[0]).stem.lower()
    words = list(sys.argv[1:] if argv is None else argv)
    if name in {"sendmail", "mailq", "newaliases"}:
        words.insert(0, name)
    try:
        return _run(words)
    except Trouble as trouble:
        sys.stderr.write(f"pillarbox: {trouble}\n")
        return trouble.code
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; Python would complain about it at exit
        return Exit.OK
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(words: list[str]) -> int:
    first = words[0] if words else ""
    if first == "sendmail":
        from .sendmail import sendmail  # noqa: PLC0415

        return sendmail(words[1:])
    if first == "mailq":
        from .mailq import mailq  # noqa: PLC0415

        return mailq(words[1:])
    if first == "newaliases":
        return Exit.OK  # aliases are in the store: there is nothing to be made of them
    if first == "run" and (len(words) == 1 or (len(words) == 3 and words[1] == "--data")):
        # What machines start stays small: what reads command lines for people is left out.
        from .folders import chosen  # noqa: PLC0415
        from .serve import run_in  # noqa: PLC0415

        return run_in(chosen(words[2] if len(words) == 3 else None))
    if not words:
        from .tryout import tryout  # noqa: PLC0415

        return tryout(_started)
    from .cli import run_command  # noqa: PLC0415

    return run_command(words)
