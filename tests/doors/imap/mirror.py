"""What does a mail program believe of a mailbox, going only by what it is told?"""

import re
from collections.abc import Iterable

from doors.foundation import PASSWORD, USER
from doors.imap.house import Answer, House, Talk

FETCH = re.compile(r"\* (\d+) (?:UID)?FETCH \((.*)\)", re.DOTALL)
COUNTED = re.compile(r"\* (\d+) (EXISTS|EXPUNGE)")
VANISHED = re.compile(r"\* VANISHED (\(EARLIER\) )?([\d:,]+)")
HIGHEST = re.compile(r"\[HIGHESTMODSEQ (\d+)\]")
VALIDITY = re.compile(r"\[UIDVALIDITY (\d+)\]")
MODIFIED = re.compile(r"\[MODIFIED ([\d:,]+)\]")
STORE = re.compile(r"UID STORE (\S+) (?:\(.*?\) )?([+-]?)FLAGS\.SILENT \((.*)\)")
FLAGS = re.compile(r"FLAGS \(([^)]*)\)")


class Mirror:
    """One client and its copy of INBOX: a UID for each number (None: it has not asked yet), flags and MODSEQ by UID.

    ``kind`` is rev1 (RFC 3501), qresync (RFC 7162), rev2 (RFC 9051) or uidonly (RFC 9586), which has no numbers: it
    keeps the UIDs that it knows in order, and behind them how many it does not.
    """

    def __init__(self, house: House, kind: str) -> None:
        self.house = house
        self.kind = kind
        self.uids: list[int | None] = []
        self.flags: dict[int, frozenset[str]] = {}
        self.modseqs: dict[int, int] = {}
        self.highest = 0
        self.validity = 0
        self.story: list[str] = []
        """What was said lately, for whoever wants to know how a belief came to be."""
        self.talk: Talk

    async def open(self) -> None:
        """Sign in, select, and learn what is there; with QRESYNC only what was missed."""
        self.talk = await self.house.signed_in(USER, PASSWORD)
        if self.kind == "qresync":
            assert (await self.talk.ask("ENABLE QRESYNC")).ok
        if self.kind == "rev2":
            assert (await self.talk.ask("ENABLE IMAP4rev2")).ok
        if self.kind == "uidonly":
            assert (await self.talk.ask("ENABLE UIDONLY")).ok
        await self.select()
        await self.ask()

    async def select(self) -> None:
        """SELECT; what is known is checked against what comes."""
        known = [uid for uid in self.uids if uid is not None]
        whole = len(known) == len(self.uids)
        resync = ""
        if self.kind == "qresync" and self.validity:
            resync = f" (QRESYNC ({self.validity} {self.highest}{f' {compact(known)}' if known else ''}))"
        else:
            self.flags.clear()
        self.story.append(f"{self.kind} C: SELECT INBOX{resync}")
        answer = await self._answer(self.talk.begin("SELECT INBOX" + resync))
        assert answer.ok, answer
        [exists] = [int(match[1]) for line in answer.untagged if (match := COUNTED.match(line))]
        if not resync:
            self.uids = [None] * exists
        else:
            self.uids = [*known]
            for line in answer.untagged:
                self.hear_vanished(line)
            left = len(self.uids)
            assert left <= exists, f"{len(known)} were known, {left} are left, but there are only {exists}"
            # What it never asked for may be anywhere between; without such, what came since is behind what it knew.
            self.uids = self.uids + [None] * (exists - left) if whole else [None] * exists
        for line in answer.untagged:
            self.hear_fetch(line)
        self.highest = int(found(HIGHEST, answer.untagged))
        self.validity = int(found(VALIDITY, answer.untagged))
        if resync and not whole and exists:
            await self.burst(["FETCH 1:* (UID)"])

    async def ask(self) -> None:
        """NOOP, then FETCH what came; afterwards the copy is whole."""
        await self.burst(["NOOP"])
        self.highest = max([self.highest, *self.modseqs.values()])
        unasked = [number for number, uid in enumerate(self.uids, 1) if uid is None or uid not in self.flags]
        if unasked and self.kind == "uidonly":
            await self.burst(["UID FETCH 1:* (FLAGS)"])
        elif unasked:
            await self.burst([f"FETCH {compact(unasked)} (UID FLAGS)"])
        assert None not in self.uids

    async def burst(self, commands: Iterable[str]) -> list[Answer]:
        """Send commands without waiting, then hear all answers."""
        sent = [(command, self.talk.begin(command)) for command in commands]
        self.story += [f"{self.kind} C: {tag} {command}" for command, tag in sent]
        return [self.hear(command, await self._answer(tag)) for command, tag in sent]

    async def _answer(self, tag: str) -> Answer:
        answer = await self.talk.until(tag)
        self.story += [f"{self.kind} S: {line}" for line in [*answer.untagged, f"{tag} {answer.tagged}"]]
        del self.story[:-200]
        return answer

    def hear(self, command: str, answer: Answer) -> Answer:
        """Take in an answer."""
        told: set[int] = set()
        for line in answer.untagged:
            if match := COUNTED.match(line):
                self._counted(int(match[1]), match[2])
            self.hear_vanished(line)
            told |= self.hear_fetch(line)
        if ".SILENT" in command and answer.ok:
            left = MODIFIED.search(answer.tagged)
            self._reckon(command, told.union(spread(left[1]) if left else ()))
        return answer

    async def hear_until(self, word: str) -> None:
        """Take in what comes unasked, up to a line that ends so."""
        line = ""
        while not line.endswith(word):
            line = await self.talk.text()
            self.story.append(f"{self.kind} S: {line}")
            self.hear("", Answer([line], ""))

    def hear_vanished(self, line: str) -> None:
        """VANISHED names what the copy may or, told of what was earlier, may not have."""
        if match := VANISHED.match(line):
            for uid in spread(match[2]):
                if uid in self.uids:
                    self.uids.remove(uid)
                elif match[1] is None:
                    del self.uids[self._unasked(uid)]
                self.forget(uid)

    def hear_fetch(self, line: str) -> set[int]:
        """FETCH; the UIDs whose flags it told."""
        match = FETCH.match(line)
        if match is None:
            return set()
        number, items = int(match[1]), match[2]
        uid = self._known(number) if self.kind == "uidonly" else self._named(number, items)
        if uid is None:
            return set()  # flags of a message that it has not asked for yet
        if modseq := re.search(r"MODSEQ \((\d+)\)", items):
            assert int(modseq[1]) >= self.modseqs.get(uid, 0), "MODSEQ goes back"
            self.modseqs[uid] = int(modseq[1])
        if flags := FLAGS.search(items):
            self.flags[uid] = frozenset(flags[1].split()) - {"\\Recent"}
            return {uid}
        return set()

    def _unasked(self, uid: int) -> int:
        """Where ``uid`` must be, of which it knows nothing but that it was there: UIDs rise."""
        if self.kind == "uidonly":
            return self.uids.index(None)
        end = min((at for at, other in enumerate(self.uids) if other is not None and other > uid), default=None)
        before = self.uids[:end]
        assert before, f"{uid} was never there"
        assert before[-1] is None, f"{uid} was never there"
        return len(before) - 1

    def _named(self, number: int, items: str) -> int | None:
        """The UID of a number; None when it has not asked yet and is not told."""
        named = re.search(r"\bUID (\d+)", items)
        uid = int(named[1]) if named else self.uids[number - 1]
        assert self.uids[number - 1] in (uid, None), f"{uid} has the number {number} of {self.uids[number - 1]}"
        self.uids[number - 1] = uid
        return uid

    def _known(self, uid: int) -> int:
        """A UID that may be new to it, without a number."""
        if uid not in self.uids:
            self.uids.remove(None)
            known = [other for other in self.uids if other is not None]
            self.uids = [*sorted([*known, uid]), *[None] * (len(self.uids) - len(known))]
        return uid

    def forget(self, uid: int | None) -> None:
        """A message is gone."""
        if uid is not None:
            self.flags.pop(uid, None)
            self.modseqs.pop(uid, None)

    def _counted(self, number: int, what: str) -> None:
        if what == "EXPUNGE":
            assert self.kind in {"rev1", "rev2"}, "with QRESYNC and UIDONLY it is VANISHED"
            self.forget(self.uids.pop(number - 1))
        else:
            assert number >= len(self.uids), "EXISTS never takes away"
            self.uids += [None] * (number - len(self.uids))

    def _reckon(self, command: str, told: set[int]) -> None:
        """Its own silent change has happened; but what the server has told meanwhile is as the server said."""
        match = STORE.match(command)
        assert match, command
        words = frozenset(match[3].split())
        for uid in spread(match[1]):
            if uid in self.uids and uid in self.flags and uid not in told:
                old = self.flags[uid]
                self.flags[uid] = old | words if match[2] == "+" else old - words if match[2] == "-" else words


def spread(numbers: str) -> list[int]:
    """All numbers of a set."""
    spans = [span.split(":") for span in numbers.split(",")]
    return [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]


def compact(numbers: Iterable[int]) -> str:
    """A set of numbers, each by itself."""
    return ",".join(map(str, numbers))


def found(pattern: re.Pattern[str], lines: Iterable[str]) -> str:
    """What a pattern finds in one of the lines."""
    [match] = [match for line in lines if (match := pattern.search(line))]
    return match[1]
