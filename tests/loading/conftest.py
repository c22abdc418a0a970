"""Real load runs: Locust as a process of its own against a small service on loopback."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCUST = Path(sys.executable).with_name("locust")

TARGET = """
version = 1
name = "loaded"
base_url = "http://127.0.0.1:{port}"
[permits]
loads = {loads}
writes = {writes}
[asking]
deadline_seconds = 2.0
[secrets]
one = {{ env = "LOAD_KEY_ONE" }}
two = {{ env = "LOAD_KEY_TWO" }}
[roles.loader]
scheme = "header"
credentials = ["one", "two"]
[[endpoints]]
name = "list"
path = "/list"
roles = {{ loader = 200 }}
[[journeys]]
name = "execution"
[[journeys.steps]]
path = "/preview"
body = {{ action = "echo" }}
take = ["token"]
[[journeys.steps]]
path = "/execute"
[rate_limit]
requests = 60
window_seconds = 60.0
role = "burster"
journey = "execution"
[roles.burster]
scheme = "header"
credential = "three"
[secrets.three]
env = "LOAD_KEY_THREE"
[[slos]]
name = "fast"
endpoints = ["list"]
role = "loader"
threshold_ms = {threshold}
objective_percent = 95.0
[load]
rate_per_second = {rate}
duration_seconds = {duration}
warm_up_seconds = 0.5
burst_seconds = {burst}
stop_early = {stop_early}
role = "loader"
shares = {shares}
{more}
"""
ROOMY = 1_000.0
"""A threshold that asks no more punctuality of the generator (a tenth of it) than it has beside other tests."""
KEYS = {name: f"key-{name}-4f1d" for name in ("one", "two", "three")}


class Run:
    """A load run that has ended."""

    def __init__(self, process, stdout, stderr, folder):
        self.status, self.stdout, self.stderr = process.returncode, stdout, stderr
        self.folder = folder

    @property
    def record(self):
        assert self.folder, f"no record was written:\n{self.stdout}\n{self.stderr}"
        return json.loads((self.folder / "record.json").read_text())

    def __repr__(self):
        return f"exit {self.status}\n{self.stdout}\n{self.stderr}"


class Service:
    """The small service while it runs."""

    def __init__(self, process, log):
        self.process, self.log = process, log
        self.port = int(process.stdout.readline())

    def asked(self):
        whole, _, _unfinished = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]


@pytest.fixture
def service(tmp_path):
    started = []

    def start(*, machine=None, **options):
        log = tmp_path / f"asked-{len(started)}.log"
        arguments = [f"{name}={value}" for name, value in options.items()]
        command = [sys.executable, str(Path(__file__).with_name("answering.py")), str(log), *arguments]
        process = subprocess.Popen(
            machine.on(*command) if machine else command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return Service(process, log)

    yield start
    for process in started:
        process.communicate(timeout=10)


@pytest.fixture
def target(tmp_path):
    def write(port, **values):
        given = {
            "loads": "true",
            "writes": "true",
            "threshold": 300.0,
            "rate": 100.0,
            "duration": 1.5,
            "shares": "{ list = 1.0 }",
            "burst": 0.0,
            "more": "",
            "stop_early": "false",
        }
        path = tmp_path / "loaded.toml"
        path.write_text(TARGET.format(port=port, **{**given, **values}))
        return path

    return write


@pytest.fixture
def begin(tmp_path):
    """Starts Locust as everybody does, in the root; ``PRODVERIFY_*`` and ``CI`` of whoever tests do not count."""
    started = []

    def start(*arguments, machine=None, **environ):
        clean = {name: value for name, value in os.environ.items() if name != "CI" and "PRODVERIFY" not in name}
        keys = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}
        command = [str(LOCUST), "-f", "load/locustfile.py", *map(str, arguments)]
        process = subprocess.Popen(
            machine.on(*command) if machine else command,
            cwd=ROOT,
            env={**clean, **keys, "PRODVERIFY_REPORTS": str(tmp_path), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

        started.append(process)

        def end(timeout=40):
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                stdout, stderr = process.communicate()
                pytest.fail(f"the load run did not end within {timeout} s:\n{stdout}\n{stderr}")
            written = [Path(word).parent for word in stdout.split() if word.endswith("/report.html")]
            return Run(process, stdout, stderr, written[-1] if written else None)

        process.end = end
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        if not process.stdout.closed:
            process.communicate()


@pytest.fixture
def run(begin):
    return lambda *arguments, **environ: begin(*arguments, **environ).end()
