"""
The workers of a load run as their master knows them: who they are, what each has counted, and what is wrong with one.

A worker is believed only what can be true: no more than its part of the plan, never less than before, and once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import gevent

from load.arrivals import Plan
from load.counts import Book, Gathered
from load.forked import child, kill, stopped
from load.messages import BEGIN, COUNTS, LAST, PING, PONG, REFUSED, UNTIL, Share
from prodverify.record.findings import Finding, inconclusive

if TYPE_CHECKING:  # importing Locust patches the process
    from locust.env import Environment
    from locust.rpc import Message
    from locust.runners import MasterRunner

SILENT_SECONDS = 4.0
"""A worker reports each second; one that has not for so long is stuck, or its machine cannot be reached."""
_GREETINGS = 5
_GREETING_SECONDS = 2.0
_LEAD_SECONDS = 0.5
"""A worker that has heard of its share needs a moment to make its requests ready."""
_SLACK_SECONDS = 1.0
"""A worker's clock and ours are not the same, and its report was under way."""
_POLL_SECONDS = 0.01


@dataclass(slots=True)
class _Worker:
    """
    One of them. ``ahead_seconds`` is its clock less ours, measured by the quickest of its answers; ``forked`` says that
    its process ``pid`` is a child of this one.
    """

    client: str
    index: int
    heard_at: float
    host: str = ""
    pid: int = 0
    forked: bool = False
    greeted: int = -1
    round_trip_seconds: float = float("inf")
    ahead_seconds: float = 0.0
    report: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    untrue: str = ""

    @property
    def final(self) -> bool:
        return bool(self.report.get("final"))

    @property
    def silent_seconds(self) -> float:
        return perf_counter() - self.heard_at


