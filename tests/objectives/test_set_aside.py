"""Answers for which this machine had no processor to spare are no part of the gate's sample, in time or late."""

from dataclasses import dataclass, field

import pytest

from fixtures import sampling
from prodverify.target.asking import Endpoint
from prodverify.target.slos import Slo

LIST = Endpoint(name="list", path="/actions", roles={"admin": 200})
LIGHT = Slo(
    name="light",
    endpoints=("list",),
    role="admin",
    threshold_ms=50.0,
    objective_percent=99.0,
    sample=300,
    max_sample=800,
)
ERRORS = LIGHT.model_copy(update={"kind": "success", "threshold_ms": None})


@dataclass
class Answer:
    elapsed_ms: float
    status: int = 200


@dataclass
class Machine:
    """A service and the machine that it is asked from: late, and short of a processor, every so many requests."""

    late_every: int
    busy_every: int
    status: int = 200
    asked: int = field(default=-sampling.WARM_UP)

    def call(self, endpoint, *, role, retry):
        self.asked += 1
        late = self.asked % self.late_every == 0
        return Answer(60.0 if late else 5.0, self.status if late else 200)

    def since_ms(self):
        return 40.0 if self.asked % self.busy_every == 0 else 0.1


@pytest.fixture
def taken(tmp_path, monkeypatch):
    def take(machine, slo=LIGHT):
        monkeypatch.setattr(sampling, "Waits", lambda processes: machine)
        sample = sampling.sample(machine, tmp_path, LIST, "admin", [slo])
        return sample, sample.judged_for(slo)[0]

    return take


def test_late_answers_of_a_busy_machine_are_nobodys_fault(taken):
    sample, judged = taken(Machine(late_every=10, busy_every=10))
    assert (len(judged), max(judged), sum(sample.busy)) == (342, 5.0, 37)


def test_late_answers_of_a_machine_that_is_not_busy_count(taken):
    _, judged = taken(Machine(late_every=10, busy_every=3))
    assert 60.0 in judged
    assert len(judged) < 300  # lost soon


def test_a_machine_that_is_always_busy_ends_with_too_few_answers(taken):
    sample, judged = taken(Machine(late_every=10, busy_every=1))
    assert (judged, len(sample.busy)) == ([], 800)


@pytest.mark.parametrize("slo", [LIGHT, ERRORS], ids=["latency", "success"])
def test_errors_count_however_busy_the_machine_is(taken, slo):
    sample, judged = taken(Machine(late_every=10, busy_every=1, status=500), slo)
    assert judged.count(60.0) == sample.statuses.count(500) > 5
    assert len(sample.statuses) < 300


def test_of_errors_every_answer_tells(taken):
    sample, judged = taken(Machine(late_every=10, busy_every=1), ERRORS)
    assert len(judged) == len(sample.busy) == 342
