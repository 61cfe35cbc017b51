"""What waits for one destination, in which order, and who gets the next connection."""

from dataclasses import replace

from pillarbox.deliver.plan import Plan
from pillarbox.mail.route import Direct, Tls
from pillarbox.observe.story import Chapter
from pillarbox.queue.allowance import Allowance, AllowanceSettings
from pillarbox.queue.destination import Destination
from pillarbox.queue.parcel import Parcel
from pillarbox.queue.slots import Slots
from pillarbox.store.rows import MessageRow, QueueItem

NOW = 1_800_000_000.0
MESSAGE = MessageRow(1, NOW, "a@b", 10, 5, "7BIT", False, None, None, None, True)
ROW = QueueItem(1, MESSAGE, "u@x.test", "x.test", None, None, None, NOW, True, False, NOW, 0, "", False)


class Lane:
    idle_since = 0.0

    def __init__(self, *, is_open: bool, is_coming: bool) -> None:
        self.is_open = is_open
        self.is_coming = is_coming

    def wake(self) -> None: ...

    def dismiss(self) -> None: ...


def parcel(message_id: int, *recipients: str) -> Parcel:
    message = replace(MESSAGE, id=message_id)
    rows = [replace(ROW, id=n, message=message, recipient=r) for n, r in enumerate(recipients or ("u@x.test",))]
    return Parcel(message, rows, Direct(), Chapter(lambda: NOW), kept=10)


def destination(connections: int = 3) -> Destination:
    allowance = Allowance(AllowanceSettings(first_connections=connections))
    return Destination(Plan("mx:25", (("mx",),), 25, Tls.NONE), allowance)


def test_parcels_leave_in_the_order_in_which_they_came() -> None:
    made = destination()
    for number in (3, 1, 2):
        made.put(parcel(number))
    made.put_first(parcel(9))
    assert [made.take().message_id for _ in range(4)] == [9, 3, 1, 2]  # type: ignore[union-attr]
    assert made.take() is None
    assert made.recipients == 0


def test_recipients_of_one_message_travel_together() -> None:
    made = destination()
    made.put(parcel(1, "a@x.test"))
    made.put(parcel(2, "b@x.test"))
    made.put(parcel(1, "c@y.test"))
    assert (len(made), made.recipients) == (2, 3)
    first = made.take()
    assert first is not None
    assert [str(recipient.address) for recipient in first.recipients()] == ["a@x.test", "c@y.test"]
    assert first.kept == 20  # both counted: both are given back


def test_one_message_can_be_taken_back() -> None:
    made = destination()
    made.put(parcel(1))
    made.put(parcel(2))
    assert len(made.take_of(frozenset({1}))) == 1
    assert made.take_of(frozenset({1})) == []
    assert [waiting.message_id for waiting in made.waiting()] == [2]
    assert [taken.message_id for taken in made.take_all()] == [2]
    assert made.recipients == 0


def test_a_lane_is_wanted_for_what_no_lane_is_coming_for() -> None:
    made = destination(connections=3)
    assert not made.wants_lane
    made.put(parcel(1))
    assert made.wants_lane
    made.lanes[Lane(is_open=False, is_coming=True)] = None
    assert not made.wants_lane
    made.put(parcel(2))
    assert made.wants_lane
    made.lanes[Lane(is_open=True, is_coming=False)] = None
    made.lanes[Lane(is_open=True, is_coming=False)] = None
    assert made.standing == 2
    assert not made.wants_lane  # as many as are allowed


def test_connections_go_round() -> None:
    slots = Slots(1)
    assert slots.take()
    assert not slots.take()
    for key in ("a", "b", "a"):
        slots.want(key)
    assert slots.is_short
    assert slots.next_wanting() is None
    slots.give_back()
    assert [slots.next_wanting() for _ in range(3)] == ["a", "b", None]
    assert not slots.is_short
