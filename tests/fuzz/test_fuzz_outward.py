"""A few cases of the fuzzers that face remote servers; hours of them run in ``make soak``."""

from fuzz import fuzz_dns, fuzz_smtp_client


def test_replies_of_a_hostile_server() -> None:
    for seed in range(150):
        fuzz_smtp_client.one_case(seed)


def test_answers_of_a_hostile_name_server() -> None:
    for seed in range(300):
        fuzz_dns.one_case(seed)