class Workers:
    """All workers of one run, from the moment that they are greeted. ``blank`` are counts at zero."""

    def __init__(self, runner: MasterRunner, blank: Book) -> None:
        self._runner, self._gathered = runner, Gathered(blank)
        self._known: dict[str, _Worker] = {}
        self._asked_at = 0.0
        self._begins_at = 0.0
        self._plan: Plan | None = None
        self._until = 0.0
        self._stopped = False
        runner.register_message(PONG, self._on_pong)
        runner.register_message(COUNTS, self._on_counts)
        runner.register_message(REFUSED, self._on_refused)

    def greet(self) -> None:
        """Takes everybody in who is there, and measures how far away each is and what its clock says."""
        clients = sorted(self._runner.clients, key=self._runner.get_worker_index)
        self._known = {client: _Worker(client, index, perf_counter()) for index, client in enumerate(clients)}
        for number in range(_GREETINGS):
            self._asked_at = perf_counter()
            for client in clients:
                self._runner.send_message(PING, {"number": number}, client_id=client)
            with gevent.Timeout(_GREETING_SECONDS, False):
                while any(worker.greeted == number - 1 for worker in self._known.values()):
                    gevent.sleep(0.0005)

    def begin(self, plan: Plan, until_seconds: float, **common: Any) -> None:
        """
        Sends everybody its share of ``plan``, which they all begin at one moment; ``common`` is what a Share holds
        beside that.
        """
        self._plan, self._until = plan, until_seconds
        longest = max((worker.round_trip_seconds for worker in self._greeted()), default=0.0)
        self._begins_at = perf_counter() + _LEAD_SECONDS + longest
        for worker in self._known.values():
            under_way = worker.round_trip_seconds / 2.0 if worker.greeted >= 0 else 0.0
            worker.heard_at = self._begins_at
            share = Share(
                index=worker.index,
                workers=len(self._known),
                plan=plan,
                until_seconds=until_seconds,
                delay_seconds=self._begins_at - perf_counter() - under_way,
                **common,
            )
            self._runner.send_message(BEGIN, share.as_dict(), client_id=worker.client)

    def until(self, seconds: float) -> None:
        """Moves the end of the run: nothing that is due at ``seconds`` of the plan, or later, is sent."""
        self._until = max(self._until, seconds)
        for worker in self._known.values():
            self._runner.send_message(UNTIL, {"seconds": seconds}, client_id=worker.client)

    def last(self, seconds: float) -> None:
        """Stops everybody, and waits at most ``seconds`` for what they have counted."""
        self._stopped = True
        for worker in self._known.values():
            self._runner.send_message(LAST, {}, client_id=worker.client)
        with gevent.Timeout(seconds, False):
            while any(self._may_report(worker) for worker in self._known.values()):
                gevent.sleep(_POLL_SECONDS)

    def kill_stuck(self) -> None:
        """A worker that does not answer would outlive the run; only processes that were forked here are killed."""
        for worker in self._known.values():
            if worker.forked and not worker.final:
                kill(worker.pid)

    @property
    def elapsed_seconds(self) -> float:
        """Since the first arrival was due; 0 before."""
        return max(0.0, perf_counter() - self._begins_at) if self._begins_at else 0.0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._known)

    @property
    def reported(self) -> int:
        """How many have reported for the last time."""
        return sum(worker.final for worker in self._known.values())

    @property
    def ended(self) -> bool:
        """Whether all have."""
        return bool(self._known) and self.reported == self.count

    @property
    def whole(self) -> bool:
        """Whether each has sent its share until the end and waited for the answers."""
        return self.ended and all(worker.report["whole"] for worker in self._known.values())

    @property
    def broken(self) -> str:
        """How one of them broke, or nothing."""
        return next((str(each.report["broken"]) for each in self._known.values() if each.report.get("broken")), "")

    @property
    def skew_ms(self) -> float | None:
        """Between the first and the last of them to begin, by our clock; None where not all have told."""
        told = [worker for worker in self._greeted() if worker.report.get("began_at")]
        if not told or len(told) < self.count:
            return None
        moments = [worker.report["began_at"] - worker.ahead_seconds for worker in told]
        return round((max(moments) - min(moments)) * 1000.0, 3)

    def book(self) -> Book:
        """What all of them have counted until now."""
        return self._gathered.book()

    def troubles(self) -> Iterator[Finding]:
        """What is wrong with them: with any of it the counts are not those of the load that was planned."""
        for worker in self._known.values():
            who = f"worker {worker.index + 1} of {self.count}" + (f" ({worker.host})" if worker.host else "")
            if worker.refused:
                yield inconclusive(
                    "worker-refused",
                    "every worker ready to send its share",
                    f"{who} refused it: {worker.refused}",
                    next_step="Give every machine this version of prodverify, this target file and its secrets.",
                )
            elif worker.untrue:
                yield inconclusive(
                    "worker-untrue",
                    "counts of every worker that can be true",
                    f"{who} {worker.untrue}",
                    next_step="See that only workers of this run reach its master, and that their clocks run evenly.",
                )
            elif lost := self._lost(worker):
                yield inconclusive(
                    "worker-lost",
                    f"counts of {self.count} workers",
                    f"{who} {lost}",
                    next_step="See why it ended, and start again.",
                )
            elif not worker.final and (silent := worker.silent_seconds) > SILENT_SECONDS:
                yield inconclusive(
                    "worker-stuck",
                    "a report of every worker each second",
                    f"{who} has said nothing for {silent:.1f} s{stopped(worker.pid)}",
                    next_step="See what holds it up, or the network between it and the master, and start again.",
                )

    def _greeted(self) -> list[_Worker]:
        return [worker for worker in self._known.values() if worker.greeted >= 0]

    def _may_report(self, worker: _Worker) -> bool:
        if worker.final or worker.refused or self._lost(worker):
            return False
        return worker.silent_seconds <= SILENT_SECONDS

    def _lost(self, worker: _Worker) -> str:
        """How a worker went before it had sent its share; nothing where it may still do so, or was told to stop."""
        if worker.final:
            stopped_itself = not worker.report["whole"] and not self._stopped
            return "was stopped before it had sent its share" if stopped_itself else ""
        if worker.forked and child(worker.pid) is None:
            return f"ended: its process {worker.pid} was killed or broke"
        return "" if worker.client in self._runner.clients else "left before it had sent its share"

    def _on_pong(self, environment: Environment, msg: Message, **_: Any) -> None:
        now = perf_counter()
        worker, told = self._known.get(msg.node_id), msg.data
        if worker is None:
            return
        worker.host, worker.pid, worker.greeted = str(told["host"]), int(told["pid"]), int(told["number"])
        worker.forked = worker.forked or child(worker.pid) is not None
        if (trip := now - self._asked_at) < worker.round_trip_seconds:
            worker.round_trip_seconds = trip
            worker.ahead_seconds = float(told["clock"]) - (self._asked_at + trip / 2.0)

    def _on_refused(self, environment: Environment, msg: Message, **_: Any) -> None:
        if (worker := self._known.get(msg.node_id)) is not None:
            worker.refused = str(msg.data["why"])

    def _on_counts(self, environment: Environment, msg: Message, **_: Any) -> None:
        """
        A worker's counts are all that it counted since it began, so that a later report replaces an earlier one.

        Nobody who was not greeted has a share; one that came back, or began anew, is nobody whom we know.
        """
        worker = self._known.get(msg.node_id)
        if worker is None or self._plan is None:
            return
        worker.heard_at = perf_counter()
        try:
            report = dict(msg.data)
            if report["number"] <= worker.report.get("number", -1):
                return
            worker.untrue = worker.untrue or self._untrue(worker, report["book"])
            if not worker.untrue:
                self._gathered.took(worker.index, report["book"])
                worker.report = report
        except (LookupError, TypeError, ValueError, AttributeError) as problem:
            worker.untrue = f"sent a report that cannot be read ({type(problem).__name__})"

    def _untrue(self, worker: _Worker, told: dict[str, Any]) -> str:
        """Why counts cannot be true; nothing where they can."""
        assert self._plan is not None
        before = self._gathered.part(worker.index)
        moment = min(self.elapsed_seconds + _SLACK_SECONDS, self._until)
        most = max(0, -(-(self._plan.due_before(moment) - worker.index) // self.count))
        sent, known = int(told["sent"]), int(told["warm_up"])
        if sent > most:
            return f"says that it has sent {sent:,} arrivals, and its part until now was {most:,}"
        if known > sent:
            return f"says what became of {known:,} arrivals, and has sent {sent:,}"
        if before is not None and sent < before.sent:
            return f"says that it has sent {sent:,} arrivals, and said {before.sent:,} before"
        return ""
