"""Four mail programs share an INBOX, and each believes only what is so: RFC 3501, RFC 9051, with QRESYNC, and UIDONLY.

A machine makes up what happens: commands of all four, sent in bursts without waiting; mail that comes by SMTP;
messages that somebody else removes; connections that break off. Whenever the programs ask, their copies are what there
is. What happens at the same time is different each time, so that nothing is gained from trying for a shorter story.
"""

import asyncio
import os
import re
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from doors.imap.house import House
from doors.imap.mirror import Mirror, compact, spread
from pillarbox.inbox.live.marks import marks

SHORT = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate], database=None,
)  # fmt: skip
LONG = settings(SHORT, max_examples=20, stateful_step_count=200)
SOAK_SECONDS = float(os.environ.get("PILLARBOX_MODEL_SECONDS", "3600"))

MAIL = b"From: a@example.com\r\nSubject: x\r\n\r\nx\r\n"
FOUND = re.compile(r"ESEARCH .* ALL ([\d:,]+)")
KINDS = ["rev1", "qresync", "rev2", "uidonly"]
WHO = st.integers(0, 3)
SOME = st.lists(st.integers(0, 30), min_size=1, max_size=5)
FLAGS = st.lists(st.sampled_from(["\\Seen", "\\Deleted", "\\Flagged", "$Work", "later"]), max_size=3, unique=True)
HOW = st.sampled_from(["", "+", "-"])
SILENT = st.sampled_from(["", ".SILENT"])
SINCE = st.sampled_from(["", "", "(UNCHANGEDSINCE 12) ", "(UNCHANGEDSINCE 60) "])
LITERAL = f"{{{{{len(MAIL)}+}}}}\r\n{MAIL.decode()}"
# What one program sends at once; {} are UIDs that it believes in, {one} is one of them.
COMMAND = st.one_of(
    st.builds(
        lambda since, how, silent, flags: f"UID STORE {{}} {since}{how}FLAGS{silent} ({' '.join(flags)})",
        SINCE, HOW, SILENT, FLAGS,
    ),
    st.sampled_from([
        "NOOP", "EXPUNGE", "UID EXPUNGE {}", "UID COPY {} INBOX", "UID MOVE {} INBOX", "UID MOVE {} Sent", "CHECK",
        "UID FETCH {} (FLAGS)", "UID FETCH {} (BODY[])",
        f"APPEND INBOX (\\Flagged) {LITERAL}", f"UID REPLACE {{one}} INBOX (\\Seen) {LITERAL}",
        "UID SEARCH RETURN (SAVE) DELETED", "UID STORE $ -FLAGS (\\Deleted)", "UID MOVE $ INBOX",
        "UID SEARCH ALL", "STATUS INBOX (MESSAGES UNSEEN)",
    ]),
)  # fmt: skip
BURST = st.lists(st.tuples(COMMAND, SOME), max_size=4)
# By number, one at a time, because an answer before may change what a number means (RFC 9051 §5.5).
BY_NUMBER = st.sampled_from([
    "FETCH {} (FLAGS)", "FETCH {} (UID)", "STORE {} +FLAGS (\\Seen)", "STORE {} -FLAGS (\\Seen)",
])  # fmt: skip


