"""What can a queue row be, and what makes it something else? The table; docs/queue.md is drawn from it."""

from enum import Enum

from pillarbox.store.rows import QueueItem


class State(Enum):
    """One recipient's row. WAITING is due at a time; LEASED belongs to a runner until its lease ends.

    A fresh row is WAITING, or LEASED when the runner has room and takes it straight from memory.
    """

    WAITING = "waiting"
    LEASED = "leased"
    HELD = "held"
    GONE = "gone"


class Act(Enum):
    """What happens to a row."""

    CLAIM = "the runner takes it because it is due"
    LEASE_ENDS = "the process that had it is gone"
    UNLEASE = "the runner gives it back untried"
    DEFER = "the attempt failed for now"
    FINISH = "delivered, or reported to the sender"
    HOLD = "an administrator holds it"
    RELEASE = "an administrator releases it"
    RETRY = "an administrator wants it tried now"
    DROP = "an administrator removes it"


# An attempt that runs while a row is being held goes on: its delivery counts, its failure leaves the row held.
TABLE: dict[tuple[State, Act], State] = {
    (State.WAITING, Act.CLAIM): State.LEASED,
    (State.WAITING, Act.HOLD): State.HELD,
    (State.WAITING, Act.RETRY): State.WAITING,
    (State.WAITING, Act.DROP): State.GONE,
    (State.LEASED, Act.LEASE_ENDS): State.WAITING,
    (State.LEASED, Act.UNLEASE): State.WAITING,
    (State.LEASED, Act.DEFER): State.WAITING,
    (State.LEASED, Act.FINISH): State.GONE,
    (State.LEASED, Act.HOLD): State.HELD,
    (State.LEASED, Act.DROP): State.GONE,
    (State.HELD, Act.DEFER): State.HELD,
    (State.HELD, Act.UNLEASE): State.HELD,
    (State.HELD, Act.FINISH): State.GONE,
    (State.HELD, Act.RELEASE): State.WAITING,
    (State.HELD, Act.DROP): State.GONE,
}


def after(state: State, act: Act) -> State:
    """The state that follows; ``state`` itself where the act does not touch it."""
    return TABLE.get((state, act), state)


def state_of(row: QueueItem) -> State:
    """What a stored row is now."""
    if row.held:
        return State.HELD
    return State.LEASED if row.leased else State.WAITING
