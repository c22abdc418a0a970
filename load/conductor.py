"""A load run under Locust: who starts what in which process, and how counts come together."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.html import get_html_report
from locust.runners import MasterRunner, Runner, WorkerRunner

from load import evidence, publishing, telling
from load.agents import Dispatcher
from load.counts import Book
from load.outcome import Circumstances
from load.percentiles import MissingHook, install
from load.preparation import Prepared, prepare
from load.service import NotStarted, Service, readiness
from load.signals import end_with, exit_with, ignore_endings, interrupt, when_ended
from load.stopping import LOOK_SECONDS, Ended, Rules, Stopping
from load.worker import Worker, dispatcher_of
from load.workers import Workers, wait_for_all
from prodverify import __version__
from prodverify.objectives.fingerprint import slos_hash
from prodverify.record.findings import Finding, Unjudged
from prodverify.record.verdict import EXIT_INCONCLUSIVE
from prodverify.target.load import Target, TargetError
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

_PROGRESS_LOOKS = 5
_LAST_COUNTS_SECONDS = 2.0
_GIVEN_UP_AFTER_SECONDS = 5.0
"""So long after the last answer can have come, a worker that has not reported is lost."""
_POLL_SECONDS = 0.1
_TOGETHER_SECONDS = 0.3
"""Ctrl-C reaches all processes of a terminal: workers that stopped then are not lost."""


class Conductor:
    """
    One process' part in a load run: that of the master, of a worker, or of the only process there is.

    It is made before Locust forks its workers, so that all of them know target and run.
    """

    def __init__(self, target: Target, run: Run, *, seed: int, runs: Path) -> None:
        self._target, self._run, self._seed, self._runs = target, run, seed, runs
        self._owner = os.getpid()
        self._service = Service(target)
        self._environment: Environment | None = None
        self._prepared: Prepared | None = None
        self._ready: Readiness | None = None
        self._stopping: Stopping | None = None
        self._dispatcher: Dispatcher | None = None
        self._workers: Workers | None = None
        self._troubles: tuple[Finding, ...] = ()
        self._begun = self._complete = self._told = False
        self._handed_over = ""
        self._verdict = ""
        atexit.register(self.close)
        when_ended(self._on_early_end)

    def on_init(self, environment: Environment, runner: Runner, **_: Any) -> None:
        """Locust is set up. The process that is not a worker starts the service and sees that it is ready."""
        self._environment = environment
        if isinstance(runner, WorkerRunner):
            # A forked one is ended by its master, which is told as well, once its last counts have come.
            when_ended(interrupt if os.getpid() == self._owner else signal.SIG_IGN)
            Worker(self._target, self._run, environment, runner, owner=self._owner)
            return
        # Whatever goes wrong from here on, nothing that was not judged ends with 0.
        environment.process_exit_code = EXIT_INCONCLUSIVE
        try:
            self._target = self._service.open()
            prepared = prepare(self._target, run_id=self._run.run_id, seed=self._seed, run=self._run)
            self._ready = readiness(self._target, self._run)
            install(threshold for each in prepared.thresholds.values() for threshold in each)
        except (NotStarted, MissingHook, TargetError, Unjudged, OSError, ValueError) as problem:
            sys.stderr.write(f"{self._target.path}: {problem}\n")
            sys.exit(EXIT_INCONCLUSIVE)
        self._prepared = prepared
        self._stopping = self._rules_of(prepared)
        environment.host = self._target.base_url
        telling.say(telling.header(self._target, prepared, self._run, self._ready))
        # Locust tells its listeners of the end in reverse order: its own one, which sends the workers home, is last.
        environment.events.quitting.add_listener(self.on_quitting)
        if isinstance(runner, MasterRunner):
            self._handed_over = self._service.hand_over(self._run.folder)
            self._workers = Workers(runner, prepared.book())
            gevent.spawn(wait_for_all, environment, runner, otherwise=self._nobody_came)

    def _rules_of(self, prepared: Prepared) -> Stopping:
        declared = self._target.promises.load
        assert declared is not None
        rules = Rules.of(declared, prepared.plan, prepared.longest)
        return Stopping(rules, prepared.plan, prepared.slos, pause=partial(gevent.sleep, 0))

    def _nobody_came(self, sentence: str) -> None:
        sys.stderr.write(f"{self._target.path}: {sentence}; nothing was sent and nothing was verified.\n")
        end_with(SystemExit(EXIT_INCONCLUSIVE))

    def _on_early_end(self, *_: Any) -> None:
        """Somebody ends Locust before it is able to: there is nothing to write yet."""
        if os.getpid() == self._owner:
            with suppress(OSError):  # the terminal may be gone
                sys.stderr.write(f"{self._target.path}: ended before the load run began; nothing was verified.\n")
        exit_with(EXIT_INCONCLUSIVE)

    def on_spawning_complete(self, **_: Any) -> None:
        """Locust's one user is there: the arrivals begin, once."""
        runner = self._environment.runner if self._environment else None
        if runner is None or isinstance(runner, WorkerRunner):
            return
        options = self._environment.parsed_options if self._environment else None
        if self._told and options is not None and not options.headless:
            telling.say("This load run has its verdict; start Locust again for another one.")
        if self._begun:
            return
        self._begun = True
        when_ended(interrupt)  # Locust's own handler of SIGTERM would write the evidence twice
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
        ignore_endings()  # one that comes now would cost the record, and saves but a moment
        self.on_stopping()
        assert self._environment is not None
        if self._workers is not None and self._begun and not self._workers.ended:
            self._workers.last(_LAST_COUNTS_SECONDS)
        ended, until = self._circumstances().ended, self._stopping.until_seconds if self._stopping else 0.0
        if words := telling.ending(ended, until, planned_seconds=self._prepared.plan.duration_seconds):
            telling.say(f"The load run is over: {words}.")
        ending = evidence.ending(
            target=self._target,
            run=self._run,
            prepared=self._until_its_end(),
            book=self._book(),
            circumstances=self._circumstances(),
            ready=self._ready,
        )
        page = partial(get_html_report, self._environment, show_download_link=False)
        self._verdict, self._environment.process_exit_code = publishing.publish(
            ending, self._target, page, staged=self._run.folder, runs=self._runs
        )
        self.close()

    def on_quit(self, **_: Any) -> None:
        """Locust has printed what it prints: the verdict is the last line."""
        if self._verdict:
            telling.say(self._verdict)

    def close(self) -> None:
        """Ends what this process started and removes the run's folder; forked workers leave both alone."""
        if os.getpid() == self._owner:
            if self._workers is not None:
                self._workers.kill_stuck()
            self._service.close()
            self._run.remove()

    def _to_the_end(self, part: Callable[[], bool], runner: Runner) -> None:
        """Conducts the run if the service is ready, then ends Locust, or in its web interface the test."""
        looking = gevent.spawn(self._look_regularly)
        try:
            if self._ready is not None and self._ready.ready:
                self._complete = part()
        finally:
            looking.kill(block=False)
            assert self._environment is not None
            options = self._environment.parsed_options
            if self._told:
                pass  # somebody has ended it meanwhile
            elif options is None or options.headless:
                runner.quit()
            else:
                runner.stop()
                self.on_quitting()
                self.on_quit()
                when_ended(interrupt)

    def _conduct_alone(self) -> bool:
        assert self._prepared is not None
        assert self._stopping is not None
        assert self._environment is not None
        self._dispatcher = dispatcher_of(self._prepared, self._environment)
        self._dispatcher.until_seconds = self._stopping.until_seconds
        return self._dispatcher.run(self._stopping.plan.arrivals(), drain_seconds=self._prepared.drain_seconds)

    def _conduct_workers(self) -> bool:
        """Tells every worker its part, and waits until each has reported, or the run cannot be judged any more."""
        workers, stopping = self._workers, self._stopping
        assert workers is not None
        assert stopping is not None
        assert self._prepared is not None
        workers.greet()
        workers.begin(
            stopping.plan,
            stopping.until_seconds,
            run_id=self._run.run_id,
            slos=slos_hash(self._target.promises.slos),
            version=__version__,
            profile=self._target.profile,
            handed_over=self._handed_over,
        )
        patience = self._prepared.drain_seconds + _GIVEN_UP_AFTER_SECONDS
        while not workers.ended:
            if any(workers.troubles()) or workers.elapsed_seconds > stopping.until_seconds + patience:
                break
            gevent.sleep(_POLL_SECONDS)
        if workers.whole:
            return True
        gevent.sleep(_TOGETHER_SECONDS)
        if not self._told:
            self._troubles = tuple(workers.troubles())
            telling.say("\n".join(f"The load ends now: {trouble.observed}." for trouble in self._troubles))
            workers.last(_LAST_COUNTS_SECONDS)
        return False

    def _elapsed_seconds(self) -> float:
        conducting = self._dispatcher if self._workers is None else self._workers
        return conducting.elapsed_seconds if conducting is not None else 0.0

    def _book(self) -> Book:
        assert self._prepared is not None
        if self._workers is not None:
            return self._workers.book()
        return self._dispatcher.book if self._dispatcher is not None else self._prepared.book()

    def _look_regularly(self) -> None:
        """Each second: whether the run ends elsewhere than it was to, and now and then how far it is."""
        assert self._stopping is not None
        number = 0
        while True:
            gevent.sleep(LOOK_SECONDS)
            number += 1
            book, elapsed = self._book(), self._elapsed_seconds()
            if self._stopping.look(elapsed, book):
                self._move_end(self._stopping.until_seconds)
            if number % _PROGRESS_LOOKS == 0:
                self._tell(book, elapsed)

    def _tell(self, book: Book, elapsed_seconds: float) -> None:
        assert self._stopping is not None
        seen = self._stopping
        more = {"slos": seen.slos, "states": seen.states, "until_seconds": seen.until_seconds}
        telling.say(telling.progress(book, seen.plan, elapsed_seconds, **more))

    def _move_end(self, seconds: float) -> None:
        if self._workers is not None:
            self._workers.until(seconds)
        elif self._dispatcher is not None:
            self._dispatcher.until_seconds = seconds

    def _until_its_end(self) -> Prepared:
        """What was prepared, with the plan as long as the run really was."""
        assert self._prepared is not None
        assert self._stopping is not None
        return replace(self._prepared, plan=self._prepared.plan.lasting(self._stopping.until_seconds))

    def _circumstances(self) -> Circumstances:
        assert self._stopping is not None
        workers, dispatcher = self._workers, self._dispatcher
        several = workers is not None and workers.count > 0
        ended: Ended = self._stopping.ended
        if not self._complete:
            ended = "aborted" if self._troubles or self._broken() else "stopped"
        return Circumstances(
            workers=workers.count if several and workers else 1,
            reported=workers.reported if several and workers else int(dispatcher is not None),
            aborted=not self._complete,
            broken=self._broken(),
            findings=(*self._troubles, *self._stopping.findings),
            ended=ended,
            looks=self._stopping.looks,
            any_time=self._stopping.rules.any_time,
            skew_ms=workers.skew_ms if workers else None,
        )

    def _broken(self) -> str:
        if self._workers is not None:
            return self._workers.broken
        return self._dispatcher.broken if self._dispatcher is not None else ""
