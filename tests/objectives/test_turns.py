"""Turns in which this machine had no processor to spare tell nothing of how quick either service is."""

from dataclasses import dataclass, field

import pytest

from fixtures import turns
from fixtures.sampling import WARM_UP
from prodverify.objectives.comparison import judge
from tests.objectives.asked import LIGHT as ONE
from tests.objectives.asked import LIST, Answer

LIGHT = ONE.model_copy(update={"max_sample": 1000})
ERRORS = LIGHT.model_copy(update={"name": "errors", "kind": "success", "threshold_ms": None})


@dataclass
class Machine:
    """Two services run on it: every so many requests it stalls whichever answers, for as many milliseconds."""

    stalls_every: int
    stall_ms: float = 30.0
    asked: int = field(default=-2 * WARM_UP)

    @property
    def stalled_ms(self):
        return self.stall_ms if self.asked % self.stalls_every == 0 else 0.0

    def since_ms(self):
        return self.stalled_ms


@dataclass
class Half:
    """One of them: it takes so many milliseconds; every so many of its answers are errors."""

    machine: Machine
    takes_ms: float
    errs_every: int = 10**6
    late_every: int = 10**6
    answered: int = 0

    def call(self, endpoint, *, role, retry):
        self.machine.asked += 1
        self.answered += 1
        status = 500 if self.answered % self.errs_every == 0 else 200
        late_ms = 100.0 if self.answered % self.late_every == 0 else 0.0
        return Answer(self.takes_ms + self.machine.stalled_ms + late_ms, status)


@pytest.fixture
def contested(monkeypatch):
    """The turns that were taken, and what they say of one objective."""

    def contest(machine, candidate, baseline, *slos):
        monkeypatch.setattr(turns, "Waits", lambda processes: machine)
        taken = turns.taken(turns.Side(candidate, LIST, "admin"), turns.Side(baseline, LIST, "admin"), slos)
        pair, sure = taken.judged_for(slos[0]), (taken.sure.candidate, taken.sure.baseline)
        aside = taken.set_aside(slos[0])
        return taken, judge(pair.candidate, pair.baseline, slos[0], set_aside=aside, sure=sure)

    return contest


def test_a_slower_candidate_that_keeps_its_threshold_is_not_worse_for_what_the_machine_did(contested):
    machine = Machine(stalls_every=7)
    taken, (found, facts) = contested(machine, Half(machine, 30.0), Half(machine, 5.0), LIGHT)
    assert (found, facts["state"], facts["candidate"]["bad"]) == ([], "pass", 0)
    assert facts["set_aside"] == taken.set_aside(LIGHT) > 100
    assert facts["turns"] == 695


def test_a_late_answer_of_a_machine_that_has_time_counts(contested):
    machine = Machine(stalls_every=10**6)
    _, (found, _) = contested(machine, Half(machine, 60.0), Half(machine, 5.0), LIGHT)
    assert [finding.rule for finding in found] == ["candidate-worse"]


def test_errors_count_however_busy_the_machine_is(contested):
    machine = Machine(stalls_every=1)
    taken, (found, facts) = contested(machine, Half(machine, 30.0, errs_every=4), Half(machine, 5.0), ERRORS)
    assert [finding.rule for finding in found] == ["candidate-worse"]
    assert facts["candidate"]["bad"] == taken.all.candidate.statuses.count(500)


def test_of_latency_a_busy_turn_says_nothing_whatever_it_came_to(contested):
    """Else errors alone would stay of busy turns, and be a larger share of what is left than they are."""
    machine = Machine(stalls_every=3)
    slo = LIGHT.model_copy(update={"margin_percent": 5.0})
    taken, (found, facts) = contested(machine, Half(machine, 5.0, errs_every=30), Half(machine, 5.0), slo)
    assert (found, facts["state"], facts["candidate"]["bad"]) == ([], "pass", 0)
    assert taken.all.candidate.statuses.count(500) > 5


def test_a_machine_that_is_always_busy_ends_with_too_few_turns(contested):
    machine = Machine(stalls_every=1)
    taken, (found, facts) = contested(machine, Half(machine, 5.0), Half(machine, 5.0), LIGHT, ERRORS)
    assert [finding.rule for finding in found] == ["candidate-undecided"]
    assert "1,000 more were set aside" in found[0].observed
    assert found[0].next_step == "Ask again from a machine with less to do."
    assert (facts["turns"], len(taken.all.candidate.statuses), taken.set_aside(ERRORS)) == (0, 1000, 0)


@pytest.mark.parametrize(("baseline_ms", "rules"), [(5.0, ["candidate-worse"]), (60.0, [])])
@pytest.mark.parametrize("bad", [{"errs_every": 20}, {"late_every": 20}], ids=["errors", "late"])
def test_bad_answers_that_made_the_machine_busy_count(contested, bad, baseline_ms, rules):
    """Each of the candidate's stands in a turn that is set aside; a baseline that is always late is no better."""
    machine = Machine(stalls_every=10**6)
    candidate = Half(machine, 5.0, **bad)
    machine.since_ms = lambda: 30.0 if candidate.answered % 20 == 0 else 0.0
    taken, (found, facts) = contested(machine, candidate, Half(machine, baseline_ms), LIGHT)
    assert rules == [finding.rule for finding in found]
    assert {(5.0, 200)} == {*zip(taken.calm.candidate.elapsed_ms, taken.calm.candidate.statuses, strict=True)}
    assert facts["set_aside"] == taken.set_aside(LIGHT) > 0


def test_what_warming_up_starts_is_watched_too(monkeypatch):
    machine, made = Machine(stalls_every=10**6), []
    monkeypatch.setattr(turns, "Waits", lambda processes: made.append((machine.asked, processes)) or machine)
    ours, theirs = (turns.Side(Half(machine, 5.0), LIST, "admin", name, (1,)) for name in ("ours", "theirs"))
    turns.taken(ours, theirs, [LIGHT])
    assert [(-1, (1,)), (0, (1,))] == made[-2:]
