"""How is something measured fairly? In turns (A B A B ...), each run counted in time and CPU, medians with spread."""

import os
import resource
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FAST = os.environ.get("BENCH_FAST") == "1"


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: ``count`` messages in ``seconds``, for which the server used ``cpu`` seconds of processor."""

    count: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.count / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of processor a message."""
        return self.cpu / self.count * 1e6


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one server."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def rate(self) -> float:
        """The median rate."""
        return statistics.median(sample.rate for sample in self.samples)

    def __str__(self) -> str:
        rates = sorted(sample.rate for sample in self.samples)
        cost = statistics.median(sample.cost for sample in self.samples)
        return f"{self.name:<11}{self.rate:>8,.0f}/s  [{rates[0]:,.0f}-{rates[-1]:,.0f}]{cost:>9,.0f} us CPU/message"


def in_turns(runners: Mapping[str, Callable[[], Sample]], rounds: int) -> list[Series]:
    """Run all of ``runners`` ``rounds`` times in turns, so that what disturbs the machine disturbs all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            samples[name].append(run())
    return [Series(name, tuple(taken)) for name, taken in samples.items()]


def show(title: str, series: list[Series]) -> None:
    """Print the series, and the ratio of the first to each other one."""
    print(f"\n{title}")
    for one in series:
        print(f"  {one}")
    for other in series[1:]:
        print(f"  = {series[0].rate / other.rate:.1f} x {other.name}")


def more_files() -> None:
    """Allow this process, and what it starts, as many open files as the system lets it have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
