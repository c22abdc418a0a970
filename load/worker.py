"""One share of the plan under Locust: sent by a worker that reports what it counted, or by the only process."""

from __future__ import annotations

import os
import resource
from typing import Any

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import WorkerRunner

from load.agents import Dispatcher
from load.journeys import Step
from load.preparation import Prepared, prepare
from load.service import handed_over
from prodverify.target.load import Target
from prodverify.wire.run import Run

BEGIN = "prodverify-begin"
COUNTS = "prodverify-counts"
_REPORT_SECONDS = 1.0
_DESCRIPTORS_KEPT = 256


class Worker:
    """A process that Locust forked from ``master``: it waits for its share, sends it, and reports again and again."""

    def __init__(
        self, target: Target, run: Run, environment: Environment, runner: WorkerRunner, *, seed: int, master: int
    ) -> None:
        self._target, self._run, self._seed, self._master = target, run, seed, master
        self._environment, self._runner = environment, runner
        self._dispatcher: Dispatcher | None = None
        self._whole = False
        environment.process_exit_code = 0  # the master's status is the run's
        runner.register_message(BEGIN, self._on_begin, concurrent=True)
        environment.events.test_stopping.add_listener(self._on_stopping)
        environment.events.quitting.add_listener(self._on_quitting)
        gevent.spawn(self._end_when_orphaned)

    def _on_begin(self, environment: Environment, msg: Message, **_: Any) -> None:
        """The worker's share: to send its part of the plan and to report all that it has counted."""
        share = msg.data
        prepared = prepare(handed_over(self._target, self._run.folder), run_id=self._run.run_id, seed=self._seed)
        self._dispatcher = dispatcher_of(prepared, environment, workers=share["workers"])
        reporting = gevent.spawn(self._report_regularly)
        try:
            arrivals = prepared.plan.arrivals(share["index"], share["workers"])
            self._whole = self._dispatcher.run(arrivals, drain_seconds=prepared.drain_seconds)
        finally:
            reporting.kill(block=True)
            self._report(final=True)

    def _on_stopping(self, **_: Any) -> None:
        if self._dispatcher is not None:
            self._dispatcher.stop()

    def _on_quitting(self, **_: Any) -> None:
        if not self._whole:
            self._on_stopping()
            self._report(final=False)

    def _report_regularly(self) -> None:
        while True:
            gevent.sleep(_REPORT_SECONDS)
            self._report(final=False)

    def _report(self, *, final: bool) -> None:
        """All that was counted since the beginning, so that a later report replaces an earlier one."""
        if self._dispatcher is not None:
            counted = {
                "final": final,
                "whole": self._whole,
                "broken": self._dispatcher.broken,
                "book": self._dispatcher.book.as_dict(),
            }
            self._runner.send_message(COUNTS, counted)

    def _end_when_orphaned(self) -> None:
        """Once the master is gone nobody is left who could judge this load, or stop it, or remove the run's folder."""
        while os.getppid() == self._master:
            gevent.sleep(_REPORT_SECONDS)
        self._on_stopping()
        self._run.remove()
        self._runner.quit()


def dispatcher_of(prepared: Prepared, environment: Environment, *, workers: int = 1) -> Dispatcher:
    """A dispatcher for one of ``workers`` shares, that tells Locust of every request."""
    fire = environment.events.request.fire

    def fired(name: str, step: Step, due_ms: float, size: int, error: str, limited: bool) -> None:
        # Answers of the limiter stand in Locust's tables under a name of their own, and are no failures there.
        fire(
            request_type=step.method,
            name=f"{step.label} (limited)" if limited else step.label,
            response_time=due_ms,
            response_length=size,
            exception=None if limited or not error else RuntimeError(error),
            context={},
        )

    wanted = int(prepared.plan.rate_per_second / workers * prepared.drain_seconds) + 100
    possible = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _DESCRIPTORS_KEPT
    return Dispatcher(
        prepared.server, prepared.works, prepared.book(), most_agents=max(8, min(wanted, possible)), fired=fired
    )
