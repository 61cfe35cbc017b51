"""Run all fuzzers of tests/fuzz: `python scripts/fuzz.py SECONDS` shares the time; `… 0 NAME SEED` plays one case."""

import sys
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from fuzz import rounds  # noqa: E402 - it is found only now


def main(seconds: float, names: list[str], seed: int | None = None) -> int:
    """1 when one of them found something, which it has said with the seed that finds it again; else 0."""
    found = 0
    for name in names:
        try:
            cases = rounds.play(name, rounds.one_case(name), seconds / len(names), seed)
            sys.stdout.write(f"{name}: {cases} cases\n")
        except Exception:  # noqa: BLE001 - what one finds is told, and the others have their turn
            found = 1
            sys.stderr.write(f"{name}:\n{traceback.format_exc()}")
        sys.stdout.flush()
    return found


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(
        main(
            float(arguments[0]),
            arguments[1:2] or rounds.targets(),
            int(arguments[2]) if len(arguments) > 2 else None,
        )
    )
