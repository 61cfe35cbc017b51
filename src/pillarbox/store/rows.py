"""What goes into the store and comes out of it? Plain values; times are POSIX seconds, sizes are octets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from pathlib import Path
from typing import NamedTuple


class Flags(IntFlag):
    """The system flags of IMAP (RFC 9051 §2.3.2) as bits of ``entry.flags``."""

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


ALL_FLAGS = sum(Flags)


# --- messages -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Content:
    """The octets of a message: ``head`` (trace and added fields), then ``body`` without its first ``skip`` octets.

    ``body`` is the octets themselves, or the path of a finished and synced file in the store's incoming folder, which
    the commit takes over.
    """

    head: bytes
    body: bytes | Path
    body_size: int
    skip: int = 0

    @property
    def size(self) -> int:
        """Octets of the whole message."""
        return len(self.head) + self.body_size - self.skip


@dataclass(slots=True)
class NewMessage:
    """A message about to be stored once for all its recipients. ``sender`` is "" for the null reverse-path."""

    id: int
    arrived: float
    sender: str
    content: Content
    header_size: int
    body_type: str = "7BIT"
    smtputf8: bool = False
    ret: str | None = None
    envelope_id: str | None = None
    login: str | None = None
    tls: str | None = None  # the value of mail.envelope.TlsWish


@dataclass(slots=True)
class Filing:
    """One local copy: into ``folder`` of ``account_id``, which is a name or a use such as "\\Junk" (INBOX where there
    is no such folder). ``prefix`` is the recipient's: Return-Path, Delivered-To."""

    account_id: int
    recipient: str
    prefix: bytes
    folder: str = "INBOX"
    flags: int = 0
    keywords: str = ""


@dataclass(slots=True)
class Enqueue:
    """One remote recipient (or a local one that must wait). ``domain`` is what claims are grouped by, "" for local.

    ``notify`` is the value of mail.envelope.Notify or None; ``lease`` is a time when the row is handed at once to this
    process's runner, None when it waits in the store until ``due``. ``held`` rows are never due. ``sender`` is the
    reverse-path that this recipient is told, None for the message's.
    """

    recipient: str
    domain: str
    due: float
    expires: float
    notify: int | None = None
    original: str | None = None
    lease: float | None = None
    held: bool = False
    account_id: int | None = None
    sender: str | None = None


@dataclass(slots=True)
class Acceptance:
    """All that one accepted message becomes, committed in ONE transaction before its 250."""

    message: NewMessage
    chapter: str
    filings: list[Filing] = field(default_factory=list)
    queued: list[Enqueue] = field(default_factory=list)
    # When a mailbox turns out to be full: its copy waits in the queue with these times. None: refuse the message.
    retry_full: tuple[float, float] | None = None


class Filed(NamedTuple):
    """Where a local copy came to lie. ``folder_id`` 0: the mailbox was full and the copy waits in the queue."""

    account_id: int
    folder_id: int
    uid: int
    modseq: int


class Accepted(NamedTuple):
    """What a commit made: the copies in the order of ``filings``, the queue ids in the order of ``queued``.

    ``full`` names the recipients whose mailbox was full. ``stored`` is False when nothing was kept, which happens only
    when every recipient's mailbox was full, or one was and ``retry_full`` was None.
    """

    filed: list[Filed]
    queue_ids: list[int]
    full: list[str]
    stored: bool


@dataclass(slots=True)
class MessageRow:
    """What the store knows of one message; ``size`` 0 and ``kept`` False once its octets are gone."""

    id: int
    arrived: float
    sender: str
    size: int
    header_size: int
    body_type: str
    smtputf8: bool
    ret: str | None
    envelope_id: str | None
    login: str | None
    kept: bool
    tls: str | None = None

    @classmethod
    def of(cls, new: NewMessage) -> "MessageRow":
        """What the store made of ``new``."""
        return cls(
            new.id,
            new.arrived,
            new.sender,
            new.content.size,
            new.header_size,
            new.body_type,
            new.smtputf8,
            new.ret,
            new.envelope_id,
            new.login,
            kept=True,
            tls=new.tls,
        )


# --- queue ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class QueueItem:
    """One recipient that a message still has to reach."""

    id: int
    message: MessageRow
    recipient: str
    domain: str
    account_id: int | None
    notify: int | None
    original: str | None
    due: float | None
    leased: bool
    held: bool
    expires: float
    attempts: int
    last_reply: str
    delay_told: bool
    own_sender: str | None = None

    @property
    def sender(self) -> str:
        """The reverse-path that the recipient's server is told: its own, or the message's."""
        return self.message.sender if self.own_sender is None else self.own_sender

    @classmethod
    def of(cls, queue_id: int, message: MessageRow, new: Enqueue) -> "QueueItem":
        """What the store made of ``new``, the row ``queue_id`` of ``message``."""
        at = new.lease if new.lease is not None else new.due
        return cls(
            queue_id,
            message,
            new.recipient,
            new.domain,
            new.account_id,
            new.notify,
            new.original,
            None if new.held else at,
            new.lease is not None and not new.held,
            new.held,
            new.expires,
            attempts=0,
            last_reply="",
            delay_told=False,
            own_sender=new.sender,
        )


