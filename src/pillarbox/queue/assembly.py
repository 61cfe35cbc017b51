"""How is the queue put together? Called once, by the composition root."""

from dataclasses import dataclass, field
from typing import Protocol

from pillarbox.store.interface import Messages, Queue

from .bounce import ReportSettings
from .claims import ClaimSettings
from .dispatch import Connecting, Dispatch, DispatchSettings
from .late import Accounts, Late
from .plans import Planning, PlanSettings
from .reports import Reports, Resolving, Sign, unsigned
from .runner import Parts, Runner, RunnerSettings
from .schedule import RetrySettings
from .sending import Sending
from .settle import Settler
from .spread import Spread
from .tools import Tools
from .verdict import Judge
from .ways import Routing
from .window import Window, WindowSettings


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """All settings of the queue, each explained where it is used."""

    reports: ReportSettings
    retry: RetrySettings = field(default_factory=RetrySettings)
    window: WindowSettings = field(default_factory=WindowSettings)
    dispatch: DispatchSettings = field(default_factory=DispatchSettings)
    plans: PlanSettings = field(default_factory=PlanSettings)
    claims: ClaimSettings = field(default_factory=ClaimSettings)
    runner: RunnerSettings = field(default_factory=RunnerSettings)


class QueueStore(Messages, Queue, Accounts, Protocol):
    """What of the store the queue needs."""


class Delivering(Planning, Connecting, Protocol):
    """What of deliver the queue needs: its Deliverer."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The floors below: store, route.transport.Routes, route.recipients.Recipients, deliver.Deliverer; ``sign`` is
    what signs our reports."""

    store: QueueStore
    routing: Routing
    recipients: Resolving
    deliverer: Delivering
    sign: Sign = unsigned


@dataclass(frozen=True, slots=True)
class Outgoing:
    """``runner`` is the queue; ``reports`` also writes what intake has to report of local copies."""

    runner: Runner
    reports: Reports


def assemble(settings: QueueSettings, neighbours: Neighbours, tools: Tools) -> Outgoing:
    """The queue, not yet started."""
    store = neighbours.store
    window, spread = Window(settings.window, tools.clock), Spread()
    reports = Reports(settings.reports, settings.retry, store, neighbours.recipients, tools, neighbours.sign)
    settler = Settler(store, Judge(settings.retry, tools.chance), reports, window, spread, tools)
    dispatch = Dispatch(settings.dispatch, neighbours.deliverer, Sending(store, tools), settler, tools)
    late = Late(store, settler, tools)
    parts = Parts(
        store,
        window,
        spread,
        dispatch,
        settler,
        late,
        settings.claims,
        neighbours.deliverer,
        settings.plans,
        neighbours.routing,
    )
    return Outgoing(Runner(settings.runner, parts, tools), reports)
