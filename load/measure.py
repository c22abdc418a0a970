"""
How much load one core can send, and how late: ``python -m load.measure`` prints one JSON object.

``load_arrivals_per_core_s`` are arrivals for each second of this process' CPU at a rate that saturates it, Locust's
own statistics included; ``load_lag_p99_ms`` is the lag at 5,000 arrivals a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from locust.env import Environment

from load.agents import Dispatcher
from load.arrivals import Plan
from load.connection import Server
from load.counts import Book
from load.journeys import Step, Work
from prodverify.wire.address import Address

STEADY_PER_SECOND = 5_000.0
SATURATING_PER_SECOND = 20_000.0
SECONDS = 2.0
_ROOT = Path(__file__).resolve().parent.parent


def measure(*, seconds: float = SECONDS) -> dict[str, float]:
    """Both numbers, in about twice ``seconds`` and the time that answers are waited for."""
    answering = subprocess.Popen(
        [sys.executable, "-m", "load.answering"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT
    )
    try:
        assert answering.stdout is not None
        server = Server(Address("http", "127.0.0.1", int(answering.stdout.readline())), None, 5.0, 5.0, 65_536)
        lag, _ = _run(server, STEADY_PER_SECOND, seconds)
        saturated, cpu_seconds = _run(server, SATURATING_PER_SECOND, seconds)
    finally:
        answering.communicate()
    return {
        "load_arrivals_per_core_s": round(saturated.sent / cpu_seconds),
        "load_lag_p99_ms": round(lag.lag.percentile(99.0) or 0.0, 2),
    }


def _run(server: Server, rate: float, seconds: float) -> tuple[Book, float]:
    environment = Environment()
    environment.create_local_runner()
    plan = Plan.of({"list": 1.0}, rate=rate, duration=seconds, warm_up=0.0, seed=1)
    head = f"GET /list HTTP/1.1\r\nHost: {server.address.authority}\r\nUser-Agent: prodverify\r\n".encode()
    step = Step("GET /list", "GET", (head,), None, (), frozenset({200}))
    book = Book({"list": (50.0,)}, lag_limit_ms=5.0)

    def fired(name: str, step: Step, due_ms: float, size: int, error: str, limited: bool) -> None:
        environment.events.request.fire(
            request_type=step.method, name=name, response_time=due_ms, response_length=size, exception=None, context={}
        )

    dispatcher = Dispatcher(server, {"list": Work("list", (step,), frozenset())}, book, most_agents=500, fired=fired)
    before = time.process_time()
    dispatcher.run(plan.arrivals(), drain_seconds=5.0)
    return book, time.process_time() - before


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