@dataclass(slots=True)
class Deferral:
    """Try ``queue_id`` again at ``due``; ``reply`` is the remote's last word, ``delay_told`` that the sender knows."""

    queue_id: int
    due: float
    reply: str
    delay_told: bool = False


@dataclass(slots=True)
class Settlement:
    """What one attempt changes, committed in ONE transaction: rows done, rows to try again, local copies that were
    filed late, reports to senders, and the chapter that tells it."""

    message_id: int
    chapter: str
    done: list[int] = field(default_factory=list)
    deferred: list[Deferral] = field(default_factory=list)
    filings: list[Filing] = field(default_factory=list)
    reports: list[Acceptance] = field(default_factory=list)


@dataclass(slots=True)
class QueueFilter:
    """Which queue rows an administrator means; every condition given must hold. Domains compare as A-labels."""

    message_id: int | None = None
    recipient: str | None = None
    sender: str | None = None
    domain: str | None = None
    everything: bool = False


# --- mailboxes ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class FolderRow:
    """One folder with the counters that are kept in every transaction that touches it."""

    id: int
    account_id: int
    name: str
    uidvalidity: int
    uidnext: int
    modseq: int
    messages: int
    unseen: int
    octets: int
    special_use: str | None
    subscribed: bool
    deleted: int = 0
    deleted_octets: int = 0
    recent: int = 1
    """The first UID that no session has been told of as recent (RFC 3501 §2.3.2)."""


class EntryRow(NamedTuple):
    """One message in one folder. ``size`` counts the recipient's prefix too: what a reader of the folder gets.

    ``keywords`` stand sorted, with one space between. ``saved`` is when it came into this folder (RFC 8514).
    """

    uid: int
    message_id: int
    modseq: int
    flags: int
    keywords: str
    size: int
    internal_date: float
    saved: float


class FolderChanges(NamedTuple):
    """What became of a folder since a MODSEQ, read in one moment: the folder as it is, the entries that were added or
    changed by rising UID, and the UIDs that left, rising."""

    folder: FolderRow
    entries: list[EntryRow]
    gone: list[int]


@dataclass(slots=True)
class FlagChange:
    """What STORE does: ``mode`` "+" adds ``flags`` and ``keywords``, "-" takes them, "" replaces all of them.

    Entries whose MODSEQ is larger than ``unchanged_since`` are left alone (RFC 7162 §3.1.3).
    """

    folder_id: int
    uids: Sequence[int]
    mode: str
    flags: int
    keywords: Sequence[str] = ()
    unchanged_since: int | None = None


class FlagsChanged(NamedTuple):
    """The folder's MODSEQ now; the UIDs whose flags are different now; those left alone for ``unchanged_since``."""

    modseq: int
    changed: list[int]
    refused: list[int]


@dataclass(slots=True)
class CopyOrder:
    """Copy entries into the folder ``target``, all or none; ``move`` takes them out of ``folder_id`` as well.

    The chapters (one for all of them) are added to the story of each message; "" adds none. Of the system flags only
    ``flags`` go along, and the keywords only with ``keywords``.
    """

    folder_id: int
    uids: Sequence[int]
    target: int
    move: bool = False
    chapter: str = ""
    flags: int = ALL_FLAGS
    keywords: bool = True


class Copied(NamedTuple):
    """``pairs`` of (UID there, UID here) by rising UID of the source; entries that are gone are left out.

    ``full``: it does not fit into the target account's quota, nothing was copied.
    """

    uidvalidity: int
    pairs: list[tuple[int, int]]
    full: bool = False


class Octets(NamedTuple):
    """An entry's octets: the recipient's ``prefix``, then the message's ``data``, None when it lies in a file."""

    uid: int
    message_id: int
    prefix: bytes
    data: bytes | None


# --- accounts -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class DomainRow:
    """A domain that is ours (A-labels). ``catch_all`` is an address; ``delimiter`` starts a sub-address, if not ""."""

    name: str
    catch_all: str | None = None
    delimiter: str = "+"


@dataclass(slots=True)
class ScramRow:
    """A SCRAM-SHA-256 verifier (RFC 5802 §3)."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


@dataclass(slots=True)
class AccountRow:
    """A user. ``address`` is the key form (mail.address.Address.key); a ``quota_*`` of None is no bound."""

    id: int
    address: str
    name: str
    password: str | None
    scram: ScramRow | None
    quota_octets: int | None
    quota_messages: int | None
    enabled: bool
    created: float
    used_octets: int = 0
    used_messages: int = 0


@dataclass(slots=True)
class AliasRow:
    """An address that stands for others. ``targets`` are addresses as people write them, ours or not."""

    address: str
    targets: list[str]
    may_send: bool = True


@dataclass(slots=True)
class RouteRow:
    """A stored routing rule, tried in the order of ``position`` after the rules of the configuration file."""

    id: int
    position: int
    recipient_domain: str
    sender: str
    smart_host: str
    tls: str
    username: str | None
    password_file: str | None
