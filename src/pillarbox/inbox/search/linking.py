"""Which message answers which, by their References? RFC 5256 §4, REFERENCES, steps 1 to 3.

Nodes are numbers: messages first, in the order of their numbers in the session, then dummies, which stand for messages
that are referred to but are not there.
"""

from collections.abc import Sequence

from pillarbox.store.digests import Threading

# References that are heeded of one message: its first and its last ones. No mail program writes more, a prankster may.
REFERENCES_AT_MOST = 500
# How far up it is looked whether a link would close a circle; a link whose end cannot be seen from there is not made.
DEEPEST = 1_000
_NONE = -1


class _Forest:
    """Parents, and how many children each node has. The children themselves are gathered when all links are made."""

    def __init__(self, messages: int) -> None:
        self.parents = [_NONE] * messages
        self._children = [0] * messages

    def add(self) -> int:
        """A dummy."""
        self.parents.append(_NONE)
        self._children.append(0)
        return len(self.parents) - 1

    def link(self, parent: int, child: int) -> None:
        """Make the link unless it would close a circle. ``child`` has no parent."""
        if parent == child or (self._children[child] and self._is_below(parent, child)):
            return
        self.parents[child] = parent
        self._children[parent] += 1

    def cut(self, child: int) -> None:
        """Take ``child`` from its parent."""
        parent = self.parents[child]
        if parent != _NONE:
            self._children[parent] -= 1
            self.parents[child] = _NONE

    def _is_below(self, node: int, above: int) -> bool:
        for _ in range(DEEPEST):
            node = self.parents[node]
            if node == above:
                return True
            if node == _NONE:
                return False
        return True


def link(rows: Sequence[Threading]) -> list[int]:
    """The parent of each node, -1 for none; nodes behind those of ``rows`` are dummies."""
    forest = _Forest(len(rows))
    # "When two messages have the same Message ID, use it in the first one only"; without one, nobody refers to it.
    nodes: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row.thread_id:
            nodes.setdefault(row.thread_id, index)
    for index, row in enumerate(rows):
        if row.references:
            _link_one(forest, nodes, index, _heeded(row.references.split(" ")))
        else:
            forest.cut(index)
    return forest.parents


def _link_one(forest: _Forest, nodes: dict[str, int], index: int, references: list[str]) -> None:
    parents = forest.parents
    before = _NONE
    for reference in references:  # step 1.A
        node = nodes.get(reference, _NONE)
        if node == _NONE:
            node = nodes[reference] = forest.add()
        if before != _NONE and parents[node] == _NONE:
            forest.link(before, node)
        before = node
    if parents[index] != before:  # step 1.B
        forest.cut(index)
        forest.link(before, index)


def _heeded(references: list[str]) -> list[str]:
    if len(references) <= REFERENCES_AT_MOST:
        return references
    return [references[0], *references[1 - REFERENCES_AT_MOST :]]


def pruned(parents: Sequence[int], messages: int) -> tuple[list[int], list[list[int]]]:
    """What stands at the top, and the children of each node, without the dummies that nothing needs (step 3): those at
    the top stay where they hold several together."""
    children: list[list[int]] = [[] for _ in parents]
    tops: list[int] = []
    for node, parent in enumerate(parents):
        (tops if parent == _NONE else children[parent]).append(node)
    for node in _upwards(tops, children):
        children[node] = _without_dummies(children[node], children, messages)
    kept: list[int] = []
    for top in tops:
        kept += [top] if top < messages or len(children[top]) > 1 else children[top]
    return kept, children


def _upwards(tops: Sequence[int], children: Sequence[Sequence[int]]) -> list[int]:
    """All nodes, each behind its children."""
    order = list(tops)
    for node in order:  # it grows while it is walked through
        order += children[node]
    order.reverse()
    return order


def _without_dummies(nodes: list[int], children: Sequence[list[int]], messages: int) -> list[int]:
    """Each dummy replaced by its children."""
    if all(node < messages for node in nodes):
        return nodes
    if len(nodes) == 1:
        return children[nodes[0]]
    found: list[int] = []
    for node in nodes:
        found += [node] if node < messages else children[node]
    return found