class Inbox(RuleBasedStateMachine):
    """A house with one INBOX, and four programs."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.house: House
        self.mirrors: list[Mirror] = []

    def live(self, story: Coroutine[object, object, None]) -> None:
        """Let something happen; when a belief turns out wrong, tell what was said."""
        try:
            self.runner.run(story)
        except AssertionError as error:
            for mirror in self.mirrors:
                error.add_note("\n".join(mirror.story[-60:]))
            raise

    @initialize()
    def open(self) -> None:
        self.live(self._open())

    async def _open(self) -> None:
        self.house = await self.stack.enter_async_context(House(Path(self.place.name)))
        await self.house.file_all([MAIL] * 5)
        self.mirrors = [Mirror(self.house, kind) for kind in KINDS]
        await asyncio.gather(*(mirror.open() for mirror in self.mirrors))

    def teardown(self) -> None:
        self.live(self._close())
        self.runner.close()
        self.place.cleanup()

    async def _close(self) -> None:
        try:
            if self.mirrors:
                await self._ask()
        finally:
            await self.stack.aclose()

    @rule(bursts=st.tuples(BURST, BURST, BURST, BURST), mail=st.integers(0, 3))
    def all_at_once(self, bursts: tuple[list[tuple[str, list[int]]], ...], mail: int) -> None:
        """All send what they want without waiting, while mail comes."""
        self.live(self._all_at_once(bursts, mail))

    async def _all_at_once(self, bursts: tuple[list[tuple[str, list[int]]], ...], mail: int) -> None:
        sent = [self._filled(mirror, burst) for mirror, burst in zip(self.mirrors, bursts, strict=True)]
        talks = [mirror.burst(commands) for mirror, commands in zip(self.mirrors, sent, strict=True)]
        await asyncio.gather(self.house.file_all([MAIL] * mail), *talks)

    @rule(who=WHO, command=BY_NUMBER, some=SOME)
    def by_number(self, who: int, command: str, some: list[int]) -> None:
        self.live(self._by_number(self.mirrors[who], command, some))

    async def _by_number(self, mirror: Mirror, command: str, some: list[int]) -> None:
        if mirror.uids and mirror.kind != "uidonly":
            numbers = sorted({each % len(mirror.uids) + 1 for each in some})
            await mirror.burst([command.format(compact(numbers))])

    @rule(some=SOME)
    def somebody_else_removes(self, some: list[int]) -> None:
        self.live(self._somebody_else_removes(some))

    async def _somebody_else_removes(self, some: list[int]) -> None:
        uids = [entry.uid for entry in await self.house.entries()]
        if uids:
            folder = await self.house.folder()
            await self.house.store.expunge(folder.id, sorted({uids[each % len(uids)] for each in some}), "")

    @rule()
    def mail_comes_while_one_idles(self) -> None:
        self.live(self._mail_comes_while_one_idles(self.mirrors[2]))

    async def _mail_comes_while_one_idles(self, mirror: Mirror) -> None:
        await mirror.ask()
        tag = await mirror.talk.idle()
        await self.house.file(MAIL)
        await mirror.hear_until("EXISTS")
        mirror.hear("IDLE", await mirror.talk.done(tag))

    @rule(who=WHO, burst=BURST, rudely=st.booleans())
    def break_off(self, who: int, burst: list[tuple[str, list[int]]], rudely: bool) -> None:
        """A program sends something, does not wait for the answer, and comes back later."""
        self.live(self._break_off(self.mirrors[who], burst, rudely))

    async def _break_off(self, mirror: Mirror, burst: list[tuple[str, list[int]]], rudely: bool) -> None:
        for command in self._filled(mirror, burst):
            mirror.talk.begin(command)
        await mirror.talk.writer.drain()
        if rudely:
            mirror.talk.vanish()
        else:
            mirror.talk.begin("LOGOUT")
            await mirror.talk.ended()
        await self.house.file(MAIL)
        await mirror.open()

    @rule()
    def ask(self) -> None:
        self.live(self._ask())

    async def _ask(self) -> None:
        """Everybody asks: everybody's copy is what there is, and so is what is found and counted."""
        before = None
        while before != (now := (await self.house.folder()).modseq):  # what a lost connection left is still being done
            before = now
            # What was read here may have been committed a moment ago; behind a commit of our own it is told, too.
            await self.house.store.forget(0.0, 0)
            await asyncio.gather(*(mirror.ask() for mirror in self.mirrors))
            found = await asyncio.gather(*(self._found(mirror) for mirror in self.mirrors))
            entries = await self.house.entries()
        truth = {each.uid: frozenset(marks(each.flags, each.keywords).wire.decode().split()) for each in entries}
        unseen = [uid for uid, flags in truth.items() if "\\Seen" not in flags]
        counted = [f"STATUS INBOX (MESSAGES {len(truth)} UNSEEN {len(unseen)})"]
        for mirror, (searched, status) in zip(self.mirrors, found, strict=True):
            assert mirror.uids == list(truth), mirror.kind
            assert mirror.flags == truth, mirror.kind
            assert (searched, status) == (unseen, counted), mirror.kind

    async def _found(self, mirror: Mirror) -> tuple[list[int], list[str]]:
        """Which messages are found to be unseen, and how they are counted."""
        searched, status = await mirror.burst(["UID SEARCH RETURN (ALL) UNSEEN", "STATUS INBOX (MESSAGES UNSEEN)"])
        named = [match[1] for line in searched.untagged if (match := FOUND.search(line))]
        return [uid for part in named for uid in spread(part)], status.starting("STATUS")

    def _filled(self, mirror: Mirror, burst: list[tuple[str, list[int]]]) -> list[str]:
        """Commands with UIDs that the program believes in."""
        uids = [uid for uid in mirror.uids if uid is not None]
        named = [compact(sorted({uids[each % len(uids)] for each in some})) if uids else "1" for _, some in burst]
        pairs = zip(burst, named, strict=True)
        return [command.format(numbers, one=numbers.partition(",")[0]) for (command, _), numbers in pairs]


def test_four_programs_believe_what_is_so() -> None:
    run_state_machine_as_test(Inbox, settings=SHORT)


@pytest.mark.soak
def test_four_programs_believe_what_is_so_for_an_hour() -> None:
    """``PILLARBOX_MODEL_SECONDS`` says for how long."""
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        run_state_machine_as_test(Inbox, settings=LONG)
