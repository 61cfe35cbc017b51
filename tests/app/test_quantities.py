"""Durations, sizes and addresses as people write them."""

import pytest

from pillarbox.app.quantities import Endpoint, Octets, Seconds


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("5m", 300, "5m"), ("1m30s", 90, "90s"), ("5 d", 432000, "5d"), ("250ms", 0.25, "0.25s"), ("0", 0, "0s"),
        (90, 90, "90s"), ("1w", 604800, "1w"), ("never", float("inf"), "never"), ("1.5h", 5400, "90m"), ("7", 7, "7s"),
    ],
)  # fmt: skip
def test_durations_are_read_and_written(text: object, seconds: float, shown: str) -> None:
    assert Seconds.parse(text) == seconds
    assert str(Seconds.parse(text)) == shown
    assert Seconds.parse(shown) == seconds


@pytest.mark.parametrize("text", ["", "5 parsecs", "-1", -3, "m5", "5m!", True, None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        Seconds.parse(text)


@pytest.mark.parametrize(
    ("text", "octets", "shown"),
    [
        ("50MiB", 52428800, "50MiB"), ("10 MB", 10_000_000, "10000000"), ("1g", 1024**3, "1GiB"), (0, 0, "0"),
        ("1.5KiB", 1536, "1536"), ("128kib", 131072, "128KiB"), (77, 77, "77"), ("12B", 12, "12"),
    ],
)  # fmt: skip
def test_sizes_are_read_and_written(text: object, octets: int, shown: str) -> None:
    assert Octets.parse(text) == octets
    assert str(Octets.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "lots", "-5", "5 MiBs", True])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no size"):
        Octets.parse(text)


@pytest.mark.parametrize(
    ("text", "endpoint", "shown"),
    [
        ("127.0.0.1:1025", ("127.0.0.1", 1025), "127.0.0.1:1025"), ("[::1]:25", ("::1", 25), "[::1]:25"),
        ("*:25", ("", 25), "*:25"), (":25", ("", 25), "*:25"),
        ("mx.example.org:0", ("mx.example.org", 0), "mx.example.org:0"),
    ],
)  # fmt: skip
def test_addresses_are_read_and_written(text: str, endpoint: tuple[str, int], shown: str) -> None:
    assert Endpoint.parse(text) == endpoint
    assert str(Endpoint.parse(text)) == shown


def test_a_port_may_be_left_out_where_there_is_a_usual_one() -> None:
    assert Endpoint.parse("192.0.2.53", 53) == ("192.0.2.53", 53)
    assert Endpoint.parse("[2001:db8::1]", 53) == ("2001:db8::1", 53)


@pytest.mark.parametrize("text", ["", "host", "::1", "a:b", "host:99999", "[::1", "a b]:2:3"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no address|at most"):
        Endpoint.parse(text)
