"""A load run sends its plan on time, counts exactly, and ends with a verdict."""

import signal
import time
from collections import Counter

import psutil
import pytest

from load.arrivals import Plan
from tests.loading.conftest import ROOMY

KEYS = ("key-one-4f1d", "key-two-4f1d")


def state(run):
    return {case["id"]: case["state"] for case in run.record["checks"]}


def rules(run):
    return [finding["rule"] for finding in run.record["checks"][0]["findings"]]


def test_a_service_that_keeps_its_objective_ends_with_go_and_every_request_is_in_its_log(service, target, run):
    there = service()
    done = run("--target", target(there.port, threshold=ROOMY, shares="{ list = 3.0, execution = 1.0 }"))
    assert done.status == 0, done
    assert done.stdout.splitlines()[-1].startswith("GO"), done
    record = done.record
    assert record["mode"] == "load"
    assert state(done) == {"load/locustfile.py::objective[fast]": "pass"}
    plan = Plan.of({"list": 3.0, "execution": 1.0}, rate=100.0, duration=1.5, warm_up=0.5, seed=1)
    judged = [arrival for arrival in plan.arrivals() if arrival.judged and arrival.name == "list"]
    load = record["load"]
    assert load["delivered"]["arrivals"] == plan.total == 150
    assert load["counts"]["list"]["asked"] == len(judged)
    assert load["plan"]["judged_arrivals"] == 100
    assert load["due"] == [100, 50]
    assert sum(load["sent"]) == load["generator"]["workers"][0]["sent"] == 150
    each_second = [sum(int(arrival.due_seconds) == second for arrival in judged) for second in (0, 1)]
    assert load["judged"]["fast"] == {"first_second": 0, "total": each_second, "bad": {}}
    assert (load["slos"], load["ended"], load["findings"]) == (record["slos_hash"], "planned", [])
    assert "<html" in (done.folder / "locust.html").read_text()
    first, *asked = there.asked()  # the first one looked whether the service is there
    assert first["path"] == "/"
    assert len(asked) == record["requests"] == 187  # a quarter of 150 arrivals asks twice
    assert len({request["headers"]["traceparent"] for request in asked}) == len(asked)
    assert {record["run_id"]} == {request["headers"]["x-prodverify-run"] for request in asked}
    assert all(request["headers"]["user-agent"].startswith("prodverify/") for request in asked)
    executed = [request for request in asked if request["path"] == "/execute"]
    assert len(executed) == 37
    assert all('"token":"token-' in request["body"] for request in executed)
    used = Counter(request["headers"]["x-api-key"] for request in executed)
    assert set(used) == set(KEYS)
    assert max(used.values()) - min(used.values()) <= 1
    assert not any(key in text for key in KEYS for text in (done.stdout, done.stderr, str(record)))


@pytest.mark.proof
def test_a_slow_service_breaks_its_objective(service, target, run):
    there = service(delay=1.2)
    done = run("--target", target(there.port, threshold=ROOMY))
    assert done.status == 1, done
    assert rules(done) == ["objective-broken"]
    assert done.record["checks"][0]["runbook"] == "docs/runbooks/objectives.md"
    assert done.record["load"]["counts"]["list"]["late"] == {"1000": 100}


@pytest.mark.proof
def test_too_few_requests_are_inconclusive_and_say_how_many_are_missing(service, target, run):
    there = service()
    done = run("--target", target(there.port, threshold=ROOMY, rate=40.0, duration=1.5))
    assert done.status == 10, done
    assert rules(done) == ["objective-undecided"]
    assert "19 further requests" in done.stdout


@pytest.mark.proof
def test_what_arrives_while_the_service_stands_still_counts_from_when_it_was_due(service, target, run):
    there = service(freeze="1.0:1.0")
    done = run("--target", target(there.port, duration=3.0))
    assert done.status == 1, done
    counted = done.record["load"]["counts"]["list"]
    # Of the 100 arrivals of the second that is frozen, those of its last 0.3 s are answered in time.
    assert 65 <= counted["late"]["300"] <= 75
    assert counted["asked"] == 250
    assert counted["from_due"]["p95_ms"] > 500


@pytest.mark.proof
def test_answers_of_the_limiter_are_counted_apart(service, target, run):
    there = service(limited=120)
    done = run("--target", target(there.port, threshold=ROOMY))
    assert done.status == 0, done
    assert (state(done).popitem()[1], rules(done)) == ("warn", ["limiter-answered"])
    assert done.record["load"]["counts"]["list"]["limited"] == 1
    assert done.record["load"]["counts"]["list"]["errors"] == {}
    refused = service(limited=3)
    done = run("--target", target(refused.port, threshold=ROOMY))
    assert done.status == 10, done
    assert rules(done)[0] == "load-limited"


@pytest.mark.proof
def test_a_credential_that_is_refused_is_our_fault(service, target, run):
    there = service(status=401)
    done = run("--target", target(there.port, threshold=ROOMY))
    assert done.status == 10, done
    assert rules(done)[0] == "credential-refused"
    one = service(refuse=KEYS[1])
    done = run("--target", target(one.port, threshold=ROOMY))
    assert (done.status, rules(done)[0]) == (10, "credential-refused"), done
    assert "credential 2 of the role" in done.stdout


@pytest.mark.parametrize("ended_by", [pytest.param(signal.SIGINT, marks=pytest.mark.proof), signal.SIGTERM])
def test_an_interrupted_run_leaves_a_record_that_says_so(service, target, begin, ended_by):
    there = service()
    going = begin("--target", target(there.port, duration=30.0))
    while len(there.asked()) < 20:
        assert going.poll() is None
    going.send_signal(ended_by)
    done = going.end()
    assert done.status == 10, done
    assert done.stdout.count("the run was aborted") == 1, done
    assert "Traceback" not in done.stderr, done
    assert done.record["aborted"] is True
    assert rules(done)[0] == "load-aborted"
    assert done.record["checks"][0]["runbook"] == "docs/load.md"


def test_workers_end_where_the_master_was_killed(service, target, begin):
    there = service()
    going = begin("--target", target(there.port, duration=30.0), "--processes", "2")
    while len(there.asked()) < 20:
        assert going.poll() is None
    workers = psutil.Process(going.pid).children()
    going.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 20.0
    while any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers):
        assert time.monotonic() < deadline, workers
        time.sleep(0.1)


@pytest.mark.proof
def test_evidence_that_cannot_be_written_is_no_go_ahead(service, target, run, tmp_path):
    there = service()
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder belongs")
    done = run("--target", target(there.port, threshold=ROOMY), "--runs", taken)
    assert done.status == 10, done
    assert done.stdout.splitlines()[-1].startswith("INCONCLUSIVE  the evidence could not be written"), done
