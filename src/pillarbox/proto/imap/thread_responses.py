"""Which messages answer which? THREAD. RFC 5256 §4 and its formal syntax in §5."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, Union

# A message, its answer, the answer to that, …; where several answer, a sequence of threads for each of them.
Thread: TypeAlias = Sequence[Union[int, "Thread"]]


def thread(threads: Iterable[Thread], number: Callable[[int], int] | None = None) -> bytes:
    """All ``threads``: ``[3, 6, [4, 23], [44, 7, 96]]`` goes as "(3 6 (4 23)(44 7 96))", a thread whose first message
    is not there as ``[[3], [5]]``. ``number`` makes what the client calls a message out of what stands there."""
    body = "".join(_pieces(threads, str if number is None else lambda message: str(number(message))))
    return b"* THREAD %b\r\n" % body.encode() if body else b"* THREAD\r\n"


def _pieces(threads: Iterable[Thread], written: Callable[[int], str]) -> Iterator[str]:
    # Not recursive: conversations can be nested deeper than Python may call.
    open_threads: list[Iterator[int | Thread]] = [iter(threads)]
    behind_number = False
    while open_threads:
        member = next(open_threads[-1], None)
        if member is None:
            open_threads.pop()
            behind_number = False
            if open_threads:
                yield ")"
        elif isinstance(member, int):
            yield f" {written(member)}" if behind_number else written(member)
            behind_number = True
        else:
            yield " (" if behind_number else "("
            behind_number = False
            open_threads.append(iter(member))
