"""A load run under Locust: who starts what in which process, and how counts come together."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import traceback
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
from load.alike import said
from load.outcome import Circumstances
from load.percentiles import MissingHook, install
from load.preparation import Prepared, prepare
from load.sending import Alone, Led, Sending
from load.service import NotStarted, Service, readiness
from load.signals import end_with, ignore_endings, interrupt, when_ended
from load.stopping import LOOK_SECONDS, Ended, Rules, Stopping
from load.worker import Worker
from prodverify import __version__
from prodverify.record.findings import Unjudged
from prodverify.record.verdict import EXIT_INCONCLUSIVE
from prodverify.target.load import Target, TargetError
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

_PROGRESS_LOOKS = 5


class Conductor:
    """
    One process' part in a load run: that of the master, of a worker, or of the only process there is.

    It is made before Locust forks its workers, so that all of them know target and run. ``elsewhere`` says that no
    process of these is the master.
    """

    def __init__(self, target: Target, run: Run, *, seed: int, runs: Path, elsewhere: bool) -> None:
        self._target, self._run, self._seed, self._runs, self._elsewhere = target, run, seed, runs, elsewhere
        self._owner = os.getpid()
        self._service = Service(target)
        self._environment: Environment | None = None
        self._prepared: Prepared | None = None
        self._ready: Readiness | None = None
        self._stopping: Stopping | None = None
        self._sending: Sending | None = None
        self._begun = self._complete = self._told = False
        self._broken = self._verdict = ""
        atexit.register(self.close)
        when_ended(self._on_early_end)

    def on_init(self, environment: Environment, runner: Runner, **_: Any) -> None:
        """Locust is set up. The process that is not a worker starts the service and sees that it is ready."""
        self._environment = environment
        if isinstance(runner, WorkerRunner):
            # One that its master forked is ended by it, as it is told as well, once the last counts have come.
            when_ended(interrupt if self._elsewhere else signal.SIG_IGN)
            Worker(self._target, self._run, environment, runner, owner=self._owner)
            return
        # Whatever goes wrong from here on, nothing that was not judged ends with 0, nor with 1 as Locust has it here.
        environment.process_exit_code = EXIT_INCONCLUSIVE
        try:
            self._prepare(environment, runner)
        except (NotStarted, MissingHook, TargetError, Unjudged, OSError, ValueError) as problem:
            sys.stderr.write(f"{self._target.path}: {problem}\n")
            sys.exit(EXIT_INCONCLUSIVE)
        except Exception as defect:  # noqa: BLE001 - whatever it is, nothing was verified
            traceback.print_exc()
            self._tell(f"the load run could not be prepared ({type(defect).__name__}); report that as a defect")
            sys.exit(EXIT_INCONCLUSIVE)

    def _prepare(self, environment: Environment, runner: Runner) -> None:
        self._target = self._service.open()
        prepared = prepare(self._target, run_id=self._run.run_id, seed=self._seed, run=self._run)
        self._ready = readiness(self._target, self._run)
        install(threshold for each in prepared.thresholds.values() for threshold in each)
        sending = self._sending_by(prepared, environment, runner)
        self._prepared, self._sending = prepared, sending
        self._stopping = self._rules_of(prepared)
        environment.host = self._target.base_url
        telling.say(telling.header(self._target, prepared, self._run, self._ready))
        # Locust tells its listeners of the end in reverse order: its own one, which sends the workers home, is last.
        environment.events.quitting.add_listener(self.on_quitting)
        if isinstance(sending, Led):
            gevent.spawn(self._wait_for, sending)

    def _sending_by(self, prepared: Prepared, environment: Environment, runner: Runner) -> Sending:
        if not isinstance(runner, MasterRunner):
            return Alone(prepared, environment)
        return Led(
            prepared,
            runner,
            run_id=self._run.run_id,
            said=said(self._target),
            version=__version__,
            profile=self._target.profile,
            handed_over=self._service.hand_over(self._run.folder),
        )

    def _rules_of(self, prepared: Prepared) -> Stopping:
        declared = self._target.promises.load
        assert declared is not None
        rules = Rules.of(declared, prepared.plan, prepared.longest)
        return Stopping(rules, prepared.plan, prepared.slos, pause=partial(gevent.sleep, 0))

    def _wait_for(self, workers: Led) -> None:
        assert self._environment is not None
        if not workers.have_come(self._environment.parsed_options):
            self._tell(f"{workers.troubles[0].observed}; nothing was sent and nothing was verified")
            self._end_before_it_began()

    def _on_early_end(self, *_: Any) -> None:
        """Somebody ends Locust before it is able to; without a plan there is nothing to write."""
        if os.getpid() == self._owner:
            early = "ended before the load run began; nothing was verified"
            self._tell("workers ended; what that means their master tells" if self._elsewhere else early)
        if self._sending is None:
            end_with(SystemExit(EXIT_INCONCLUSIVE))
        else:
            ignore_endings()
            gevent.get_hub().loop.run_callback_threadsafe(gevent.spawn, self._end_before_it_began)

    def _tell(self, sentence: str) -> None:
        """On the other stream than all that belongs to a load."""
        with suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"{self._target.path}: {sentence}.\n")

    def _end_before_it_began(self) -> None:
        assert self._environment is not None
        self.on_quitting()
        self.on_quit()
        if self._environment.runner is not None:
            self._environment.runner.quit()
        end_with(SystemExit(self._environment.process_exit_code))

    def on_spawning_complete(self, **_: Any) -> None:
        """Locust's one user is there: the arrivals begin, once."""
        runner = self._environment.runner if self._environment else None
        if runner is None or isinstance(runner, WorkerRunner):
            return
        options = self._environment.parsed_options if self._environment else None
        if self._told and options is not None and not options.headless:
            telling.say("This load run has its verdict; start Locust again for another one.")
        if self._begun or self._told:
            return
        self._begun = True
        when_ended(interrupt)  # Locust's own handler of SIGTERM would write the evidence twice
        gevent.spawn(self._to_the_end, runner)

    def on_stopping(self, **_: Any) -> None:
        """Somebody stopped the test, or it has ended anyway: nothing more is sent."""
        if self._sending is not None:
            self._sending.stop()

    def on_quitting(self, **_: Any) -> None:
        """Locust ends, by itself or because somebody stopped it: the record is written, complete or aborted."""
        if self._prepared is None or self._sending is None or self._told or os.getpid() != self._owner:
            return
        self._told = True
        ignore_endings()  # one that comes now would cost the record, and saves but a moment
        self._sending.finish()
        assert self._environment is not None
        ended, until = self._circumstances().ended, self._stopping.until_seconds if self._stopping else 0.0
        if words := telling.ending(ended, until, planned_seconds=self._prepared.plan.duration_seconds):
            telling.say(f"The load run is over: {words}.")
        ending = evidence.ending(
            target=self._target,
            run=self._run,
            prepared=self._until_its_end(),
            book=self._sending.book(),
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
            self._verdict = ""

    def close(self) -> None:
        """Ends what this process started and removes the run's folder; forked workers leave both alone."""
        if os.getpid() == self._owner:
            if self._sending is not None:
                self._sending.close()
            self._service.close()
            self._run.remove()

    def _to_the_end(self, runner: Runner) -> None:
        """Conducts the run if the service is ready, then ends Locust, or in its web interface the test."""
        looking = gevent.spawn(self._look_regularly)
        try:
            if self._ready is not None and self._ready.ready:
                assert self._sending is not None
                assert self._stopping is not None
                self._complete = self._sending.send(self._stopping)
        except Exception as defect:  # noqa: BLE001 - its record says so
            self._broke(defect)
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

    def _look_regularly(self) -> None:
        try:
            self._look_each_second()
        except Exception as defect:  # noqa: BLE001 - nobody else would end a load that does harm
            self._broke(defect)
            assert self._sending is not None
            self._sending.finish()

    def _broke(self, defect: Exception) -> None:
        self._broken = f"conducting it ended by {type(defect).__name__}"
        with suppress(OSError):  # the terminal may be gone
            traceback.print_exception(defect)

    def _look_each_second(self) -> None:
        """Whether the run ends elsewhere than it was to, and now and then how far it is."""
        assert self._stopping is not None
        assert self._sending is not None
        number = 0
        while True:
            gevent.sleep(LOOK_SECONDS)
            number += 1
            book, elapsed = self._sending.book(), self._sending.elapsed_seconds
            if self._stopping.look(elapsed, book):
                self._sending.move_end(self._stopping.until_seconds)
            if number % _PROGRESS_LOOKS == 0:
                seen = self._stopping
                more = {"slos": seen.slos, "states": seen.states, "until_seconds": seen.until_seconds}
                telling.say(telling.progress(book, seen.plan, elapsed, **more))

    def _until_its_end(self) -> Prepared:
        """What was prepared, with the plan as long as the run really was."""
        assert self._prepared is not None
        assert self._stopping is not None
        return replace(self._prepared, plan=self._prepared.plan.lasting(self._stopping.reached(self._sending.book())))

    def _circumstances(self) -> Circumstances:
        assert self._stopping is not None
        assert self._sending is not None
        stopping, sending = self._stopping, self._sending
        ended: Ended = stopping.ended
        broken = self._broken or sending.broken
        if self._ready is not None and not self._ready.ready:
            ended = "unready"
        elif not self._complete:
            ended = "aborted" if sending.troubles or broken else "stopped"
        return Circumstances(
            aborted=not self._complete,
            broken=broken,
            findings=(*sending.troubles, *stopping.findings),
            ended=ended,
            looks=stopping.looks,
            any_time=stopping.rules.any_time,
            **sending.who(),
        )
