"""REFERENCES as RFC 5256 §4 tells it, step by step, without a thought of cost: what the real one is held to."""

from dataclasses import dataclass, field

from pillarbox.store.digests import Threading


@dataclass(eq=False)
class Node:
    """A message, or a dummy without a row."""

    row: Threading | None = None
    number: int = 0
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    def below(self, other: "Node") -> bool:
        return self.parent is not None and (self.parent is other or self.parent.below(other))

    def attach(self, child: "Node") -> None:
        if child is self or self.below(child):
            return
        child.parent = self
        self.children.append(child)

    def detach(self) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None

    @property
    def first(self) -> "Node":
        return self if self.row is not None else min(self.children, key=lambda child: child.date)

    @property
    def date(self) -> tuple[float, int]:
        first = self.first
        assert first.row is not None
        return first.row.sent, first.number

    @property
    def subject(self) -> str:
        row = self.first.row
        assert row is not None
        return row.subject

    @property
    def replies(self) -> bool:
        return self.row is not None and self.row.is_reply


def threads(rows: list[Threading]) -> list[object]:
    """The threads, of UIDs."""
    tops = _prune(_link(rows))
    tops = _gather(sorted(tops, key=lambda node: node.date))
    return [_shown(node) for node in sorted(tops, key=lambda node: node.date)]


def _link(rows: list[Threading]) -> list[Node]:
    nodes: dict[str, Node] = {}
    messages = []
    for number, row in enumerate(rows):
        node = Node(row, number)
        messages.append(node)
        key = row.thread_id if row.thread_id and row.thread_id not in nodes else f"unique {number}"
        nodes[key] = node
    for node in messages:
        assert node.row is not None
        before = None
        for reference in node.row.references.split():
            here = nodes.setdefault(reference, Node())
            if before is not None and here.parent is None:
                before.attach(here)
            before = here
        if node.parent is not before:
            node.detach()
            if before is not None:
                before.attach(node)
    return [node for node in nodes.values() if node.parent is None]


def _prune(nodes: list[Node]) -> list[Node]:
    for node in nodes:
        _prune_below(node)
    kept: list[Node] = []
    for node in nodes:
        kept += [node] if node.row is not None or len(node.children) > 1 else node.children
    return kept


def _prune_below(node: Node) -> None:
    for child in node.children:
        _prune_below(child)
    node.children = [each for child in node.children for each in ([child] if child.row is not None else child.children)]


def _gather(tops: list[Node]) -> list[Node]:
    table: dict[str, Node] = {}
    for node in tops:
        subject = node.subject
        if not subject:
            continue
        there = table.setdefault(subject, node)
        if there.row is not None and (node.row is None or (there.replies and not node.replies)):
            table[subject] = node
    subjects = {id(node): node.subject for node in tops}
    left = list(tops)
    for node in tops:
        there = table.get(subjects[id(node)], node) if subjects[id(node)] else node
        if there is node:
            continue
        left.remove(node)
        if there.row is None and node.row is None:
            there.children += node.children
        elif there.row is None or (node.replies and not there.replies):
            there.children.append(node)
        else:
            left.remove(there)
            both = Node(children=[there, node])
            table[subjects[id(node)]] = both
            left.append(both)
    return left


def _shown(node: Node) -> list[object]:
    answers = sorted(node.children, key=lambda child: child.date)
    shown: list[object] = [] if node.row is None else [node.row.uid]
    if len(answers) == 1:
        return [*shown, *_shown(answers[0])]
    return [*shown, *(_shown(answer) for answer in answers)]
