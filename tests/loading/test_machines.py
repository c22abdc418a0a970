"""A master and its workers on several machines are one load run, or say why they are not."""

import os
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from load.machines import listen_on_loopback, refusals, taken
from prodverify.target.load import load
from tests.loading import namespaces
from tests.loading.conftest import ROOMY

ROOT = Path(__file__).resolve().parents[2]
REFUSED = namespaces.refused()
"""Decided by trying: a container may be root and still have no right to a network."""


def rules(run):
    return [finding["rule"] for finding in run.record["checks"][0]["findings"]]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def led(begin):
    """A master on this machine and one worker of it, each with a target file of its own."""

    def start(masters, workers, *arguments, **environ):
        port = free_port()
        master = begin("--target", masters, "--master", "--master-bind-port", port, "--expect-workers", 1, *arguments)
        worker = begin("--target", workers, "--worker", "--master-port", port, **environ)
        return master.end(), worker.end()

    return start


@pytest.mark.skipif(bool(REFUSED), reason=REFUSED)
def test_machines_of_a_network_send_the_plan_together(service, target, begin):
    with namespaces.machines(2) as (middle, others):
        there = service(machine=middle, host=namespaces.MIDDLE)
        path = target(there.port, threshold=ROOMY, rate=200.0)
        path.write_text(path.read_text().replace("127.0.0.1", namespaces.MIDDLE))
        master = begin(
            *("--target", path, "--master", "--master-bind-host", namespaces.MIDDLE, "--expect-workers", 2),
            machine=middle,
        )
        workers = [
            begin("--target", path, "--worker", "--master-host", namespaces.MIDDLE, machine=machine)
            for machine in others
        ]
        done, ended = master.end(), [worker.end() for worker in workers]
    assert done.status == 0, done
    assert [each.status for each in ended] == [0, 0], ended
    load = done.record["load"]
    assert (load["workers"]["expected"], load["workers"]["reported"]) == (2, 2)
    assert load["workers"]["skew_ms"] < 250.0
    listed = sum(request["path"] == "/list" for request in there.asked())
    assert load["delivered"]["arrivals"] == listed == 300
    assert [each["sent"] for each in load["generator"]["workers"]] == [150, 150]


@pytest.mark.proof
def test_a_worker_whose_file_asks_something_else_refuses(service, target, led, tmp_path):
    there = service()
    path = target(there.port)
    other = tmp_path / "other.toml"
    changed = path.read_text().replace("threshold_ms = 300.0", "threshold_ms = 400.0")
    other.write_text(changed.replace('path = "/list"', 'path = "/"'))
    done, worker = led(path, other)
    assert done.status == 10, done
    assert "worker-refused" in rules(done)
    assert f"its file {other} differs from the master's in [[slos]] and [[endpoints]]" in done.stdout
    assert worker.status == 0, worker
    assert [request["path"] for request in there.asked()] == ["/"]


@pytest.mark.proof
def test_a_master_does_not_wait_for_ever(service, target, run):
    there = service()
    done = run(
        "--target",
        target(there.port),
        "--master",
        "--master-bind-port",
        free_port(),
        "--expect-workers",
        2,
        "--expect-workers-max-wait",
        1,
    )
    assert done.status == 10, done
    assert "0 of 2 workers came within 1 s; nothing was sent and nothing was verified." in done.stderr
    assert "worker-missing" in rules(done)
    assert done.record["load"]["delivered"]["arrivals"] == 0
    assert "Traceback" not in done.stderr


@pytest.mark.proof
def test_ctrl_c_while_workers_are_waited_for_leaves_a_record_that_blames_none_of_them(service, target, begin):
    path = target(service().port)
    going = begin("--target", path, "--master", "--master-bind-port", free_port(), "--expect-workers", 2)
    while "objectives" not in going.stdout.readline():
        assert going.poll() is None
    going.send_signal(signal.SIGINT)
    done = going.end()
    assert done.status == 10, done
    assert rules(done)[0] == "load-aborted"
    assert "worker-lost" not in rules(done)
    assert done.record["load"]["ended"] == "stopped"


HERE = {
    "master": False,
    "worker": False,
    "processes": None,
    "master_host": "127.0.0.1",
    "master_bind_host": "127.0.0.1",
    "master_bind_port": 0,
}
ELSEWHERE = "each of them would ask itself at base_url http://127.0.0.1"


