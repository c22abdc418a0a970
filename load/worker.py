"""One share of the plan under Locust: sent by a worker that reports what it counted, or by the only process."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import WorkerRunner

from load.agents import Dispatcher
from load.alike import differing, said
from load.blocking import Watch
from load.closed import ClosedLoops
from load.journeys import Step
from load.messages import BEGIN, COUNTS, LAST, PING, PONG, REFUSED, UNTIL, Share
from load.percentiles import MissingHook, install
from load.preparation import Prepared, prepare
from load.service import handed_over
from load.target import longest_of, plan_of
from load.thinking import People
from prodverify import __version__
from prodverify.record.findings import Unjudged
from prodverify.record.verdict import EXIT_INCONCLUSIVE
from prodverify.target.load import Target, TargetError
from prodverify.target.load_run import DEFAULT_PROFILE
from prodverify.wire.run import Run

_REPORT_SECONDS = 1.0
_MASTER_SILENT_SECONDS = 6.0
"""Locust's master answers each second; without it nobody is left who could judge this load, or stop it."""
_DESCRIPTORS_KEPT = 256


class _Refusal(Exception):  # noqa: N818 - a word of the house
    """The share cannot be sent as it is meant; the text says why, and holds no secret."""


class Worker:
    """A process that has a master: it waits for its share, sends it, and reports again and again."""

    def __init__(self, target: Target, run: Run, environment: Environment, runner: WorkerRunner, *, owner: int) -> None:
        self._target, self._run = target, run
        self._environment, self._runner = environment, runner
        self._forked_by = owner if owner != os.getpid() else 0
        self._dispatcher: Dispatcher | None = None
        self._until: float | None = None
        self._heard_at = perf_counter()
        self._number = 0
        self._begun = self._stopped = self._whole = self._final = False
        environment.process_exit_code = 0  # the master's status is the run's
        runner.register_message(PING, self._on_ping)
        runner.register_message(BEGIN, self._on_begin, concurrent=True)
        runner.register_message(UNTIL, self._on_until)
        runner.register_message(LAST, self._on_last)
        environment.events.heartbeat_received.add_listener(self._on_heartbeat)
        environment.events.test_stopping.add_listener(self._on_stopping)
        environment.events.quitting.add_listener(self._on_quitting)
        gevent.spawn(self._end_when_orphaned)

    def _on_ping(self, environment: Environment, msg: Message, **_: Any) -> None:
        told = {
            "number": msg.data["number"],
            "clock": perf_counter(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        self._runner.send_message(PONG, told)

    def _on_begin(self, environment: Environment, msg: Message, **_: Any) -> None:
        """The worker's share: to send its part of the plan and to report all that it has counted."""
        heard_at = perf_counter()
        if self._begun:
            return
        self._begun = True
        try:
            share, prepared = self._accepted(msg.data)
        except _Refusal as refusal:
            self._runner.send_message(REFUSED, {"why": str(refusal)})
            return
        dispatcher = dispatcher_of(prepared, environment, index=share.index, workers=share.workers)
        dispatcher.until_seconds = share.until_seconds if self._until is None else self._until
        self._dispatcher = dispatcher
        if self._stopped:
            dispatcher.stop()
        reporting = gevent.spawn(self._report_regularly)
        try:
            arrivals = prepared.plan.arrivals(share.index, share.workers)
            self._whole = dispatcher.run(
                arrivals, drain_seconds=prepared.drain_seconds, begins_at=heard_at + share.delay_seconds
            )
        finally:
            reporting.kill(block=True)
            self._report(final=True)

    def _accepted(self, told: dict[str, Any]) -> tuple[Share, Prepared]:
        """The share, and what it needs. Raises _Refusal where this process would send another load than the others."""
        if told.get("version") != __version__:
            raise _Refusal(f"it has prodverify {__version__}, the master {told.get('version')}")
        share = Share.from_dict(told)
        try:
            target = handed_over(self._target, Path(share.handed_over)) if share.handed_over else self._target
        except (OSError, ValueError) as problem:
            raise _Refusal(f"what the embedded service made up cannot be read: {problem}") from problem
        if target.profile not in (DEFAULT_PROFILE, share.profile):
            raise _Refusal(f"it was started for the profile {target.profile}, the master for {share.profile}")
        try:
            target = target.under(share.profile)
        except KeyError as problem:
            raise _Refusal(f"[load] of its file {target.path} has no profile {share.profile}") from problem
        try:
            if others := list(differing(said(target), share.said)):
                raise _Refusal(f"its file {target.path} differs from the master's in {' and '.join(others)}")
            prepared = prepare(target, run_id=share.run_id, seed=share.plan.seed, plan=share.plan, run=self._run)
            install(threshold for each in prepared.thresholds.values() for threshold in each)
        except (TargetError, MissingHook, Unjudged, OSError, ValueError) as problem:
            raise _Refusal(str(problem)) from problem
        declared = target.promises.load
        assert declared is not None
        if more := share.beyond(longest_of(target.promises, plan_of(declared, share.plan.seed))):
            raise _Refusal(f"[load] of its file {target.path} does not allow what it shall send: {more}")
        return share, prepared

    def _on_until(self, environment: Environment, msg: Message, **_: Any) -> None:
        """The run ends at another moment of its plan than was said."""
        self._until = float(msg.data["seconds"])
        if self._dispatcher is not None:
            self._dispatcher.until_seconds = self._until

    def _on_last(self, environment: Environment, msg: Message, **_: Any) -> None:
        """The master judges what there is: the dispatcher stops, and its last report follows at once."""
        self._on_stopping()
        if self._dispatcher is not None and self._final:
            self._report(final=True)

    def _on_heartbeat(self, **_: Any) -> None:
        self._heard_at = perf_counter()

    def _on_stopping(self, **_: Any) -> None:
        self._stopped = True
        if self._dispatcher is not None:
            self._dispatcher.stop()

    def _on_quitting(self, **_: Any) -> None:
        if not self._final:
            self._on_stopping()
            self._report(final=True)

    def _report_regularly(self) -> None:
        while True:
            gevent.sleep(_REPORT_SECONDS)
            self._report(final=False)

    def _report(self, *, final: bool) -> None:
        """All that was counted since the beginning, so that a later report replaces an earlier one."""
        if self._dispatcher is None:
            return
        self._final = self._final or final
        self._number += 1
        counted = {
            "number": self._number,
            "final": final,
            "whole": self._whole,
            "broken": self._dispatcher.broken,
            "began_at": self._dispatcher.began_at,
            "book": self._dispatcher.book.as_dict() if final else self._dispatcher.book.changes(),
        }
        self._runner.send_message(COUNTS, counted)

    def _end_when_orphaned(self) -> None:
        """Without a master nothing more is sent, and nothing that it left is kept."""
        while not self._orphaned():
            gevent.sleep(_REPORT_SECONDS)
        self._on_stopping()
        self._environment.process_exit_code = EXIT_INCONCLUSIVE
        if self._gone():
            self._run.remove()  # a master that is only silent still needs it
        self._runner.quit()

    def _orphaned(self) -> bool:
        if self._gone():
            return True
        return self._begun and perf_counter() - self._heard_at > _MASTER_SILENT_SECONDS

    def _gone(self) -> bool:
        """Whether the master that forked this process has ended."""
        return bool(self._forked_by) and os.getppid() != self._forked_by


def dispatcher_of(prepared: Prepared, environment: Environment, *, index: int = 0, workers: int = 1) -> Dispatcher:
    """A dispatcher for one of ``workers`` shares, that tells Locust of every request."""
    fire = environment.events.request.fire

    def fired(name: str, step: Step, due_ms: float, size: int, error: str, limited: bool) -> None:
        if error:
            prepared.sessions.noticed(name, error)
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
    people = sum(crowd.count for crowd in prepared.crowds) // workers
    possible = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _DESCRIPTORS_KEPT - people
    dispatcher = Dispatcher(
        prepared.server, prepared.works, prepared.book(), most_agents=max(8, min(wanted, possible)), fired=fired
    )
    works = [*prepared.works.values(), *(crowd.work for crowd in prepared.crowds)]
    dispatcher.beside = (
        prepared.sessions,
        Watch(work.writing.file for work in works if work.writing is not None),
        People(prepared.crowds, prepared.server, fired, dispatcher.book.asides, worker=index, workers=workers),
        ClosedLoops(
            prepared.closed,
            environment,
            dispatcher.book.asides,
            base_url=prepared.base_url,
            writes=prepared.writes,
            worker=index,
            workers=workers,
        ),
    )
    return dispatcher
