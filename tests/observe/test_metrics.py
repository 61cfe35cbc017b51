"""Counters are plain numbers; the export is what Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from pillarbox.observe.metrics import COUNTERS, HISTOGRAMS, Histogram, Metrics


def test_every_counter_and_histogram_is_exported() -> None:
    metrics = Metrics()
    metrics.messages_accepted += 3
    metrics.accept_seconds.observe(0.003)
    metrics.accept_seconds.observe(100)
    metrics.gauge("queue_recipients", "Recipients that wait.", lambda: 5)
    families = {family.name: family for family in text_string_to_metric_families(metrics.export())}
    assert set(families) == {f"pillarbox_{name}" for name in (*COUNTERS, *HISTOGRAMS, "queue_recipients")}
    assert families["pillarbox_messages_accepted"].samples[0].value == 3
    assert families["pillarbox_queue_recipients"].samples[0].value == 5
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families["pillarbox_accept_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert (buckets["0.0025"], buckets["0.005"], buckets["30.0"], buckets["+Inf"]) == (0, 1, 1, 2)


def test_a_value_on_a_bound_belongs_under_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)
    assert histogram.buckets() == [("1.0", 1.0), ("2.0", 3.0), ("+Inf", 4.0)]
    assert histogram.sum == 7.0


def test_a_name_that_is_not_counted_is_a_mistake() -> None:
    metrics = Metrics()
    try:
        metrics.mesages_accepted = 1  # type: ignore[attr-defined]
    except AttributeError:
        return
    raise AssertionError("a misspelt counter was taken")
