"""Does a short run of the fuzzer find nothing? `make soak` runs it long."""

from dialogs import runner
from fuzz import fuzz_smtp_server


def test_a_few_mutated_conversations() -> None:
    dialogs = [runner.read(path) for path in runner.files()]
    for seed in range(300):
        fuzz_smtp_server.one_case(dialogs, seed)
