"""Run every fuzzer of tests/fuzz in turn: `python scripts/fuzz.py SECONDS` shares the time among them."""

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(seconds: float) -> int:
    """How many fuzzers failed; each that does has said why."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    names = sorted(path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.py"))
    if not names:
        sys.stderr.write("no fuzzers in tests/fuzz\n")
        return 1
    for name in names:
        sys.stdout.write(f"{name}: {seconds / len(names):.0f} s\n")
        sys.stdout.flush()
        importlib.import_module(f"tests.fuzz.{name}").main(seconds / len(names))
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
