"""
Sends a plan on time: one dispatcher, and agents of which each serves one arrival at a time.

Arrivals are open-loop. An answer that is late delays nobody: the next arrival takes an agent that is idle, the one
that was busy last (its connection is the freshest), or a new one. What an arrival waits before it is sent counts from
the moment it was due.
"""

from __future__ import annotations

import gc
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Protocol

import gevent

from load.arrivals import Arrival
from load.blocks import SECONDS_PER_BLOCK
from load.connection import Connection, Server
from load.counts import Book
from load.headroom import Headroom
from load.journeys import Broken, Outcome, Step, Work, walk

_TICK_SECONDS = 0.001
"""The dispatcher looks for due arrivals once a millisecond: measured, it costs 1 ms of lag and saves a third of CPU."""
_TURN_SECONDS = 0.02
"""However far behind it is, others have their turn after that: answers, whoever looks at the run, and Ctrl-C."""
_WAKE_SECONDS = 0.25
"""However far away the next arrival is, the end of the run may be moved meanwhile."""
FAREWELL_SECONDS = 1.0
"""Who catches everything, as what is written by hand may, does not end, and is left behind."""
HEAD_START_SECONDS = 0.05
"""The first arrival is due so long after the dispatcher starts, so that it is not late from the beginning."""
UNANSWERED = "no answer by the end of the run"
MOST_REASONS = 50
ANOTHER_REASON = "another reason"
"""Reasons are counted each second, and what is written by hand may have a new one for every arrival."""

Fired = Callable[[str, Step, float, int, str, bool], None]
"""
Is told of each request after the warm-up: name, step, milliseconds, bytes, error, whether it was the limiter.

The last request of an arrival is told with the milliseconds since the arrival was due, so that it says what counts;
the first ones of a journey with their own.
"""


def farewell(greenlets: Sequence[gevent.Greenlet]) -> None:
    """Ends all of them, as far as they let themselves be ended."""
    with gevent.Timeout(FAREWELL_SECONDS, False):
        gevent.killall(greenlets)


class Beside(Protocol):
    """What goes on beside the arrivals for as long as they do; ``broken`` says how it broke, or is empty."""

    broken: str

    def start(self) -> None:
        """The first arrival is about to be due."""

    def stop(self) -> None:
        """The last answer has come, or the run was ended."""


