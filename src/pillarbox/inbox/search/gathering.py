"""Which conversations are one, by their subjects? RFC 5256 §4, REFERENCES, steps 4 and 5."""

from collections.abc import Sequence

from pillarbox.store.digests import Threading


class _Gathering:
    """The top of the threads; nodes as in ``linking``. ``children`` grows by the dummies that are made here."""

    def __init__(
        self, rows: Sequence[Threading], rank: Sequence[int], tops: Sequence[int], children: list[list[int]]
    ) -> None:
        self._rows = rows
        self._children = children
        for top in tops:
            if self._is_dummy(top):
                children[top].sort(key=rank.__getitem__)
        # Step 4. A dummy counts as its first child.
        self._tops = sorted(tops, key=lambda node: rank[self._message(node)])
        self._table: dict[str, int] = {}

    def gathered(self) -> list[int]:
        """What stands at the top when threads of the same subject are one."""
        for node in self._tops:
            self._note(node)
        left = dict.fromkeys(self._tops)
        for node in self._tops:
            self._merge(node, left)
        return list(left)

    def _is_dummy(self, node: int) -> bool:
        return node >= len(self._rows)

    def _message(self, node: int) -> int:
        """The message whose subject and date count for ``node``."""
        return self._children[node][0] if self._is_dummy(node) else node

    def _subject(self, node: int) -> str:
        return self._rows[self._message(node)].subject

    def _is_reply(self, node: int) -> bool:
        return not self._is_dummy(node) and self._rows[node].is_reply

    def _note(self, node: int) -> None:
        """Step 5.B: who stands for a subject. A dummy best, then who is no reply, then who is first."""
        subject = self._subject(node)
        if not subject:
            return
        other = self._table.setdefault(subject, node)
        if self._is_dummy(other):
            return
        if self._is_dummy(node) or (self._is_reply(other) and not self._is_reply(node)):
            self._table[subject] = node

    def _merge(self, node: int, left: dict[int, None]) -> None:
        """Step 5.C."""
        subject = self._subject(node)
        other = self._table.get(subject, node) if subject else node
        if other == node:
            return
        del left[node]
        if self._is_dummy(other):
            self._children[other] += self._children[node] if self._is_dummy(node) else [node]
        elif self._is_reply(node) and not self._is_reply(other):
            self._children[other].append(node)
        else:
            del left[other]
            self._table[subject] = both = len(self._children)
            self._children.append([other, node])
            left[both] = None


def gather(rows: Sequence[Threading], rank: Sequence[int], tops: Sequence[int], children: list[list[int]]) -> list[int]:
    """What stands at the top, threads of one base subject made one; ``children`` is changed with it."""
    return _Gathering(rows, rank, tops, children).gathered()
