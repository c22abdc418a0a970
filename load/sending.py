"""
Who sends the arrivals of a load run: the only process there is, or workers that it leads.

Both are asked the same by the conductor. ``troubles`` say why what was counted is not of the whole plan.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from load import telling
from load.counts import Book
from load.forked import living
from load.preparation import Prepared
from load.stopping import Stopping
from load.worker import dispatcher_of
from load.workers import Workers
from prodverify.record.findings import Finding, inconclusive

_LAST_COUNTS_SECONDS = 2.0
_GIVEN_UP_AFTER_SECONDS = 5.0
"""So long after the last answer can have come, a worker that has not reported is lost."""
_POLL_SECONDS = 0.1
_TOGETHER_SECONDS = 0.3
"""Ctrl-C reaches all processes of a terminal: workers that stopped then are not lost."""


class Alone:
    """One process, which sends everything."""

    troubles: tuple[Finding, ...] = ()

    def __init__(self, prepared: Prepared, environment: Environment) -> None:
        self._drain_seconds = prepared.drain_seconds
        self._dispatcher = dispatcher_of(prepared, environment)

    def send(self, stopping: Stopping) -> bool:
        """
        Sends the plan until its end, which may move meanwhile, and waits for the answers. False where it was stopped,
        or broke, before that.
        """
        self.move_end(stopping.until_seconds)
        return self._dispatcher.run(stopping.plan.arrivals(), drain_seconds=self._drain_seconds)

    def move_end(self, seconds: float) -> None:
        """At once."""
        self._dispatcher.until_seconds = seconds

    def stop(self) -> None:
        """At once."""
        self._dispatcher.stop()

    def finish(self) -> None:
        """Everything is counted as soon as it is known."""
        self.stop()

    def close(self) -> None:
        """There is nobody else."""

    def book(self) -> Book:
        """The very one that is counted in."""
        return self._dispatcher.book

    @property
    def elapsed_seconds(self) -> float:
        """By this process' clock."""
        return self._dispatcher.elapsed_seconds

    @property
    def broken(self) -> str:
        """In the dispatcher's words."""
        return self._dispatcher.broken

    def who(self) -> Mapping[str, Any]:
        """One, who reports as soon as it has begun; before that there is nobody who could be lost."""
        begun = int(bool(self._dispatcher.began_at))
        return {"workers": begun, "reported": begun}


class Led:
    """Workers send it, each its part; ``common`` is what they are all told beside that."""

    def __init__(self, prepared: Prepared, runner: MasterRunner, **common: Any) -> None:
        self.troubles: tuple[Finding, ...] = ()
        self._drain_seconds, self._common = prepared.drain_seconds, common
        self._runner, self._workers = runner, Workers(runner, prepared.book())
        self._over = False

    def have_come(self, options: Namespace) -> bool:
        """
        Waits for as many workers as are expected, as long as ``--expect-workers-max-wait`` says, and else for ever, or
        until one that was forked here has ended. False where some did not come, which is a trouble.

        Locust itself would end with a status that means something else here.
        """
        seconds, options.expect_workers_max_wait = options.expect_workers_max_wait, 0
        why = f"came within {seconds} s"
        with gevent.Timeout(seconds or None, False):
            while self._runner.worker_count < options.expect_workers:
                if living() < (options.processes or 0):
                    why = "came, before one of them was killed or broke"
                    break
                gevent.sleep(_POLL_SECONDS)
            else:
                return True
        missing = inconclusive(
            "worker-missing",
            f"{options.expect_workers} workers",
            f"{self._runner.worker_count} of {options.expect_workers} workers {why}",
            next_step="See its own output, or that it reaches the master at its --master-host and --master-port.",
        )
        self.troubles = (missing,)
        return False

    def send(self, stopping: Stopping) -> bool:
        """Tells every worker its part, and waits until each has reported, or the run cannot be judged any more."""
        workers = self._workers
        workers.greet()
        workers.begin(stopping.plan, stopping.until_seconds, **self._common)
        patience = self._drain_seconds + _GIVEN_UP_AFTER_SECONDS
        while not workers.ended:
            if any(workers.troubles()) or workers.elapsed_seconds > stopping.over_seconds + patience:
                break
            gevent.sleep(_POLL_SECONDS)
        if workers.whole:
            return True
        gevent.sleep(_TOGETHER_SECONDS)
        if not self._over:
            self.troubles = tuple(workers.troubles())
            telling.say("\n".join(f"The load ends now: {trouble.observed}." for trouble in self.troubles))
            workers.last(_LAST_COUNTS_SECONDS)
        return False

    def move_end(self, seconds: float) -> None:
        """Everybody is told."""
        self._workers.until(seconds)

    def stop(self) -> None:
        """Locust tells its workers itself."""

    def finish(self) -> None:
        """Asks for the last counts of those that may still send them."""
        self._over = True
        if self._workers.count and not self._workers.ended:
            self._workers.last(_LAST_COUNTS_SECONDS)

    def close(self) -> None:
        """A stuck worker would outlive the run."""
        self._workers.kill_stuck()

    def book(self) -> Book:
        """That of all of them."""
        return self._workers.book()

    @property
    def elapsed_seconds(self) -> float:
        """By the master's clock."""
        return self._workers.elapsed_seconds

    @property
    def broken(self) -> str:
        """That of the first one that is."""
        return self._workers.broken

    def who(self) -> Mapping[str, Any]:
        """Those that were greeted; before that nobody was lost."""
        workers = self._workers
        return {"workers": workers.count, "reported": workers.reported, "skew_ms": workers.skew_ms}


Sending = Alone | Led
