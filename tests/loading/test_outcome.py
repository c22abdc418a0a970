"""A verdict stands only where the generator kept its own promise."""

import pytest

from load.arrivals import Plan
from load.counts import Book
from load.outcome import Circumstances, facts_of, judge
from prodverify.record.states import State
from prodverify.target.slos import Slo

PLAN = Plan.of({"list": 3.0, "preview": 1.0}, rate=100.0, duration=10.0, warm_up=0.0, seed=1)
LATENCY = Slo(
    name="light", endpoints=("list", "preview", "audit"), role="admin", threshold_ms=50.0, objective_percent=99.0
)
ERRORS = Slo(name="errors", endpoints=("list",), role="admin", kind="success", objective_percent=99.0)


def counted(*, sent=1_000, lagged=0, late=0, failed=0, limited=0):
    book = Book({"list": (50.0,), "preview": (50.0,)}, lag_limit_ms=5.0)
    for number in range(sent):
        book.took_up(6.0 if number < lagged else 0.5)
        name = "preview" if number % 4 == 3 else "list"
        book.tally(name).good(5.0, 5.0)
    for _ in range(late):
        book.tally("list").good(60.0, 60.0)
    for _ in range(failed):
        book.tally("list").error("status 500")
    for _ in range(limited):
        book.tally("list").refused()
    return book


def outcome(book, **values):
    light, errors = judge((LATENCY, ERRORS), PLAN, book, Circumstances(**values))
    return light, errors


def rules(objective):
    return [finding.rule for finding in objective.findings]


def test_objectives_cover_what_the_run_has_of_them():
    light, errors = outcome(counted())
    assert (light.state, errors.state) == (State.PASS, State.PASS)
    assert light.claim == "Under 100 arrivals/s 99 % of requests answered within 50 ms: list, preview"
    assert rules(light) == ["not-in-the-run"]
    assert (light.facts["total"], errors.facts["total"]) == (1_000, 750)


def test_late_answers_break_one_objective_and_errors_both():
    light, errors = outcome(counted(late=60))
    assert (light.state, errors.state) == (State.FAIL, State.PASS)
    light, errors = outcome(counted(failed=60))
    assert (light.state, errors.state) == (State.FAIL, State.FAIL)


@pytest.mark.parametrize(
    ("book", "values", "rule"),
    [
        (counted(sent=980, late=60), {}, "load-not-delivered"),
        (counted(sent=0), {}, "load-not-delivered"),
        (counted(lagged=30, late=60), {}, "generator-late"),
        (counted(late=60), {"workers": 2, "reported": 1}, "worker-lost"),
        (counted(late=60), {"aborted": True}, "load-aborted"),
        (counted(late=60), {"broken": "an agent ended by KeyError"}, "generator-broken"),
    ],
)
def test_a_generator_at_fault_makes_every_objective_inconclusive(book, values, rule):
    for objective in outcome(book, **values):
        assert objective.state is State.INCONCLUSIVE
        assert rule in rules(objective)


def test_a_few_late_arrivals_of_the_generator_are_no_fault():
    assert outcome(counted(lagged=10))[0].state is State.PASS


def test_what_the_limiter_answered_concerns_its_own_endpoint_alone():
    light, _ = outcome(counted(limited=5))
    assert (light.state, rules(light)[0]) == (State.WARN, "limiter-answered")
    light, _ = outcome(counted(limited=50))
    assert (light.state, rules(light)[0]) == (State.INCONCLUSIVE, "load-limited")


def test_the_limiter_saves_no_objective_that_is_broken_without_it():
    light, errors = outcome(counted(failed=500, limited=50))
    assert (light.state, errors.state) == (State.FAIL, State.FAIL)
    assert rules(errors) == ["limiter-answered", "objective-broken"]


def test_refused_credentials_are_ours_whatever_the_limiter_answered_beside_them():
    book = counted(sent=0)
    for _ in range(1_000):
        book.took_up(0.5)
        book.tally("list").error("status 401")
    book.tally("list").refused()
    _, errors = outcome(book)
    assert errors.state is State.INCONCLUSIVE
    assert rules(errors)[0] == "credential-refused"


def test_the_record_gets_plan_delivery_lag_and_counts_by_name():
    facts = facts_of(PLAN, counted(late=2, limited=1), Circumstances())
    assert facts["plan"]["arrivals"] == 1_000
    assert facts["delivered"]["percent"] == 100.0
    assert facts["lag"]["beyond_limit"] == 0
    assert facts["counts"]["list"]["late"] == {"50": 2}
    assert facts["counts"]["list"]["limited"] == 1


def test_a_short_run_that_might_have_ended_early_fails_by_its_counts():
    light, errors = outcome(counted(sent=990, failed=300), any_time=True)
    assert (light.state, errors.state) == (State.FAIL, State.FAIL)
    assert light.valid


def test_what_only_the_generator_made_late_breaks_no_objective():
    book = counted(sent=940)
    for _ in range(60):
        book.took_up(0.5)
        book.tally("list").good(60.0, 40.0)
    light, _ = outcome(book)
    assert (light.state, light.valid) == (State.INCONCLUSIVE, False)
    assert "generator-late" in rules(light)
    again = counted(sent=940)
    for _ in range(60):
        again.took_up(0.5)
        again.tally("list").good(60.0, 55.0)
    assert outcome(again)[0].state is State.FAIL


def test_what_a_proxy_answers_concerns_its_own_endpoint_alone():
    book = counted(sent=1_000)
    for _ in range(5):
        book.tally("list").stranger("status 502 of a proxy")
    light, _ = outcome(book)
    assert (light.state, rules(light)[0]) == (State.WARN, "application-replaced")
    for _ in range(20):
        book.tally("list").stranger("status 502 of a proxy")
    light, errors = outcome(book)
    assert (light.state, errors.state) == (State.INCONCLUSIVE, State.INCONCLUSIVE)
    assert "application_header" in light.findings[0].next_step


def test_who_answers_in_its_place_saves_no_objective_that_is_broken_without_it():
    book = counted(failed=500)
    for _ in range(50):
        book.tally("list").stranger("status 502 of a proxy")
    assert outcome(book)[1].state is State.FAIL


def test_the_knife_edge_is_inconclusive():
    light, _ = outcome(counted(sent=990, late=10))
    assert (light.facts["bad"], light.facts["total"]) == (10, 1_000)
    assert (light.state, rules(light)[-1]) == (State.INCONCLUSIVE, "objective-undecided")
