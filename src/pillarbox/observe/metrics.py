"""How much of what happened? Plain numbers that cost nothing to count; exported on demand in Prometheus' text format.

Counting is ``metrics.messages_accepted += 1``: one loop, no locks. What is asked for rarely (queue length, open
connections) is not counted but looked up at export, through gauges that the composition root hands in.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

# Seconds; from a fsync on a good disk to a DNS look-up on a bad day.
LATENCY_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Seconds from accepted to delivered: minutes and hours are usual when a host is away.
DELIVERY_BOUNDS = (0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0, 432000.0)


class Histogram:
    """How often values fell under each of ``bounds`` (rising), and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Note one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulated counts under each bound, as Prometheus wants them."""
        total, result = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            total += count
            result.append((bound, float(total)))
        return result


# What each counter counts: attribute of Metrics and Prometheus name (with ``pillarbox_`` before and ``_total`` behind).
COUNTERS = {
    "sessions": "Incoming connections of all kinds.",
    "sessions_refused": "Incoming connections refused because a limit was reached.",
    "early_talkers": "Clients that spoke before the greeting.",
    "protocol_errors": "Commands that could not be understood or were out of order.",
    "internal_errors": "Answers 4xx because something went wrong on our side.",
    "tls_handshakes": "TLS handshakes with clients that succeeded.",
    "tls_failures": "TLS handshakes with clients that failed.",
    "logins": "Logins that succeeded.",
    "logins_failed": "Logins that were refused.",
    "messages_accepted": "Messages that were answered with 250 after their commit.",
    "octets_accepted": "Octets of those messages.",
    "messages_refused": "Messages refused at their end.",
    "recipients_refused": "Recipients refused at RCPT.",
    "copies_filed": "Copies put into mailboxes.",
    "recipients_queued": "Recipients put into the queue.",
    "store_failures": "Messages answered with 4xx because the store could not take them.",
    "deliveries": "Recipients that a remote host took over.",
    "deferrals": "Attempts for a recipient that will be repeated.",
    "bounces": "Recipients given up because the remote host refused them for good.",
    "expiries": "Recipients given up because their time was over.",
    "reports": "Reports (DSN) written to senders.",
    "connections_made": "Connections to remote hosts that were made.",
    "connections_failed": "Connections to remote hosts that failed.",
    "dns_questions": "Questions sent to name servers.",
    "dns_cached": "Answers given from the DNS cache.",
    "messages_read": "Messages that mail programs fetched.",
    "messages_appended": "Messages that mail programs put into mailboxes.",
    "messages_expunged": "Messages that mail programs removed for good.",
    "imap_commands": "Commands of IMAP clients.",
}
HISTOGRAMS = {
    "accept_seconds": ("From the end of a message to its 250.", LATENCY_BOUNDS),
    "delivery_seconds": ("From the 250 of a message to the remote host's 250 for it.", DELIVERY_BOUNDS),
}


class Metrics:
    """All counters and histograms of a server."""

    __slots__ = (*COUNTERS, *HISTOGRAMS, "_gauges")

    sessions: int
    sessions_refused: int
    early_talkers: int
    protocol_errors: int
    internal_errors: int
    tls_handshakes: int
    tls_failures: int
    logins: int
    logins_failed: int
    messages_accepted: int
    octets_accepted: int
    messages_refused: int
    recipients_refused: int
    copies_filed: int
    recipients_queued: int
    store_failures: int
    deliveries: int
    deferrals: int
    bounces: int
    expiries: int
    reports: int
    connections_made: int
    connections_failed: int
    dns_questions: int
    dns_cached: int
    messages_read: int
    messages_appended: int
    messages_expunged: int
    imap_commands: int
    accept_seconds: Histogram
    delivery_seconds: Histogram

    def __init__(self) -> None:
        for name in COUNTERS:
            setattr(self, name, 0)
        for name, (_help, bounds) in HISTOGRAMS.items():
            setattr(self, name, Histogram(bounds))
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Ask ``read`` for ``pillarbox_<name>`` at every export."""
        self._gauges[name] = meaning, read

    def collect(self) -> "Iterator[Metric]":
        """Everything as prometheus_client's values; this makes it one of its custom collectors."""
        from prometheus_client.core import (  # noqa: PLC0415 - 40 ms that only an export pays
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        for name, meaning in COUNTERS.items():
            yield CounterMetricFamily(f"pillarbox_{name}", meaning, value=getattr(self, name))
        for name, (meaning, _bounds) in HISTOGRAMS.items():
            histogram: Histogram = getattr(self, name)
            yield HistogramMetricFamily(
                f"pillarbox_{name}", meaning, buckets=histogram.buckets(), sum_value=histogram.sum
            )
        for name, (meaning, read) in self._gauges.items():
            yield GaugeMetricFamily(f"pillarbox_{name}", meaning, value=read())

    def export(self) -> str:
        """All of it in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self.collect))
        return generate_latest(registry).decode()


class _Collector:
    """What prometheus_client's registry wants; it does not ask whether the names are the same each time."""

    def __init__(self, collect: "Callable[[], Iterable[Metric]]") -> None:
        self.collect = collect
