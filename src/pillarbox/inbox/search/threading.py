"""Which messages are one conversation? THREAD's two algorithms. RFC 5256 §3 and §4."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

from pillarbox.store.digests import Threading

from .gathering import gather
from .linking import link, pruned
from .ranks import ranks

# A message's position, its answer's, …; where several answer, a thread for each of them.
Thread: TypeAlias = list[Union[int, "Thread"]]


def ordered_subject(rows: Sequence[Threading], position: Mapping[int, int]) -> list[Thread]:
    """Messages of the same base subject: the first one, and all others answer it. ``rows`` in the order of their
    numbers, ``position`` by UID."""
    threads: dict[str, list[int]] = {}
    for _, row in sorted(zip(ranks(rows), rows, strict=True)):
        threads.setdefault(row.subject, []).append(position[row.uid])
    # Each subject stands where its first message came.
    return [_star(positions) for positions in threads.values()]


def _star(positions: list[int]) -> Thread:
    if len(positions) <= 2:
        return [*positions]
    thread: Thread = [positions[0]]
    thread += ([each] for each in positions[1:])
    return thread


def references(rows: Sequence[Threading], position: Mapping[int, int]) -> list[Thread]:
    """Messages linked by what they refer to, and then by the base subjects of what is left. Arguments as above."""
    rank = ranks(rows)
    tops, children = pruned(link(rows), len(rows))  # §4, steps 1 to 3
    tops = gather(rows, rank, tops, children)  # steps 4 and 5
    messages = len(rows)

    def oldest(node: int) -> int:
        return rank[node] if node < messages else rank[children[node][0]]

    for siblings in children:  # step 6
        if len(siblings) > 1:
            siblings.sort(key=rank.__getitem__)
    tops.sort(key=oldest)
    here = [position[row.uid] for row in rows]
    return [_nested(top, children, here) for top in tops]


def _nested(top: int, children: Sequence[Sequence[int]], here: Sequence[int]) -> Thread:
    thread: Thread = []
    waiting = [(top, thread)]
    while waiting:
        node, into = waiting.pop()
        while True:
            if node < len(here):
                into.append(here[node])
            answers = children[node]
            if len(answers) != 1:
                break
            node = answers[0]
        for answer in answers:
            branch: Thread = []
            into.append(branch)
            waiting.append((answer, branch))
    return thread