class Dispatcher:
    """One worker's part of a run. ``book`` may be read at any time; it holds what is known so far."""

    def __init__(
        self, server: Server, works: Mapping[str, Work], book: Book, *, most_agents: int, fired: Fired
    ) -> None:
        self.book = book
        self.server = server
        self._works, self._fired = works, fired
        self._most_agents = most_agents
        self._idle: list[_Agent] = []
        self._agents: list[_Agent] = []
        self._waiting: deque[Arrival] = deque()
        self._handed: dict[int, Arrival] = {}
        self._asked: dict[int, Arrival] = {}
        self._reasons: set[str] = set()
        self._stopped = False
        self._started = self._let_in_at = 0.0
        self._headroom = Headroom(most_agents)
        self._second = -1
        self.until_seconds = math.inf
        self.beside: Sequence[Beside] = ()
        self.broken = ""

    def run(self, arrivals: Iterator[Arrival], *, drain_seconds: float, begins_at: float | None = None) -> bool:
        """
        Sends the ``arrivals`` that are due before ``until_seconds``, which may be moved meanwhile, then waits for the
        answers that are still missing. ``begins_at`` is the moment of ``perf_counter`` at which the plan begins;
        None is as soon as possible.

        False where it was stopped, or broke, before that.
        """
        gc.collect()
        gc.freeze()  # what is loaded stays; a full collection over it would be a pause of tens of milliseconds
        self._started = begins_at or perf_counter() + HEAD_START_SECONDS
        for each in self.beside:
            each.start()
        try:
            for arrival in arrivals:
                self._wait_until(self._started + arrival.due_seconds)
                if self._stopped or arrival.due_seconds >= self.until_seconds:
                    break
                if arrival.due_seconds >= self._second + 1:
                    self._second = int(arrival.due_seconds)
                    self._look_at_itself()
                self._hand_over(arrival)
            self._look_at_itself()
            self._drain(drain_seconds)
            return not self._stopped
        finally:
            self._end()
            gc.unfreeze()

    def stop(self) -> None:
        """No further arrival is sent. Answers that are missing count as such only if the plan was sent whole."""
        self._stopped = True

    @property
    def began_at(self) -> float:
        """The moment of ``perf_counter`` at which the plan began, or will begin; 0 before that is known."""
        return self._started

    @property
    def elapsed_seconds(self) -> float:
        """Since the first arrival was due; 0 before."""
        return max(0.0, perf_counter() - self._started) if self._started else 0.0

    def _wait_until(self, due: float) -> None:
        while not self._stopped:
            now = perf_counter()
            left = due - now
            if left <= 0 and now - self._let_in_at <= _TURN_SECONDS:
                return
            if due - self._started >= self.until_seconds and now - self._started > self.until_seconds:
                return
            gevent.sleep(min(max(left, _TICK_SECONDS), _WAKE_SECONDS))
            self._let_in_at = perf_counter()

    def _hand_over(self, arrival: Arrival) -> None:
        self._handed[id(arrival)] = arrival
        if self._idle:
            self._idle.pop().take(arrival)
        elif len(self._agents) < self._most_agents:
            self._agents.append(_Agent(self, arrival))
        else:
            # There are as many agents as the plan can need. Where there are fewer, file descriptors ran out on this
            # machine: what is waited for then is the generator's lag and not the service's.
            self.book.starved += 1
            self._waiting.append(arrival)

    def _look_at_itself(self) -> None:
        self._headroom.mark()
        self.book.own = {**self._headroom.as_dict(), "connections": len(self._agents)}

    def _drain(self, seconds: float) -> None:
        # What still waits for an agent was never sent, and there is no time left to answer it: it is nobody's error,
        # and missing from what was delivered. So is what was handed over to an agent that has not come to it.
        self.book.unsent += len(self._waiting)
        for arrival in self._waiting:
            self._handed.pop(id(arrival), None)
        self._waiting.clear()
        deadline = perf_counter() + seconds
        while (self._asked or self._handed) and perf_counter() < deadline and not self._stopped:
            gevent.sleep(_TICK_SECONDS)
        self.book.unsent += len(self._handed)
        if not self._stopped:
            for arrival in list(self._asked.values()):
                if self._works[arrival.name].writing is not None:  # its requests have a deadline, it has none
                    self.broken = f"load.written {arrival.name}: its function did not end within {seconds:g} s"
                self._record(arrival, 0.0, Outcome(0.0, 0.0, UNANSWERED))
        self._handed.clear()
        self._asked.clear()

    def _end(self) -> None:
        for each in self.beside:
            each.stop()
            self.broken = self.broken or each.broken
        # All have ended before their connections are closed, or each would tell of a request that failed.
        farewell([agent.greenlet for agent in self._agents])
        for agent in self._agents:
            agent.connection.close()

    def _lag_ms(self, arrival: Arrival) -> float:
        return (perf_counter() - self._started - arrival.due_seconds) * 1000.0

    def serve(self, arrival: Arrival, connection: Connection) -> None:
        """Asks what ``arrival`` asks and records what became of it."""
        late_ms = self._lag_ms(arrival)
        self._handed.pop(id(arrival), None)
        self._asked[id(arrival)] = arrival
        self.book.took_up(late_ms, block=int((arrival.due_seconds + late_ms / 1000.0) / SECONDS_PER_BLOCK))
        work = self._works[arrival.name]
        last = work.steps[-1]

        def told(step: Step, own_ms: float, since_ms: float, size: int, error: str, limited: bool) -> None:
            self.book.requests += 1
            if arrival.judged:
                shown = late_ms + since_ms if step is last else own_ms
                self._fired(work.name, step, shown, size, error, limited)

        try:
            outcome = walk(work, arrival.turn, connection, told)
        except Broken as broken:
            self.broken, self._stopped = self.broken or str(broken), True
            return
        if self._asked.pop(id(arrival), None) is not None:
            self._record(arrival, late_ms, outcome)

    def next_waiting(self) -> Arrival | None:
        """The arrival that has waited longest for an agent."""
        return self._waiting.popleft() if self._waiting else None

    def rest(self, agent: _Agent) -> None:
        """``agent`` is free again."""
        self._idle.append(agent)

    def broke(self, greenlet: gevent.Greenlet) -> None:
        """An agent ended by an error of ours: the run cannot be judged."""
        self.broken = f"an agent ended by {type(greenlet.exception).__name__}"
        self._stopped = True

    def _record(self, arrival: Arrival, late_ms: float, outcome: Outcome) -> None:
        book, block = self.book, int(arrival.due_seconds / SECONDS_PER_BLOCK)
        book.recorded_one(block, limited=outcome.limited, bad=bool(outcome.error) and not outcome.limited)
        work, tally = self._works[arrival.name], book.tally(arrival.name)
        credential = arrival.turn % len(work.steps[0].heads)
        if not outcome.error:
            tally.series.accepted.add(credential)
        if not arrival.judged:
            book.warm_up += 1
            if outcome.error and not outcome.limited:
                errors, reason = book.warm_up_errors, self._reason(outcome.error)
                errors[reason] = errors.get(reason, 0) + 1
            return
        if outcome.limited:
            tally.refused(block=block)
        elif outcome.stranger:
            tally.stranger(outcome.error, block=block)
        elif outcome.error:
            tally.error(self._reason(outcome.error), block=block, credential=credential)
        else:
            from_due_ms = late_ms + outcome.elapsed_ms
            last_ms = outcome.last_ms if work.most_requests > 1 else None
            bucket = tally.good(from_due_ms, outcome.elapsed_ms, block=block, last_ms=last_ms)
            book.picture.record(block, arrival.name, bucket, from_due_ms)

    def _reason(self, error: str) -> str:
        if len(self._reasons) < MOST_REASONS:
            self._reasons.add(error)
        return error if error in self._reasons else ANOTHER_REASON


class _Agent:
    """A greenlet with a connection of its own. It is parked in the hub until it is handed an arrival."""

    __slots__ = ("_dispatcher", "connection", "greenlet")

    def __init__(self, dispatcher: Dispatcher, arrival: Arrival) -> None:
        self._dispatcher = dispatcher
        self.connection = Connection(dispatcher.server)
        self.greenlet = gevent.spawn(self._run, arrival)
        self.greenlet.link_exception(dispatcher.broke)

    def take(self, arrival: Arrival) -> None:
        """Hands ``arrival`` over; the agent continues in the hub's next round."""
        gevent.get_hub().loop.run_callback(self.greenlet.switch, arrival)

    def _run(self, arrival: Arrival) -> None:
        hub, dispatcher = gevent.get_hub(), self._dispatcher
        while True:
            dispatcher.serve(arrival, self.connection)
            if (waiting := dispatcher.next_waiting()) is not None:
                arrival = waiting
                continue
            dispatcher.rest(self)
            arrival = hub.switch()
