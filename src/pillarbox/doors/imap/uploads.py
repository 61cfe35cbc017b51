"""What is a message while it comes in by APPEND? Its flags, its date and a spool of octets. RFC 9051 §6.3.12."""

from asyncio import Future
from dataclasses import dataclass

from pillarbox.inbox.append import Letter
from pillarbox.inbox.live.marks import SYSTEM_FLAGS
from pillarbox.intake.spool import Spool
from pillarbox.proto.imap.completion import Completion, bad, no
from pillarbox.proto.imap.events import MessageBegin
from pillarbox.store.keywords import KEYWORD_OCTETS, KEYWORDS_MAX

from .flag_lines import right_for

# RFC 9051 §4.3: NUL is in a literal8 only, which says that the message is binary (RFC 3516 §4.4).
NUL_REFUSED = no("There is a NUL in this message; only a literal8 can hold it", "UNKNOWN-CTE")
HEADER_TOO_LARGE = no("The header of this message is larger than is taken here", "TOOBIG")
TOO_LARGE = no("This message is larger than is taken here", "TOOBIG")
TOO_MANY_KEYWORDS = no(f"A message has at most {KEYWORDS_MAX} keywords of {KEYWORD_OCTETS} octets", "LIMIT")

_SYSTEM = {flag.lower(): (flag, bit) for flag, bit in SYSTEM_FLAGS.items()}


@dataclass(slots=True)
class Upload:
    """A message that is on its way. ``eight_bit``: it holds octets above 127."""

    spool: Spool
    flags: int
    keywords: str
    date: float | None
    binary: bool
    eight_bit: bool = False

    def write(self, data: bytes, limit: int) -> "Future[None] | Completion | None":
        """Take octets: a refusal, or a future when no more may come before it is done (OSError in it)."""
        if not self.binary and b"\0" in data:
            return NUL_REFUSED
        if self.spool.size + len(data) > limit:
            return TOO_LARGE
        if not self.eight_bit and not data.isascii():
            self.eight_bit = True
        return self.spool.write(data)

    async def end(self) -> Completion | None:
        """It is whole: put it where a commit can take it over. OSError when the disk will not."""
        if self.spool.header() is None:
            return HEADER_TOO_LARGE
        if not self.spool.in_memory:
            await self.spool.sync()
        return None

    def letter(self) -> Letter:
        """What is stored."""
        header = self.spool.header()
        assert header is not None
        body_type = "BINARYMIME" if self.binary else "8BITMIME" if self.eight_bit else "7BIT"
        return Letter(self.spool.content(), len(header), body_type, self.date, self.flags, self.keywords)


def begin(event: MessageBegin, spool: Spool, rights: str) -> Upload | Completion:
    """A message with those of its flags that the client may set (RFC 4314 §4: the others are left out)."""
    flags, keywords = 0, []
    for name in event.flags:
        if not name.startswith("\\"):
            keywords.append(name)
        elif name.lower() not in _SYSTEM:
            return bad(f"A message cannot be given the flag {name}")
        else:
            flag, bit = _SYSTEM[name.lower()]
            flags |= bit if right_for(flag) in rights else 0
    if len(keywords) > KEYWORDS_MAX or any(len(keyword) > KEYWORD_OCTETS for keyword in keywords):
        return TOO_MANY_KEYWORDS
    date = None if event.date is None else event.date.timestamp()
    return Upload(spool, flags, " ".join(keywords) if "w" in rights else "", date, event.binary)
