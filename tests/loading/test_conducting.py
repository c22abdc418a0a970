"""Workers begin together, are noticed when they fail, and their last counts are never lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.loading.conftest import KEYS, ROOMY

ROOT = Path(__file__).resolve().parents[2]


def rules(run):
    return [finding["rule"] for finding in run.record["checks"][0]["findings"]]


def asked(there, number):
    """Waits until the service was asked so often."""
    deadline = time.monotonic() + 20.0
    while len(there.asked()) < number:
        assert time.monotonic() < deadline


@pytest.mark.proof  # what several machines send is compared with that log in every run of the tests
def test_totals_of_several_workers_are_those_of_the_log_of_the_service(service, target, run):
    there = service()
    done = run("--target", target(there.port, threshold=ROOMY, rate=400.0, duration=2.0), "--processes", "2")
    assert done.status == 0, done
    load = done.record["load"]
    listed = [request for request in there.asked() if request["path"] == "/list"]
    assert load["delivered"]["arrivals"] == done.record["requests"] == len(listed) == 800
    assert len({request["headers"]["traceparent"] for request in listed}) == 800
    assert load["workers"].keys() == {"expected", "reported", "skew_ms"}
    assert load["workers"]["skew_ms"] < 250.0
    assert load["ended"] == "planned"


@pytest.mark.parametrize(
    ("harm", "rule", "said"),
    [
        pytest.param(psutil.Process.kill, "worker-lost", "was killed or broke", id="killed"),
        pytest.param(psutil.Process.suspend, "worker-stuck", "is stopped", id="stopped", marks=pytest.mark.proof),
    ],
)
def test_a_worker_that_fails_ends_the_run_at_once(service, target, begin, harm, rule, said):
    there = service()
    going = begin("--target", target(there.port, duration=60.0), "--processes", "2")
    asked(there, 20)
    workers = psutil.Process(going.pid).children()
    harm(workers[0])
    done = going.end()
    assert done.status == 10, done
    assert done.record["load"]["ended"] == "aborted"
    assert rule in rules(done)
    assert said in done.stdout
    assert done.record["load"]["workers"]["reported"] == 1
    assert "Traceback" not in done.stderr, done
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)


@pytest.mark.proof
def test_a_worker_that_ends_before_it_has_come_is_not_waited_for(service, target, begin):
    going = begin("--target", target(service().port, duration=60.0), "--processes", "2")
    while not (workers := psutil.Process(going.pid).children()):
        assert going.poll() is None
    workers[0].kill()
    done = going.end()
    assert done.status == 10, done
    assert {"worker-missing", "worker-lost"} & set(rules(done))  # it may have come just before


@pytest.mark.parametrize(
    ("send", "ended_by"),
    [
        pytest.param(os.kill, signal.SIGINT, id="master", marks=pytest.mark.proof),
        pytest.param(os.killpg, signal.SIGINT, id="group", marks=pytest.mark.proof),
        pytest.param(os.killpg, signal.SIGHUP, id="terminal-closed"),
    ],
)
def test_what_was_counted_until_somebody_ended_it_is_in_the_record(service, target, begin, send, ended_by):
    there = service()
    going = begin("--target", target(there.port, rate=200.0, duration=60.0), "--processes", "2")
    asked(there, 150)
    send(going.pid, ended_by)
    done = going.end()
    assert done.status == 10, done
    load = done.record["load"]
    assert load["ended"] == "stopped"
    assert load["workers"]["reported"] == 2
    # What was under way at that moment has no answer; nothing else is missing, not even the last second.
    listed = sum(request["path"] == "/list" for request in there.asked())
    assert listed - 20 <= load["delivered"]["arrivals"] <= listed
    assert "Traceback" not in done.stderr, done


def test_a_poor_terminal_or_a_reader_that_has_seen_enough_ends_no_run():
    told = r"from load.telling import say; import sys; say('\xe4'); sys.stdin.read(); say('b'); say('c'); sys.exit(7)"
    telling = subprocess.Popen(
        [sys.executable, "-c", told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert telling.stdout.readline() == b"\\xe4\n"
    telling.stdout.close()
    telling.stdin.close()
    assert (telling.wait(timeout=20), telling.stderr.read()) == (7, b"")
    telling.stderr.close()


WITHOUT_LOOKS = """
from locust.main import main
from load.stopping import Stopping
Stopping.look = None
main()
"""


@pytest.mark.proof
@pytest.mark.parametrize("processes", [[], ["--processes", "2"]])
def test_a_load_that_nobody_looks_at_any_more_ends(service, target, tmp_path, processes):
    arguments = ["-f", "load/locustfile.py", "--target", target(service().port, duration=60.0), "--runs", tmp_path]
    keys = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LOOKS, *arguments, *processes],
        cwd=ROOT,
        env={**os.environ, **keys},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=40,
    )
    assert done.returncode == 10, done
    (record,) = tmp_path.glob("*/record.json")
    told = json.loads(record.read_text())
    assert told["load"]["ended"] == "aborted"
    assert "generator-broken" in [finding["rule"] for finding in told["checks"][0]["findings"]]


IN_A_CALLBACK = """
import os, signal, gevent
from load.signals import end_with, when_ended
when_ended(lambda *_: end_with(SystemExit(10)))
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
if not os.fork():
    os._exit(0)
gevent.sleep(10)
"""


def test_ctrl_c_is_not_lost_where_nobody_can_be_told_of_an_exception():
    done = subprocess.run([sys.executable, "-c", IN_A_CALLBACK], capture_output=True, timeout=20, cwd=ROOT)
    assert (done.returncode, done.stderr) == (10, b"")


def test_a_service_that_breaks_is_left_alone_at_once(service, target, run):
    there = service(status=500)
    done = run("--target", target(there.port, rate=200.0, duration=60.0))
    assert done.status == 1, done
    assert rules(done)[0] == "service-harmed"
    load = done.record["load"]
    assert load["ended"] == "harm"
    assert set(load["counts"]["list"]["errors"]) == {"status 500"}
    assert len(there.asked()) < 1_000


def test_a_run_that_cannot_tell_goes_on_as_long_as_the_target_allows(service, target, run):
    there = service()
    done = run(
        "--target", target(there.port, threshold=ROOMY, rate=40.0, duration=1.5, more="max_duration_seconds = 2.5")
    )
    assert done.status == 0, done
    load = done.record["load"]
    assert load["ended"] == "extended"
    assert sum(request["path"] == "/list" for request in there.asked()) == load["delivered"]["arrivals"] == 100
    assert load["delivered"]["percent"] == 100.0


@pytest.mark.proof
def test_a_run_ends_early_with_the_same_number_of_requests_everywhere(service, target, run):
    there = service()
    done = run("--target", target(there.port, threshold=ROOMY, duration=60.0, stop_early="true"), "--processes", "2")
    assert done.status == 0, done
    load = done.record["load"]
    assert load["ended"] == "early"
    assert load["delivered"]["percent"] == 100.0
    listed = sum(request["path"] == "/list" for request in there.asked())
    assert 1_000 < load["delivered"]["arrivals"] == listed < 2_500
    assert load["looks"][-1]["states"] == {"fast": "pass"}
