"""The whole measuring chain, from the plan to the verdict, says what the server's own log says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from load.agents import Dispatcher
from load.arrivals import Plan
from load.connection import Server
from load.counts import Book
from load.journeys import Step, Work
from load.judged import judged
from prodverify.record.states import State
from prodverify.target.slos import Slo
from prodverify.wire.address import Address

ROOT = Path(__file__).resolve().parents[2]
EDGE = Slo(name="edge", endpoints=("list",), threshold_ms=1_000.0, objective_percent=99.0)
"""Far above what tests beside this one may cost: who is late here is late at the server."""


@pytest.fixture
def answering():
    """Sends 800 arrivals to a server of known distribution: what was counted, and its own log."""

    def run(**options):
        words = [f"{name}={value}" for name, value in options.items()]
        server = subprocess.Popen(
            [sys.executable, "-m", "load.answering", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        try:
            address = Address("http", "127.0.0.1", int(server.stdout.readline()))
            plan = Plan.of({"list": 1.0}, rate=400.0, duration=2.0, warm_up=0.0, seed=1)
            step = Step("list", "GET", (b"GET /list HTTP/1.1\r\nHost: x\r\n",), None, (), frozenset({200}))
            book = Book({"list": (EDGE.threshold_ms,)}, lag_limit_ms=15.0)
            works = {"list": Work("list", (step,), frozenset())}
            connecting = Server(address, None, 5.0, 5.0, 65_536)
            dispatcher = Dispatcher(connecting, works, book, most_agents=400, fired=lambda *_: None)
            assert dispatcher.run(plan.arrivals(), drain_seconds=5.0)
        finally:
            told, _ = server.communicate(timeout=10)
        return book, json.loads(told)

    return run


@pytest.mark.parametrize(
    ("every", "state"),
    [
        pytest.param(800, State.PASS, marks=pytest.mark.proof),
        (100, State.INCONCLUSIVE),
        pytest.param(25, State.FAIL, marks=pytest.mark.proof),
    ],
)
def test_exactly_at_the_objective_nothing_is_claimed(answering, every, state):
    book, log = answering(service_ms=2.0, slow_every=every, slow_ms=1_300.0)
    assert log["asked"] == book.sent == 800
    seen = judged(EDGE, ["list"], book)
    truth = sum(took > EDGE.threshold_ms for took in log["took_ms"])
    assert truth == 800 // every
    assert truth == sum(block.bad for block in seen.objective)
    findings, facts = seen.judge(any_time=False)
    assert facts["objective"]["state"] == state
    assert bool(findings) == (state is not State.PASS)


@pytest.mark.proof
def test_the_tail_and_a_freeze_are_told_as_they_were():
    code = (
        "import json; from load import measure;"
        "print(json.dumps([measure.p99_error_percent(seconds=5.0), measure.freeze_error_percent(seconds=20.0)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    tail, freeze = json.loads(done.stdout)
    assert tail < 2.0
    assert freeze < 5.0
