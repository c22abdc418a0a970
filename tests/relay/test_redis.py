"""The rate limit by Redis: one count for all, and executes go on when Redis is gone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from fixtures.relay.stage import Stage, StageError
from prodverify.wire import clock

PROGRAM = shutil.which("redis-server")
MAIN = "69b6aa92-89a4-5702-9e7e-e45ae94afa76"

pytestmark = pytest.mark.skipif(PROGRAM is None and not os.environ.get("CI"), reason="redis-server is not installed")


class RedisServer:
    """A real Redis without persistence on a free port, ended by its process id."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None, "redis-server is part of what CI installs"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        clock.poll(lambda: self._listens() or None, within_seconds=10.0, every_seconds=0.02, what="Redis listens")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65536).decode()

    def _listens(self) -> bool:
        try:
            return self.ask("PING").startswith("+PONG")
        except OSError:
            return False


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def counted(redis: RedisServer) -> Iterator[Stage]:
    """A Relay that counts by Redis."""
    with Stage.start(redis_url=f"redis://127.0.0.1:{redis.port}/0", backup=False) as stage:
        yield stage


@pytest.fixture
def execute_counted(counted: Stage) -> Iterator[Callable[[], httpx.Response]]:
    headers = {"X-API-Key": counted.values["developer_key"]}
    with httpx.Client(base_url=counted.values["base_url"], headers=headers) as client:

        def execute() -> httpx.Response:
            body = {"action": "echo", "arguments": {"text": "hello"}}
            token = client.post("/actions/preview", json=body).json()["execution_token"]
            return client.post("/actions/execute", json={"execution_token": token})

        yield execute


def early_in_a_minute() -> None:
    """Waits, if need be, until the minute has a few seconds left."""
    if time.time() % 60 > 55:
        clock.sleep(60.05 - time.time() % 60, "the start of a minute")


def test_executes_are_counted_in_a_window_of_the_clock(redis, execute_counted):
    early_in_a_minute()
    minute = int(time.time() // 60)
    first, second = execute_counted(), execute_counted()

    assert [answer.headers["x-ratelimit-remaining"] for answer in (first, second)] == ["59", "58"]
    assert str((minute + 1) * 60) == second.headers["x-ratelimit-reset"]
    assert redis.ask(f"GET rl:{MAIN}:{minute}") == "$1\r\n2\r\n"
    assert 60 < int(redis.ask(f"TTL rl:{MAIN}:{minute}").removeprefix(":")) <= 120


def test_executes_go_on_when_redis_goes_away_and_are_refused_again_when_it_is_back(redis, counted, execute_counted):
    early_in_a_minute()
    redis.ask(f"SET rl:{MAIN}:{int(time.time() // 60)} 60")
    refusal = execute_counted()

    assert (refusal.status_code, refusal.headers["x-ratelimit-remaining"]) == (429, "0")
    assert 1 <= int(refusal.headers["retry-after"]) <= 60
    redis.stop()
    began = time.monotonic()
    answers = [execute_counted() for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 5
    assert answers[-1].headers["x-ratelimit-remaining"] == "55"
    assert time.monotonic() - began < 2.0
    degraded = httpx.get(f"{counted.values['base_url']}/health")
    assert (degraded.status_code, degraded.json()["components"]["redis"]) == (503, "down")
    assert httpx.get(f"{counted.values['base_url']}/health/readiness").status_code == 200
    assert "rate_limit_fallbacks_total" in httpx.get(f"{counted.values['base_url']}/metrics").text

    redis.start()

    def counted_by_redis() -> str | None:
        execute_counted()
        counters = redis.ask(f"KEYS rl:{MAIN}:*")
        return None if counters.startswith("*0") else counters

    clock.poll(counted_by_redis, within_seconds=5.0, every_seconds=0.1, what="the count is Redis's again")
    assert httpx.get(f"{counted.values['base_url']}/health").status_code == 200


def test_switching_a_fault_forgets_our_counts_and_no_other_counter(redis, counted, execute_counted):
    early_in_a_minute()
    ours = f"rl:{MAIN}:{int(time.time() // 60)}"
    execute_counted()
    redis.ask("SET rl:somebody-else:1 5")
    httpx.put(f"{counted.values['control_url']}/faults", json={"names": []}).raise_for_status()

    assert redis.ask(f"EXISTS {ours}") == ":0\r\n"
    assert redis.ask("GET rl:somebody-else:1") == "$1\r\n5\r\n"


def test_a_fault_of_the_limit_strikes_where_redis_counts_too(counted, execute_counted):
    early_in_a_minute()
    control = f"{counted.values['control_url']}/faults"
    httpx.put(control, json={"names": ["limiter-too-strict"]}).raise_for_status()
    answers = [execute_counted() for _ in range(35)]
    httpx.put(control, json={"names": []}).raise_for_status()

    assert {429} == {answer.status_code for answer in answers[33:]}
    assert [answer.headers["x-ratelimit-remaining"] for answer in (answers[0], execute_counted())] == ["59", "59"]


def test_an_address_that_cannot_be_read_is_told_by_the_variables_name_and_without_its_password():
    with pytest.raises(StageError, match="REDIS_URL must be an address such as redis://") as refusal:
        Stage.start(redis_url="redis://:pass@word:hunter2@127.0.0.1:port/0", backup=False)

    assert "hunter2" not in str(refusal.value)