@pytest.mark.parametrize(
    ("options", "base_url", "said"),
    [
        ({}, "http://127.0.0.1:1", ""),
        ({"master": True}, "http://127.0.0.1:1", ""),
        ({"master": True, "master_bind_host": "::1"}, "http://127.0.0.1:1", ""),
        ({"worker": True, "master_host": "localhost"}, "http://127.0.0.1:1", ""),
        ({"master": True, "master_bind_host": "10.0.0.5"}, "https://api.example", ""),
        ({"worker": True, "master_host": "master.example"}, "https://api.example", ""),
        ({"master": True, "master_bind_host": "10.0.0.5"}, "http://127.0.0.1:1", ELSEWHERE),
        ({"master": True, "master_bind_host": "*"}, "http://localhost:1", "each of them would ask itself"),
        ({"worker": True, "master_host": "master.example"}, "http://127.0.0.1:1", "--master-host master.example means"),
        ({"master": True, "worker": True}, "https://api.example", "--master and --worker are two processes"),
        ({"master": True, "processes": 2}, "https://api.example", "--processes 2: without --master"),
        ({"processes": -2}, "https://api.example", "--processes -2: without --master, and how many workers"),
        ({"worker": True, "processes": 2}, "https://api.example", ""),
    ],
)
def test_what_could_not_be_one_run_is_refused(target, monkeypatch, options, base_url, said):
    for name in ("ONE", "TWO", "THREE"):
        monkeypatch.setenv(f"LOAD_KEY_{name}", f"key-{name}-4f1d")
    path = target(1)
    path.write_text(path.read_text().replace("http://127.0.0.1:1", base_url))
    declared = load(str(path), root=path.parent, environ=os.environ)
    reasons = " ".join(refusals(Namespace(**HERE | options), declared))
    assert said in reasons
    assert bool(said) == bool(reasons)


def test_an_embedded_service_is_for_this_machine_alone():
    local = load("local", root=ROOT, environ={})
    (reason,) = refusals(Namespace(**HERE | {"master": True, "master_bind_host": "0.0.0.0"}), local)
    assert "they reach no service that this run starts for itself on loopback" in reason
    assert list(refusals(Namespace(**HERE | {"master": True}), local)) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"master": True}, "Address already in use"),
        ({"processes": 2}, "Address already in use"),
        ({"master": True, "master_bind_host": "*"}, "Address already in use"),
        ({"master": True, "master_bind_host": "192.0.2.1"}, "Cannot assign requested address"),
        ({"master": True, "master_bind_port": 65_536}, "port must be 0-65535"),
        ({"master": True, "master_bind_port": 0}, ""),
        ({"worker": True, "processes": 2}, ""),
        ({}, ""),
    ],
)
def test_a_master_that_could_not_listen_is_told_before_anything_starts(options, said):
    with socket.create_server(("127.0.0.1", 0)) as other:
        given = HERE | {"master_bind_port": other.getsockname()[1]} | options
        told = taken(Namespace(**given))
    assert said in told
    assert bool(said) == bool(told)


@pytest.mark.parametrize(
    ("arguments", "own_port"),
    [(["--processes", "2"], True), (["--worker", "--processes=2"], False), (["--master"], False), ([], False)],
)
def test_the_master_listens_on_loopback_unless_told_otherwise(arguments, own_port):
    parser = ArgumentParser()
    parser.add_argument("--master-bind-host", default="*")
    parser.add_argument("--master-bind-port", default=5557)
    parser.add_argument("--master-port", default=5557)
    listen_on_loopback(parser, arguments, {})
    options = parser.parse_args([])
    assert options.master_bind_host == "127.0.0.1"
    assert (options.master_bind_port != 5557) == (options.master_port != 5557) == own_port
    assert options.master_bind_port == options.master_port


@pytest.mark.proof
def test_a_worker_without_its_master_sends_nothing_more(service, target, begin):
    there, port = service(), free_port()
    path = target(there.port, duration=60.0)
    master = begin("--target", path, "--master", "--master-bind-port", port, "--expect-workers", 1)
    worker = begin("--target", path, "--worker", "--master-port", port)
    while len(there.asked()) < 20:
        assert master.poll() is None
    master.kill()
    done = worker.end(timeout=20)
    assert done.status == 10, done
    assert "Traceback" not in done.stderr, done
    assert len(there.asked()) < 1_500


@pytest.mark.proof
def test_ctrl_c_at_a_machine_of_workers_ends_them_and_the_run(service, target, begin):
    there, port = service(), free_port()
    path = target(there.port, duration=60.0)
    master = begin("--target", path, "--master", "--master-bind-port", port, "--expect-workers", 2)
    workers = begin("--target", path, "--worker", "--master-port", port, "--processes", 2)
    while len(there.asked()) < 20:
        assert master.poll() is None
    os.killpg(workers.pid, signal.SIGINT)
    ended, done = workers.end(timeout=20), master.end(timeout=20)
    assert (ended.status, ended.stderr, done.status) == (0, "", 10), (ended, done)
    assert "worker-lost" in rules(done)
    assert done.record["load"]["workers"]["reported"] == 2


@pytest.mark.proof
def test_a_worker_that_lies_about_its_share_is_caught(service, target, begin):
    there, port = service(), free_port()
    master = begin("--target", target(there.port), "--master", "--master-bind-port", port, "--expect-workers", 1)
    liar = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("liar.py"), str(port)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        done = master.end()
    finally:
        liar.kill()
        liar.wait()
    assert done.status == 10, done
    assert "worker-untrue" in rules(done)
    assert "(elsewhere) says that it has sent 1,000 arrivals, and its part until now was" in done.stdout
    assert done.record["load"]["delivered"]["arrivals"] == 0
