"""Fuzzers: ``fuzz_*.py`` each have one case a seed; ``rounds`` plays them."""
