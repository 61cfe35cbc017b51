"""All benchmarks, one after another: PYTHONPATH=tests python -m bench [NAME ...]; BENCH_FAST=1 for a short run."""

import importlib
import sys
import time

NAMES = ("accept", "relay", "parts", "trust", "idle", "large", "backlog", "pop3_open", "imap", "imap_many", "imap_idle")


def main(names: list[str]) -> None:
    """Run those named, or all."""
    for name in names or NAMES:
        begin = time.perf_counter()
        importlib.import_module(f"bench.{name}").main()
        print(f"  ({name}: {time.perf_counter() - begin:.0f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
