"""What does a process cost? Memory and CPU time as Linux counts them in /proc."""

import os
from pathlib import Path

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and everything below it, as far as it still runs."""
    try:
        children = (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return []
    return [pid, *(below for child in children for below in family(int(child)))]


def rss(pid: int) -> int:
    """Resident octets."""
    return _status(pid, "VmRSS")


def peak_rss(pid: int) -> int:
    """The highest resident octets since the start or `reset_peak`."""
    return _status(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    """Begin anew to watch for the peak."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def pss(pid: int) -> int:
    """Proportional octets: what is shared with other processes is divided among them."""
    return _kib((PROC / str(pid) / "smaps_rollup").read_text(), "Pss")


def cpu_seconds(pid: int) -> float:
    """User and system time so far, with that of children that have ended; 0 for one that has ended itself."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # what it used is its parent's now
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _status(pid: int, name: str) -> int:
    return _kib((PROC / str(pid) / "status").read_text(), name)


def _kib(text: str, name: str) -> int:
    return 1024 * next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))
