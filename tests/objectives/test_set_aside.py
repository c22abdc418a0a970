"""Answers for which this machine had no processor to spare are no part of the gate's sample, in time or late."""

from dataclasses import dataclass, field

import pytest

from fixtures import sampling
from prodverify.objectives.sampling import Watch, judge_sample
from tests.objectives.asked import LIGHT, LIST, Answer

ERRORS = LIGHT.model_copy(update={"kind": "success", "threshold_ms": None})


@dataclass
class Machine:
    """A service and the machine that it is asked from: late, and short of a processor, every so many requests."""

    late_every: int
    busy_every: int
    status: int = 200
    late_ms: float = 60.0
    asked: int = field(default=-sampling.WARM_UP)

    def call(self, endpoint, *, role, retry):
        self.asked += 1
        late = self.asked % self.late_every == 0
        return Answer(self.late_ms if late else 5.0, self.status if late else 200)

    def since_ms(self):
        return 40.0 if self.asked % self.busy_every == 0 else 0.1


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """What was asked, and what it says of the objective."""

    def take(machine, slo=LIGHT):
        monkeypatch.setattr(sampling, "Waits", lambda processes: machine)
        sample = sampling.sample(machine, tmp_path, LIST, "admin", [slo])
        return sample, judge_sample(
            sample.elapsed_ms,
            sample.statuses,
            slo,
            promised_status=sample.promised_status,
            busy=sample.busy,
            waited_ms=sample.waited_ms,
        )

    return take


def test_late_answers_of_a_busy_machine_are_nobodys_fault(taken):
    sample, (found, facts) = taken(Machine(late_every=10, busy_every=10))
    assert (found, facts["total"], facts["bad"], facts["p99_ms"]) == ([], 342, 0, 5.0)
    assert facts["set_aside"] == sum(sample.busy) == 37


def test_answers_that_are_late_whatever_they_waited_count(taken):
    """Else a service whose slow answers keep the processors busy would be judged by its quick ones alone."""
    sample, (found, facts) = taken(Machine(late_every=10, busy_every=10, late_ms=100.0))
    assert (found[0].rule, facts["bad"] > 5) == ("objective-broken", True)
    assert len(sample.statuses) < 300


def test_late_answers_of_a_machine_that_is_not_busy_count(taken):
    _, (found, facts) = taken(Machine(late_every=10, busy_every=3))
    assert (found[0].rule, facts["bad"] > 5, facts["total"] < 300) == ("objective-broken", True, True)


def test_a_machine_that_is_always_busy_ends_with_too_few_answers(taken):
    sample, (found, facts) = taken(Machine(late_every=10, busy_every=1))
    assert (found[0].rule, facts["total"], len(sample.busy)) == ("objective-undecided", 0, 800)
    assert "800 more were set aside" in found[0].observed
    assert found[0].next_step == "Ask again from a machine with less to do."


@pytest.mark.parametrize("busy_every", [1, 2, 10**6])
@pytest.mark.parametrize("slo", [LIGHT, ERRORS], ids=["latency", "success"])
def test_errors_count_however_busy_the_machine_is(taken, slo, busy_every):
    sample, (found, facts) = taken(Machine(late_every=10, busy_every=busy_every, status=500), slo)
    assert found[0].rule == "objective-broken"
    assert facts["bad"] == sample.statuses.count(500) > 5
    assert len(sample.statuses) < 300


def test_a_few_errors_are_no_larger_a_share_of_what_is_left_of_a_busy_machine(taken):
    """Three answers of four are set aside: were errors not, one in 200 of all would be one in 50 of those that stay."""
    machine = Machine(late_every=200, busy_every=1, status=500)
    machine.since_ms = lambda: 0.1 if machine.asked % 4 == 1 else 40.0
    _, (found, facts) = taken(machine, LIGHT.model_copy(update={"max_sample": 4000}))
    assert (found, facts["bad"]) == ([], 0)


def test_what_was_decided_before_stays_so():
    watch = Watch(LIGHT)
    watch.follow([5.0] * 342, [200] * 342)
    watch.follow([5.0] * 400, [200] * 342 + [500] * 58, [False] * 342 + [True] * 58)
    assert (watch.failed, watch.told()[0]) == (False, [])
    lost = Watch(LIGHT)
    lost.follow([5.0] * 20, [500] * 20, [True] * 20)
    lost.follow([5.0] * 1420, [500] * 20 + [200] * 1400, [True] * 20 + [False] * 1400)
    assert (lost.failed, lost.told()[1]["bad"]) == (True, 10)


def test_of_errors_every_answer_tells(taken):
    sample, (found, facts) = taken(Machine(late_every=10, busy_every=1), ERRORS)
    assert (found, facts["total"], facts["set_aside"]) == ([], len(sample.busy), 0)
    assert facts["total"] == 342
