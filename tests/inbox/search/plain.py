"""What does a criterion mean, without any index? The model that searches are held to. RFC 9051 §6.4.4."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from unicodedata import normalize

from inbox.search.letters import Letter
from pillarbox.mail import query
from pillarbox.mail.ids import encode
from pillarbox.mail.query import STAR, Criterion, NumberSet, When
from pillarbox.store.rows import EntryRow

BITS = {"\\seen": 1, "\\answered": 2, "\\flagged": 4, "\\deleted": 8, "\\draft": 16}


def same(text: str) -> str:
    """A text as it is compared."""
    folded = normalize("NFKC", normalize("NFKC", text).casefold())
    return " ".join(folded.split())


@dataclass
class Known:
    """One message as a session sees it."""

    number: int
    entry: EntryRow
    letter: Letter
    thread: str
    recent: bool


def meets(  # noqa: C901, PLR0912 - the whole table at a glance
    one: Known, criterion: Criterion, everybody: list[Known], now: float, saved: list[int]
) -> bool:
    """Whether a message meets a criterion."""
    entry = one.entry

    def again(part: Criterion) -> bool:
        return meets(one, part, everybody, now, saved)

    match criterion:
        case query.Everything() | query.SaveDateSupported():
            return True
        case query.And(parts=parts):
            return all(map(again, parts))
        case query.Or(left=left, right=right):
            return again(left) or again(right)
        case query.Not(part=part):
            return not again(part)
        case query.Numbers(numbers=numbers):
            return named(one.number, numbers, everybody[-1].number, entry.uid in saved)
        case query.Uids(uids=uids):
            return named(entry.uid, uids, everybody[-1].entry.uid, entry.uid in saved)
        case query.Marked(flag=flag):
            return marked(one, flag.lower())
        case query.Arrived(when=when, day=day):
            return compared(datetime.fromtimestamp(entry.internal_date, UTC).date(), when, day)
        case query.Saved(when=when, day=day):
            return compared(datetime.fromtimestamp(entry.saved, UTC).date(), when, day)
        case query.Sent(when=when, day=day):
            return one.letter.day is not None and compared(date(*one.letter.day), when, day)
        case query.Younger(seconds=seconds):
            return entry.internal_date >= now - seconds
        case query.Older(seconds=seconds):
            return entry.internal_date <= now - seconds
        case query.Larger(octets=octets):
            return entry.size > octets
        case query.Smaller(octets=octets):
            return entry.size < octets
        case query.ChangedSince(modseq=modseq):
            return entry.modseq >= modseq
        case query.EmailId(id=wanted):
            return wanted == "M" + encode(entry.message_id)
        case query.ThreadId(id=wanted):
            return wanted == one.thread
        case query.Header(name=name, text=text):
            return any(name == field and same(text) in same(value) for field, value in header(one.letter))
        case query.Body(text=text):
            return any(same(text) in same(piece) for piece in one.letter.texts)
        case query.Text(text=text):
            lines = [f"{name}: {value}" for name, value in [*header(one.letter), *one.letter.inner]]
            return any(same(text) in same(piece) for piece in [*lines, *one.letter.texts])


def header(letter: Letter) -> list[tuple[str, str]]:
    """The fields that a reader of the folder sees, the recipient's own lines among them."""
    lines = [line.partition(": ") for line in letter.prefix.decode().splitlines()]
    return [*((name.lower(), value) for name, _, value in lines), *letter.fields]


def named(number: int, numbers: NumberSet, largest: int, saved: bool) -> bool:
    """Whether a set names a number."""
    ranges = [sorted(min(end, largest) if end == STAR else end for end in one) for one in numbers.ranges]
    return (numbers.saved and saved) or any(first <= number <= last for first, last in ranges)


def marked(one: Known, flag: str) -> bool:
    """Whether a message has a flag or keyword."""
    if flag == "\\recent":
        return one.recent
    return bool(one.entry.flags & BITS.get(flag, 0)) or flag in one.entry.keywords.lower().split()


def compared(day: date, when: When, with_day: date) -> bool:
    """Whether a day stands to another as ``when`` says."""
    return {When.BEFORE: day < with_day, When.ON: day == with_day, When.SINCE: day >= with_day}[when]
