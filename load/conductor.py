"""A load run under Locust: who starts what in which process, and how counts come together."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import gevent
from locust.env import Environment
from locust.html import get_html_report
from locust.rpc import Message
from locust.runners import MasterRunner, Runner, WorkerRunner

from load import evidence, publishing, telling
from load.agents import HEAD_START_SECONDS, Dispatcher
from load.counts import Book, merged
from load.outcome import Circumstances
from load.preparation import Prepared, prepare
from load.service import NotStarted, Service, readiness
from load.worker import BEGIN, COUNTS, Worker, dispatcher_of
from prodverify.record.findings import Unjudged
from prodverify.record.verdict import EXIT_INCONCLUSIVE
from prodverify.target.load import Target, TargetError
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

_PROGRESS_SECONDS = 5.0
_GIVEN_UP_AFTER_SECONDS = 5.0
"""So long after the last answer can have come, a worker that has not reported is lost."""


class Conductor:
    """
    One process' part in a load run: that of the master, of a worker, or of the only process there is.

    It is made before Locust forks its workers, so that all of them know target, run and seed.
    """

    def __init__(self, target: Target, run: Run, *, seed: int, runs: Path) -> None:
        self._target, self._run, self._seed, self._runs = target, run, seed, runs
        self._owner = os.getpid()
        self._service = Service(target)
        self._environment: Environment | None = None
        self._prepared: Prepared | None = None
        self._ready: Readiness | None = None
        self._dispatcher: Dispatcher | None = None
        self._parts: dict[str, dict[str, Any]] = {}
        self._workers = 1
        self._begun = self._complete = self._told = False
        self._verdict = ""
        atexit.register(self.close)
        _when_ended(self._on_early_end)

    def on_init(self, environment: Environment, runner: Runner, **_: Any) -> None:
        """Locust is set up. The process that is not a worker starts the service and sees that it is ready."""
        self._environment = environment
        if isinstance(runner, WorkerRunner):
            _when_ended(signal.default_int_handler)
            Worker(self._target, self._run, environment, runner, seed=self._seed, master=self._owner)
            return
        # Whatever goes wrong from here on, nothing that was not judged ends with 0.
        environment.process_exit_code = EXIT_INCONCLUSIVE
        try:
            self._target = self._service.open()
            self._prepared = prepare(self._target, run_id=self._run.run_id, seed=self._seed)
            self._ready = readiness(self._target, self._run)
        except (NotStarted, TargetError, Unjudged, OSError, ValueError) as problem:
            sys.stderr.write(f"{self._target.path}: {problem}\n")
            sys.exit(EXIT_INCONCLUSIVE)
        environment.host = self._target.base_url
        telling.say(telling.header(self._target, self._prepared, self._run, self._ready))
        if isinstance(runner, MasterRunner):
            self._service.hand_over(self._run.folder)
            runner.register_message(COUNTS, self._on_counts)

    def _on_early_end(self, *_: Any) -> None:
        """Somebody ends Locust before it is able to: there is nothing to write yet."""
        if os.getpid() == self._owner:
            sys.stderr.write(f"{self._target.path}: ended before the load run began; nothing was verified.\n")
        sys.exit(EXIT_INCONCLUSIVE)

    def on_spawning_complete(self, **_: Any) -> None:
        """Locust's one user is there: the arrivals begin, once."""
        runner = self._environment.runner if self._environment else None
        if runner is None or isinstance(runner, WorkerRunner):
            return
        if self._told:
            telling.say("This load run has its verdict; start Locust again for another one.")
        if self._begun:
            return
        self._begun = True
        _when_ended(_interrupt)  # Locust's own handler of SIGTERM would write the evidence twice
        part = self._conduct_workers if isinstance(runner, MasterRunner) else self._conduct_alone
        gevent.spawn(self._to_the_end, part, runner)

    def on_stopping(self, **_: Any) -> None:
        """Somebody stopped the test, or it has ended anyway: nothing more is sent."""
        if self._dispatcher is not None:
            self._dispatcher.stop()

    def on_quitting(self, **_: Any) -> None:
        """Locust ends, by itself or because somebody stopped it: the record is written, complete or aborted."""
        if self._prepared is None or self._told or os.getpid() != self._owner:
            return
        self._told = True
        self.on_stopping()
        assert self._environment is not None
        locust_html = get_html_report(self._environment, show_download_link=False)
        ending = evidence.ending(
            target=self._target,
            run=self._run,
            prepared=self._prepared,
            book=self._book(),
            circumstances=self._circumstances(),
            ready=self._ready,
        )
        self._verdict, self._environment.process_exit_code = publishing.publish(
            ending, self._target, locust_html, staged=self._run.folder, runs=self._runs
        )
        self.close()

    def on_quit(self, **_: Any) -> None:
        """Locust has printed what it prints: the verdict is the last line."""
        if self._verdict:
            telling.say(self._verdict)

    def close(self) -> None:
        """Ends what this process started and removes the run's folder; forked workers leave both alone."""
        if os.getpid() == self._owner:
            self._service.close()
            self._run.remove()

    def _to_the_end(self, part: Callable[[], bool], runner: Runner) -> None:
        """Conducts the run if the service is ready, then ends Locust, or in its web interface the test."""
        progress = gevent.spawn(self._show_progress)
        try:
            if self._ready is not None and self._ready.ready:
                self._complete = part()
        finally:
            progress.kill(block=False)
            assert self._environment is not None
            options = self._environment.parsed_options
            if options is None or options.headless:
                runner.quit()
            else:
                runner.stop()
                self.on_quitting()
                self.on_quit()

    def _conduct_alone(self) -> bool:
        assert self._prepared is not None
        assert self._environment is not None
        self._dispatcher = dispatcher_of(self._prepared, self._environment)
        return self._dispatcher.run(self._prepared.plan.arrivals(), drain_seconds=self._prepared.drain_seconds)

    def _conduct_workers(self) -> bool:
        """Tells every worker its part, and waits until each has reported or none can any more."""
        assert self._environment is not None
        assert self._prepared is not None
        runner = self._environment.runner
        assert isinstance(runner, MasterRunner)
        clients = sorted(runner.clients, key=runner.get_worker_index)
        self._workers = len(clients)
        for index, client in enumerate(clients):
            runner.send_message(BEGIN, {"index": index, "workers": len(clients)}, client_id=client)
        patience = (
            HEAD_START_SECONDS
            + self._prepared.plan.duration_seconds
            + self._prepared.drain_seconds
            + _GIVEN_UP_AFTER_SECONDS
        )
        with gevent.Timeout(patience, False):
            while not all(self._ended(runner, client) for client in clients):
                gevent.sleep(0.05)
        finals = [part for part in self._parts.values() if part["final"]]
        return bool(finals) and all(part["whole"] for part in finals)

    def _ended(self, runner: MasterRunner, client: str) -> bool:
        if self._parts.get(client, {}).get("final"):
            return True
        node = runner.clients.get(client)
        return node is None or node.state == "missing"

    def _on_counts(self, environment: Environment, msg: Message, **_: Any) -> None:
        """A worker's counts are all that it counted since it began, so that a later report replaces an earlier one."""
        self._parts[msg.node_id] = msg.data

    def _book(self) -> Book:
        assert self._prepared is not None
        if self._dispatcher is not None:
            return self._dispatcher.book
        return merged(self._prepared.book(), (part["book"] for part in self._parts.values()))

    def _circumstances(self) -> Circumstances:
        alone = self._dispatcher is not None or not self._parts
        reasons = [self._dispatcher.broken] if self._dispatcher else [part["broken"] for part in self._parts.values()]
        broken = next(filter(None, reasons), "")
        reported = 1 if alone and self._workers == 1 else sum(1 for part in self._parts.values() if part["final"])
        return Circumstances(workers=self._workers, reported=reported, aborted=not self._complete, broken=broken)

    def _show_progress(self) -> None:
        assert self._prepared is not None
        elapsed = 0.0
        while True:
            gevent.sleep(_PROGRESS_SECONDS)
            elapsed += _PROGRESS_SECONDS
            telling.say(telling.progress(self._book(), self._prepared.plan, elapsed))


def _interrupt(*_: Any) -> None:
    """
    Ctrl-C, told to Locust's own greenlet and not to the one that happens to be at work, which would print it.

    A second one would cost the record that is being written, and saves but a moment.
    """
    _when_ended(signal.SIG_IGN)
    hub = gevent.get_hub()
    hub.loop.run_callback_threadsafe(hub.parent.throw, KeyboardInterrupt)


def _when_ended(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> None:
    """What Ctrl-C and SIGTERM do from now on."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, handler)
