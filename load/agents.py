"""
Sends a plan on time: one dispatcher, and agents of which each serves one arrival at a time.

Arrivals are open-loop. An answer that is late delays nobody: the next arrival takes an agent that is idle, the one
that was busy last (its connection is the freshest), or a new one. What an arrival waits before it is sent counts from
the moment it was due.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

import gevent

from load.arrivals import Arrival
from load.connection import Connection, Server
from load.counts import Book
from load.journeys import Outcome, Step, Work, walk

_TICK_SECONDS = 0.001
"""The dispatcher looks for due arrivals once a millisecond: measured, it costs 1 ms of lag and saves a third of CPU."""
HEAD_START_SECONDS = 0.05
"""The first arrival is due so long after the dispatcher starts, so that it is not late from the beginning."""
UNANSWERED = "no answer by the end of the run"

Fired = Callable[[str, Step, float, int, str, bool], None]
"""Is told of each request: name, step, milliseconds from when it was due, bytes, error, whether it was the limiter."""


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
        self._waiting: deque[tuple[Arrival, float]] = deque()
        self._open: dict[int, Arrival] = {}
        self._stopped = False
        self._started = 0.0
        self.broken = ""

    def run(self, arrivals: Iterator[Arrival], *, drain_seconds: float) -> bool:
        """
        Sends all ``arrivals`` when they are due, then waits for the answers that are still missing.

        False where it was stopped, or broke, before that.
        """
        gc.collect()
        gc.freeze()  # what is loaded stays; a full collection over it would be a pause of tens of milliseconds
        self._started = perf_counter() + HEAD_START_SECONDS
        try:
            for arrival in arrivals:
                self._wait_until(self._started + arrival.due_seconds)
                if self._stopped:
                    break
                self._hand_over(arrival)
            self._drain(drain_seconds)
            return not self._stopped
        finally:
            self._end()
            gc.unfreeze()

    def stop(self) -> None:
        """No further arrival is sent. Answers that are missing count as such only if the plan was sent whole."""
        self._stopped = True

    @property
    def elapsed_seconds(self) -> float:
        """Since the first arrival was due; 0 before."""
        return max(0.0, perf_counter() - self._started) if self._started else 0.0

    def _wait_until(self, due: float) -> None:
        while not self._stopped and (left := due - perf_counter()) > 0:
            gevent.sleep(max(left, _TICK_SECONDS))

    def _hand_over(self, arrival: Arrival) -> None:
        self._open[id(arrival)] = arrival
        if self._idle:
            self._idle.pop().take(arrival)
        elif len(self._agents) < self._most_agents:
            self._agents.append(_Agent(self, arrival))
        else:
            # Every agent waits for the service: this delay is the service's, and the lag is what there was until now.
            self._waiting.append((arrival, self._lag_ms(arrival)))

    def _drain(self, seconds: float) -> None:
        deadline = perf_counter() + seconds
        while self._open and perf_counter() < deadline and not self._stopped:
            gevent.sleep(_TICK_SECONDS)
        if not self._stopped:
            for _, lag_ms in self._waiting:
                self.book.took_up(lag_ms)
            self.book.unsent += len(self._waiting)
            for arrival in list(self._open.values()):
                self._record(arrival, 0.0, Outcome(0.0, UNANSWERED, limited=False))
        self._waiting.clear()
        self._open.clear()

    def _end(self) -> None:
        # All have ended before their connections are closed, or each would tell of a request that failed.
        gevent.killall([agent.greenlet for agent in self._agents])
        for agent in self._agents:
            agent.connection.close()

    def _lag_ms(self, arrival: Arrival) -> float:
        return (perf_counter() - self._started - arrival.due_seconds) * 1000.0

    def serve(self, arrival: Arrival, connection: Connection, lag_ms: float | None) -> None:
        """Asks what ``arrival`` asks and records what became of it. ``lag_ms`` is set where it had to wait."""
        late_ms = self._lag_ms(arrival)
        self.book.took_up(late_ms if lag_ms is None else lag_ms)
        work = self._works[arrival.name]

        def told(step: Step, elapsed_ms: float, size: int, error: str, limited: bool) -> None:
            self.book.requests += 1
            self._fired(work.name, step, late_ms + elapsed_ms, size, error, limited)

        outcome = walk(work, arrival.turn, connection, told)
        if self._open.pop(id(arrival), None) is not None:
            self._record(arrival, late_ms, outcome)

    def next_waiting(self) -> tuple[Arrival, float] | None:
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
        if not arrival.judged:
            self.book.warm_up += 1
            if outcome.error and not outcome.limited:
                errors = self.book.warm_up_errors
                errors[outcome.error] = errors.get(outcome.error, 0) + 1
            return
        tally = self.book.tally(arrival.name)
        if outcome.limited:
            tally.refused()
        elif outcome.error:
            tally.error(outcome.error)
        else:
            tally.good(late_ms + outcome.elapsed_ms, outcome.elapsed_ms)


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
        lag_ms: float | None = None
        while True:
            dispatcher.serve(arrival, self.connection, lag_ms)
            if (waiting := dispatcher.next_waiting()) is not None:
                arrival, lag_ms = waiting
                continue
            dispatcher.rest(self)
            arrival, lag_ms = hub.switch(), None
