"""
How far the generator can be believed: ``python -m load.measure`` prints one JSON object.

``p99_error_percent`` is how far the p99 of 200 arrivals a second is from that in the server's own log, where a fiftieth
of all answers is slow. ``freeze_error_percent`` is how far the p99 of a run is from the truth, where the server stands
still for a tenth of it. ``arrivals_per_s`` and ``lag_p99_ms`` are what is sent, and how late, with 5,000 arrivals a
second asked for. ``arrivals_vs_fasthttpuser`` are arrivals in proportion to requests of a plain FastHttpUser, each per
second of this process' CPU, Locust's own statistics included; ``load_arrivals_per_core_s`` are the former alone.

All of it needs a quiet machine: where something else uses the processor, it is that which is measured.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment

from load.agents import Dispatcher
from load.arrivals import Plan
from load.connection import Server
from load.counts import Book
from load.histogram import edge_of
from load.journeys import Step, Work
from prodverify.wire.address import Address

STEADY_PER_SECOND = 5_000.0
SATURATING_PER_SECOND = 20_000.0
SECONDS = 2.0
_FAR_TOO_LATE_MS = 100.0
_USERS = 32
_DRAIN_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parent.parent


class Answering:
    """The server while it runs; ``log`` is there once it has ended."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self.process = process
        self.address = Address("http", "127.0.0.1", int(process.stdout.readline()))
        self.log: dict[str, Any] = {}


@contextmanager
def answering(**options: float) -> Iterator[Answering]:
    """The server of ``load.answering`` with these options."""
    words = [f"{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "load.answering", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT
    )
    there = Answering(process)
    try:
        yield there
    finally:
        told, _ = process.communicate()
        there.log = json.loads(told) if told.strip() else {}


def measure(*, seconds: float = SECONDS) -> dict[str, float]:
    """All numbers, in about half a minute and eight times ``seconds``."""
    return {
        "p99_error_percent": round(p99_error_percent(seconds=6.0 * seconds), 3),
        "freeze_error_percent": round(freeze_error_percent(seconds=10.0 * seconds), 3),
        **speed(seconds=seconds),
    }


def p99_error_percent(*, seconds: float, rate: float = 200.0) -> float:
    """Answers take 20 ms, every fiftieth one 200 ms; the truth is what the server logs of the same answers."""
    with answering(service_ms=20.0, slow_every=50, slow_ms=200.0) as there:
        book, _, _ = _run(there.address, rate, seconds)
    return _error_percent(_p99(book), _nearest_rank(there.log["took_ms"], 99.0))


def freeze_error_percent(*, seconds: float, rate: float = 100.0) -> float:
    """
    Answers take 5 ms, and the server stands still for a tenth of the run in its middle.

    It cannot log what it does not notice, so the truth is computed: what is due while it stands still is answered
    after it goes on, and everything else in 5 ms, by the moments that it logged and those of the plan.
    """
    with answering(service_ms=5.0, freeze_at=seconds / 2.0, freeze_seconds=seconds / 10.0) as there:
        book, plan, began_at = _run(there.address, rate, seconds)
    began, ended = there.log["frozen"]
    due = [began_at + arrival.due_seconds for arrival in plan.arrivals()]
    # An answer that is under way when it stops is late, too.
    truth = [5.0 + (ended - moment) * 1000.0 if began - 0.005 <= moment < ended else 5.0 for moment in due]
    return _error_percent(_p99(book), _nearest_rank(truth, 99.0))


def speed(*, seconds: float) -> dict[str, float]:
    """What is sent of 5,000 arrivals a second and how late, and what a second of CPU is good for."""
    with answering() as there:
        steady, plan, _ = _run(there.address, STEADY_PER_SECOND, seconds)
        before = time.process_time()
        saturated, _, _ = _run(there.address, SATURATING_PER_SECOND, seconds)
        ours = saturated.sent / (time.process_time() - before)
        theirs = _fasthttpuser(there.address, seconds)
    # How late they were is told by lag_p99_ms; what was sent far too late is no part of the rate.
    kept_up = sum(count for bucket, count in steady.lag.buckets.items() if edge_of(bucket) <= _FAR_TOO_LATE_MS)
    return {
        "arrivals_per_s": round(kept_up / plan.duration_seconds),
        "lag_p99_ms": round(steady.lag.percentile(99.0) or 0.0, 2),
        "arrivals_vs_fasthttpuser": round(ours / theirs, 3),
        "load_arrivals_per_core_s": round(ours),
    }


def _run(address: Address, rate: float, seconds: float) -> tuple[Book, Plan, float]:
    """What was counted, the plan, and when it began by the monotonic clock."""
    environment = Environment()
    environment.create_local_runner()
    plan = Plan.of({"list": 1.0}, rate=rate, duration=seconds, warm_up=0.0, seed=1)
    head = f"GET /list HTTP/1.1\r\nHost: {address.authority}\r\nUser-Agent: prodverify\r\n".encode()
    step = Step("GET /list", "GET", (head,), None, (), frozenset({200}))
    book = Book({"list": (50.0,)}, lag_limit_ms=5.0)

    def fired(name: str, step: Step, due_ms: float, size: int, error: str, limited: bool) -> None:
        environment.events.request.fire(
            request_type=step.method, name=name, response_time=due_ms, response_length=size, exception=None, context={}
        )

    server = Server(address, None, _DRAIN_SECONDS, _DRAIN_SECONDS, 65_536)
    dispatcher = Dispatcher(server, {"list": Work("list", (step,), frozenset())}, book, most_agents=500, fired=fired)
    dispatcher.run(plan.arrivals(), drain_seconds=_DRAIN_SECONDS)
    return book, plan, dispatcher.began_at - time.perf_counter() + time.monotonic()


def _fasthttpuser(address: Address, seconds: float) -> float:
    """Requests for each second of CPU of users who do nothing but ask again."""

    class Plain(FastHttpUser):
        host = f"http://{address.authority}"
        wait_time = constant(0)

        @task
        def ask(self) -> None:
            self.client.get("/list")

    environment = Environment(user_classes=[Plain])
    runner = environment.create_local_runner()
    runner.start(_USERS, spawn_rate=_USERS)
    while environment.stats.total.num_requests < _USERS:
        gevent.sleep(0.01)
    asked, used = environment.stats.total.num_requests, time.process_time()
    gevent.sleep(seconds)
    rate = (environment.stats.total.num_requests - asked) / (time.process_time() - used)
    runner.quit()
    return float(rate)


def _p99(book: Book) -> float:
    return book.tally("list").from_due.percentile(99.0) or 0.0


def _nearest_rank(values: list[float], percent: float) -> float:
    return sorted(values)[math.ceil(len(values) * percent / 100.0) - 1]


def _error_percent(told: float, truth: float) -> float:
    return 100.0 * abs(told - truth) / truth


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
