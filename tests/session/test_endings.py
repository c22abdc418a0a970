"""However a run ends, it tells the truth about itself, and nothing that it started is left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.session.suite import ALONE_IN_PROOF

SLEEPING = """
import pathlib
import time

def test_it_sleeps(verification):
    pathlib.Path({marker!r}).write_text(str(verification.run.folder))
    time.sleep(60)
"""
FREEING = """
import os
import signal

import pytest

class Freed:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})

@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_frees_an_object():
    Freed()

def test_it_comes_after():
    pass
"""
GONE_WITHIN_SECONDS = 5.0


def wait_for(what, *, within_seconds):
    """The first true answer; the last one when the time is over."""
    deadline = time.monotonic() + within_seconds
    while not (answer := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def descendants(pid: int) -> set[tuple[int, str]]:
    """Number and start time of every process below ``pid``."""
    found, parents = set(), [pid]
    while parents:
        parent = parents.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in task.read_text().split():
                found.add((int(child), started(int(child))))
                parents.append(int(child))
    return found


def started(pid: int) -> str:
    """When the process started, in ticks; empty where it is gone or only waits to be buried."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if told[0] == "Z" else told[19]


class Sleeper:
    """A run on the practice service, in the middle of a case."""

    def __init__(self, verify, checks, tmp_path, workers) -> None:
        marker = tmp_path / "asleep"
        ours = checks(sleeping=SLEEPING.format(marker=str(marker)))
        self.process = verify.start("checks/test_readiness.py", ours, "--target", "local", "-n", workers)
        self.folder = Path(wait_for(lambda: marker.exists() and marker.read_text(), within_seconds=20))
        self.descendants = descendants(self.process.pid)

    def left(self) -> list[int]:
        """What still lives of it once it has had its time."""
        wait_for(lambda: not self._alive(), within_seconds=GONE_WITHIN_SECONDS)
        return self._alive()

    def _alive(self) -> list[int]:
        return [pid for pid, when in self.descendants if when and started(pid) == when]


@pytest.mark.parametrize(
    ("number", "workers"),
    # The other two are those of whole gates, in tests/gate.
    [
        pytest.param(signal.SIGINT, 0, marks=pytest.mark.proof),
        (signal.SIGINT, 2),
        (signal.SIGTERM, 0),
        pytest.param(signal.SIGTERM, 2, marks=pytest.mark.proof),
    ],
    ids=["Ctrl-C-n0", "Ctrl-C-n2", "SIGTERM-n0", "SIGTERM-n2"],
)
def test_an_interrupted_run_says_so_and_leaves_nothing(verify, checks, tmp_path, number, workers):
    sleeper = Sleeper(verify, checks, tmp_path, workers)
    assert len(sleeper.descendants) >= 3

    if number == signal.SIGINT:
        os.killpg(sleeper.process.pid, number)
    else:
        sleeper.process.send_signal(number)
    run = verify.finished(sleeper.process, within_seconds=GONE_WITHIN_SECONDS)

    assert 2 == run.status
    assert 2 == run.record["exit_status"]
    assert run.record["aborted"]
    assert "the run was aborted" in run.last_line
    assert "not_run" == run.states["test_sleeping.py::test_it_sleeps"]
    assert [] == sleeper.left()
    assert not sleeper.folder.exists()


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_word_to_end_that_python_drops_is_heard_at_the_next_case(verify, target, checks, number):
    """An exception that is raised while an object is freed reaches nobody."""
    ours = checks(freeing=FREEING.format(number=number))

    run = verify("checks/test_readiness.py", ours, "--target", target())

    assert 2 == run.status
    assert run.record["aborted"]
    assert "pass" == run.states["test_freeing.py::test_it_frees_an_object"]
    assert "not_run" == run.states["test_freeing.py::test_it_comes_after"]


@ALONE_IN_PROOF
def test_a_killed_run_is_swept_by_the_next(verify, checks, tmp_path, workers):
    sleeper = Sleeper(verify, checks, tmp_path, workers)
    assert sleeper.folder.exists()

    sleeper.process.kill()
    sleeper.process.communicate()
    assert [] == sleeper.left()
    assert not (verify.reports / "latest").exists()

    run = verify("checks/test_health.py", "--target", "local")
    assert 0 == run.status
    assert not sleeper.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_run_that_is_ended_while_it_waits_for_the_service_says_so(verify, target, small, number):
    small.answers["/health"] = (503, {}, b"{}")
    file = target()
    file.write_text(file.read_text().replace("ready_within_seconds = 1.0", "ready_within_seconds = 60.0"), "utf-8")

    process = verify.start("checks/", "--target", file)
    assert wait_for(lambda: small.asked, within_seconds=20)
    process.send_signal(number)
    run = verify.finished(process, within_seconds=10)

    assert 2 == run.status
    assert "ended before the service was ready; nothing was verified" in run.last_line
    assert "Traceback" not in run.output
