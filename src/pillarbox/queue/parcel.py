"""What travels together? One message with all its recipients that go the same way."""

from dataclasses import dataclass

from pillarbox.mail import ids
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Notify, Recipient
from pillarbox.mail.route import Route
from pillarbox.observe.story import Chapter
from pillarbox.store.rows import MessageRow, QueueItem


@dataclass(slots=True, eq=False)
class Parcel:
    """Recipients of one message with one route. ``content`` are its octets where they are in memory,
    ``kept`` how many the window counts for it.

    ``chapter`` tells this attempt. ``again``: how often it was sent again at once, after a connection
    that had been kept open turned out to be dead. ``destination``: the key of where it was sent.
    """

    message: MessageRow
    items: list[QueueItem]
    route: Route
    chapter: Chapter
    content: bytes | None = None
    kept: int = 0
    again: int = 0
    destination: str = ""

    @property
    def message_id(self) -> int:
        """Whose recipients these are."""
        return self.message.id

    @property
    def id(self) -> str:
        """The message's id as people see it."""
        return ids.encode(self.message.id)

    @property
    def key(self) -> tuple[int, str | None]:
        """What those have in common who travel together."""
        return self.message.id, self.items[0].own_sender

    @property
    def sender(self) -> str:
        """The reverse-path that all of them are told."""
        return self.items[0].sender

    def queue_ids(self) -> list[int]:
        """The rows in it."""
        return [item.id for item in self.items]

    def recipients(self) -> list[Recipient]:
        """Who they are, as delivery wants to know it."""
        return [recipient_of(item) for item in self.items]

    def join(self, other: "Parcel") -> None:
        """Take in recipients of the same message that turned out to go to the same hosts."""
        self.items += other.items
        self.kept += other.kept
        self.chapter.events += other.chapter.events


def recipient_of(item: QueueItem) -> Recipient:
    """The recipient that a row stands for."""
    notify = None if item.notify is None else Notify(item.notify)
    return Recipient(Address.parse(item.recipient), notify, item.original)
