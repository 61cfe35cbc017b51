"""Checks get their answers: at once where they are known, else by asking, all questions of a list together."""

import asyncio
from collections.abc import Coroutine, Generator, Sequence
from typing import TypeVar

from pillarbox.net.dns import Answer as Found
from pillarbox.net.dns import Kind as DnsKind
from pillarbox.net.dns_asking import Asking, AskingSettings, Done
from pillarbox.senderauth.asking import Answer, Kind, Question, Status
from pillarbox.testing import FakeResolver

HOSTS = {"a.example": ["192.0.2.1", "2001:db8::1"], "dead.example": None}
TEXTS = {"a.example": [b"one"], "broken.example": None}


T = TypeVar("T")


def spawn(work: Coroutine[object, object, T]) -> asyncio.Task[T]:
    return asyncio.get_running_loop().create_task(work)


def asking(resolver: FakeResolver) -> Asking:
    return Asking(resolver, spawn)


def gather(*questions: Question) -> Generator[Sequence[Question], Sequence[Answer], list[Answer]]:
    return list((yield questions))


async def test_questions_are_answered() -> None:
    run = asking(FakeResolver(hosts=HOSTS, texts=TEXTS, mx={"a.example": [(10, "mx.example")]})).run(
        gather(
            Question(Kind.A, "a.example"),
            Question(Kind.AAAA, "a.example"),
            Question(Kind.TXT, "a.example"),
            Question(Kind.MX, "a.example"),
            Question(Kind.TXT, "broken.example"),
            Question(Kind.TXT, "nowhere.example"),
        )
    )
    assert isinstance(run, asyncio.Task)
    four, six, text, mail, broken, nowhere = await run
    assert [str(record) for record in (*four.records, *six.records)] == ["192.0.2.1", "2001:db8::1"]
    assert text.records == (b"one",)
    assert mail.records == ((10, "mx.example"),)
    assert broken.status is Status.FAILED
    assert "nobody answers" in broken.reason
    assert nowhere.status is Status.NO_NAME


async def test_what_is_known_needs_no_task() -> None:
    resolver = FakeResolver(texts=TEXTS)
    question = Question(Kind.TXT, "a.example")
    first = asking(resolver).run(gather(question))
    assert isinstance(first, asyncio.Task)
    await first
    again = asking(resolver).run(gather(question))
    assert isinstance(again, Done)
    assert again.value[0].records == (b"one",)
    assert resolver.asked["a.example", DnsKind.TXT] == 1


async def test_a_check_may_ask_nothing() -> None:
    def silent() -> Generator[Sequence[Question], Sequence[Answer], int]:
        yield from ()
        return 7

    done = asking(FakeResolver()).run(silent())
    assert isinstance(done, Done)
    assert done.value == 7


class Silent(FakeResolver):
    """Never answers."""

    async def ask(self, name: str, kind: DnsKind) -> Found[object]:
        await asyncio.Event().wait()
        return await super().ask(name, kind)


async def test_a_check_that_takes_too_long_is_told_that_nobody_answers() -> None:
    slow = Asking(Silent(), spawn, AskingSettings(check_time=0.01))
    run = slow.run(gather(Question(Kind.TXT, "a.example")))
    assert isinstance(run, asyncio.Task)
    [answer] = await run
    assert answer.status is Status.FAILED
    assert "within 0.01 seconds" in answer.reason
