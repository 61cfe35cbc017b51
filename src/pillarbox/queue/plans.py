"""Which destination does a domain's mail have? Asks once for all who wait, and remembers the answer for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_exception
from typing import NamedTuple, Protocol

from pillarbox.deliver.outcome import Failure
from pillarbox.deliver.plan import Plan
from pillarbox.mail.reply import INTERNAL_ERROR
from pillarbox.mail.route import Route
from pillarbox.observe.story import Chapter, Event

from .parcel import Parcel
from .tools import Tools


class Planning(Protocol):
    """What of deliver finds the way."""

    async def plan(self, route: Route, domain: str, story: Chapter) -> Plan | Failure:
        """The hosts for ``domain`` by ``route``, or why there are none."""


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """``plan_keep``: seconds that a plan counts (DNS has its own cache, with its own times); ``failure_keep``: the same
    for a plan that failed. ``plans``: how many are remembered. ``planning``: how many look-ups run at a time."""

    plan_keep: float = 60.0
    failure_keep: float = 30.0
    plans: int = 10_000
    planning: int = 50


class Known(NamedTuple):
    """A plan, or why there is none; ``events`` tell how it was found at ``found``."""

    plan: Plan | Failure
    found: float
    until: float
    events: list[Event]


class Plans:
    """``deliver`` is called with each parcel whose plan is known, ``fail`` with each for which there is none."""

    def __init__(
        self,
        planning: Planning,
        tools: Tools,
        settings: PlanSettings,
        deliver: Callable[[Parcel, Plan], None],
        fail: Callable[[Parcel, Failure], None],
    ) -> None:
        self._planning = planning
        self._clock = tools.clock
        self._tools = tools
        self._settings = settings
        self._deliver = deliver
        self._fail = fail
        self._known: dict[tuple[Route, str], Known] = {}
        self._waiting: dict[tuple[Route, str], list[Parcel]] = {}
        self._tasks: dict[tuple[Route, str], asyncio.Task[None]] = {}
        self._permits = asyncio.Semaphore(settings.planning)

    def send(self, parcel: Parcel) -> None:
        """Pass ``parcel`` on, at once when its plan is known."""
        domain = parcel.items[0].domain
        question = (parcel.route, domain)
        known = self._known.get(question)
        if known is not None and known.until > self._clock.now():
            parcel.chapter.add("route", domain=domain, why=parcel.route.why, found=known.found)
            self._pass_on(parcel, known.plan)
            return
        self._waiting.setdefault(question, []).append(parcel)
        if question not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._ask(question), name=f"plan {domain}")
            self._tasks[question] = task

    def forget(self) -> None:
        """Ask anew from now on: routes or DNS have changed."""
        self._known.clear()

    def all_waiting(self) -> list[Parcel]:
        """What waits for any plan."""
        return [parcel for parcels in self._waiting.values() for parcel in parcels]

    def recall(self, message_ids: frozenset[int]) -> list[Parcel]:
        """Take back parcels of these messages that still wait for a plan."""
        taken = []
        for question, parcels in self._waiting.items():
            taken += [parcel for parcel in parcels if parcel.message.id in message_ids]
            self._waiting[question] = [parcel for parcel in parcels if parcel.message.id not in message_ids]
        return taken

    async def stop(self) -> None:
        """Give up all look-ups; what waits for them stays in the caller's hands."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._waiting.clear()

    async def _ask(self, question: tuple[Route, str]) -> None:
        route, domain = question
        chapter = Chapter(self._clock.now)
        try:
            async with self._permits:
                plan = await self._plan(route, domain, chapter)
        finally:
            del self._tasks[question]
        known = self._remember(question, plan, chapter)
        for parcel in self._waiting.pop(question, []):
            parcel.chapter.events += known.events
            self._pass_on(parcel, plan)

    async def _plan(self, route: Route, domain: str, chapter: Chapter) -> Plan | Failure:
        try:
            return await self._planning.plan(route, domain, chapter)
        except Exception as error:  # noqa: BLE001 - a mistake of ours over one domain must not lose what waits for it
            self._tools.log.event("plan_failed", None, domain=domain, reason="".join(format_exception(error)))
            return Failure(INTERNAL_ERROR)

    def _remember(self, question: tuple[Route, str], plan: Plan | Failure, chapter: Chapter) -> Known:
        now, settings = self._clock.now(), self._settings
        keep = settings.failure_keep if isinstance(plan, Failure) else settings.plan_keep
        known = Known(plan, now, now + keep, chapter.events)
        self._known.pop(question, None)
        while len(self._known) >= settings.plans:
            del self._known[next(iter(self._known))]
        self._known[question] = known
        return known

    def _pass_on(self, parcel: Parcel, plan: Plan | Failure) -> None:
        if isinstance(plan, Failure):
            self._fail(parcel, plan)
        else:
            self._deliver(parcel, plan)
