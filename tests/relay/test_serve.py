"""The process: how it starts, what it does without its database, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from fixtures.relay import migrate
from fixtures.relay.settings import SEED_MEMBERS
from prodverify.data import binaries
from prodverify.data.cluster import Cluster
from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {name: f"relay_{name}_of_a_test_and_nothing_else" for name in SEED_MEMBERS} | {"signing_secret": "ab" * 32}


@dataclass
class Process:
    """One ``python -m fixtures.relay.serve``."""

    running: subprocess.Popen[str]
    url: str

    def ready(self) -> None:
        """It answers; the socket listens before the process does, so the first question waits."""
        assert httpx.get(f"{self.url}/health/readiness", timeout=15.0).status_code == 200

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Its exit status, and the seconds that it took to end."""
        began = time.monotonic()
        self.running.send_signal(number)
        return self.running.wait(10), time.monotonic() - began


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster.create(binaries.find()) as cluster:
        yield cluster


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes, and ends those that a test leaves."""
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SECRETS))
    seed.chmod(0o600)
    started: list[Process] = []

    def begin(environ: Mapping[str, str]) -> Process:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        with listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            running = subprocess.Popen(
                [sys.executable, "-m", "fixtures.relay.serve"],
                env={"PATH": os.environ["PATH"], "RELAY_SEED": str(seed), "RELAY_LISTEN_FD": str(listener.fileno())}
                | dict(environ),
                cwd=ROOT,
                pass_fds=[listener.fileno()],
                stderr=subprocess.PIPE,
                text=True,
            )
            process = Process(running, f"http://127.0.0.1:{listener.getsockname()[1]}")
        started.append(process)
        return process

    yield begin
    for process in started:
        process.running.kill()
        process.running.communicate()


def said(process: Process) -> dict[str, object]:
    """The last event that it told before it ended."""
    _, errors = process.running.communicate(timeout=15)
    return json.loads(errors.splitlines()[-1])


def test_one_life_without_practice_with_and_without_its_database(cluster, start):
    dsn = cluster.dsn()
    migrate.upgrade(dsn)
    process = start({"DATABASE_URL": dsn})
    process.ready()
    admin = {"X-API-Key": SECRETS["admin_key"]}

    with httpx.Client(base_url=process.url, headers=admin) as client:
        # No private address is taken, and nothing is delivered there, unless for practice.
        with socket.create_server(("127.0.0.1", 0)) as receiver:
            receiver.settimeout(0.3)
            body = {"action": "sum", "arguments": {"left": 1, "right": 2.5}}
            token = client.post("/actions/preview", json=body).json()["execution_token"]
            callback = f"http://localhost:{receiver.getsockname()[1]}/"
            answer = client.post("/actions/execute", json={"execution_token": token, "callback_url": callback})
            assert answer.status_code == 422
            with pytest.raises(TimeoutError):
                receiver.accept()

        # While the database is away Relay is alive, says so, and refuses in its own words.
        cluster.stop()
        began = time.monotonic()
        degraded, unready, alive = (client.get(f"/health{path}") for path in ("", "/readiness", "/liveness"))
        assert time.monotonic() - began < 0.75
        assert [degraded.status_code, unready.status_code, alive.status_code] == [503, 503, 200]
        assert degraded.json()["components"] == {"database": "down", "cache": "ok", "redis": "ok"}
        assert unready.json()["checks"] == {"database": "down", "migrations": "down"}
        refused = client.get("/actions")
        assert (refused.status_code, refused.json()["detail"]) == (503, "The database is away; try again.")

        # It ends at once, an open connection notwithstanding.
        status, seconds = process.end()
    assert status == 0
    assert seconds < 2.0


def test_it_waits_for_a_database_that_comes_later(cluster, start):
    migrate.upgrade(cluster.dsn())
    process = start({"DATABASE_URL": cluster.dsn("later")})
    clock.sleep(0.7, "Relay imports, and asks for a database that is not there")
    with psycopg.connect(cluster.dsn("template1"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE later TEMPLATE postgres")
    process.ready()

    assert process.end(signal.SIGINT)[0] == 0


def test_a_database_without_tables_is_refused_in_a_sentence(cluster, start):
    process = start({"DATABASE_URL": cluster.dsn()})

    assert (
        f"DATABASE_URL must lead to a database at {migrate.head()}; it lacks a table: run fixtures.relay.migrate."
        == said(process)["message"]
    )
    assert process.running.returncode == 1


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({}, "DATABASE_URL must be the connection string of a PostgreSQL database; it is not set."),
        (
            {"DATABASE_URL": "host=/nowhere", "RELAY_FAULTS": "hsts-mising"},
            "No fault is named 'hsts-mising'; the nearest are hsts-missing, reset-missing, csp-missing.",
        ),
    ],
)
def test_a_wrong_environment_is_refused_in_a_sentence(start, environ, complaint):
    process = start(environ)

    assert complaint == said(process)["message"]
    assert process.running.returncode == 2
