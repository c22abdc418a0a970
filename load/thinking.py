"""
People beside the arrivals: each waits for its answer, thinks, and asks again.

A closed loop asks less when the service is slow, and not at all while it stands still, so it proves nothing about
latency: what is counted here is shown and judged by nobody. Think times are exponential and seeded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import gevent

from load.agents import Fired, farewell
from load.asides import LABEL, Aside
from load.connection import Connection, Server
from load.journeys import Broken, Step, Work, walk


@dataclass(frozen=True, slots=True)
class Crowd:
    """
    ``count`` people who ask ``work`` and think ``think_seconds`` in the mean before they ask again, ``most`` times
    together: so much was reckoned with when the run was allowed.
    """

    name: str
    count: int
    think_seconds: float
    work: Work
    seed: int
    most: int


class People:
    """Those of every crowd that one worker stands for: every n-th, so that together they are all."""

    def __init__(
        self,
        crowds: Sequence[Crowd],
        server: Server,
        fired: Fired,
        asides: dict[str, Aside],
        *,
        worker: int = 0,
        workers: int = 1,
    ) -> None:
        self._server, self._fired = server, fired
        self._crowds = [(crowd, range(worker, crowd.count, workers)) for crowd in crowds]
        self._greenlets: list[gevent.Greenlet] = []
        self._connections: list[Connection] = []
        self._asides = asides
        self.broken = ""

    def start(self) -> None:
        """They come at different moments, as after a first thought."""
        for crowd, numbers in self._crowds:
            aside = self._asides.setdefault(crowd.name, Aside())
            may_ask = iter(range(crowd.most * len(numbers) // crowd.count))
            for number in numbers:
                greenlet = gevent.spawn(self._live, crowd, number, aside, may_ask)
                greenlet.link_exception(self._broke)
                self._greenlets.append(greenlet)

    def stop(self) -> None:
        """They go at once; what is under way is not counted."""
        farewell(self._greenlets)
        for connection in self._connections:
            connection.close()
        self._greenlets.clear()
        self._connections.clear()

    def _broke(self, greenlet: gevent.Greenlet) -> None:
        self.broken = str(greenlet.exception) or type(greenlet.exception).__name__

    def _live(self, crowd: Crowd, number: int, aside: Aside, may_ask: Iterator[int]) -> None:
        connection = Connection(self._server)
        self._connections.append(connection)

        def asked(step: Step, own_ms: float, since_ms: float, size: int, error: str, limited: bool) -> None:
            self._fired(crowd.name, replace(step, label=f"{step.label} ({LABEL})"), own_ms, size, error, limited)

        for thought, _ in zip(thoughts(crowd, number), may_ask, strict=False):  # together they take from one number
            gevent.sleep(thought)
            try:
                outcome = walk(crowd.work, number, connection, asked)
            except Broken as broken:
                self.broken = str(broken)
                return
            aside.took(outcome.elapsed_ms, outcome.error, outcome.limited)


def thoughts(crowd: Crowd, number: int) -> Iterator[float]:
    """The seconds that one of them thinks before each question."""
    chance = random.Random(f"{crowd.seed} {crowd.name} {number}")
    while True:
        yield chance.expovariate(1.0 / crowd.think_seconds)
