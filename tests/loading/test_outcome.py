"""A verdict stands only where the generator kept its own promise."""

import pytest

from load.arrivals import Plan
from load.counts import Book
from load.judged import burst_events
from load.outcome import Circumstances, facts_of, judge
from load.shapes import Shape
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
    book.tally("list").stranger("status 502 of a proxy")
    light, _ = outcome(book)
    assert (light.state, rules(light)[0]) == (State.WARN, "application-replaced")
    for _ in range(24):
        book.tally("list").stranger("status 502 of a proxy")
    light, errors = outcome(book)
    assert (light.state, errors.state) == (State.INCONCLUSIVE, State.INCONCLUSIVE)
    assert "application_header" in light.findings[0].next_step


def test_few_answers_of_a_proxy_pass_no_objective_that_they_might_break():
    book = counted(sent=1_000)
    for _ in range(5):
        book.tally("list").stranger("status 502 of a proxy")
    light, _ = outcome(book)  # none of 1,000 bad is a pass, and 5 of 1,005 are not enough to tell
    assert (light.state, rules(light)[0]) == (State.INCONCLUSIVE, "load-intercepted")


def test_who_answers_in_its_place_saves_no_objective_that_is_broken_without_it():
    book = counted(failed=500)
    for _ in range(50):
        book.tally("list").stranger("status 502 of a proxy")
    assert outcome(book)[1].state is State.FAIL


def test_the_knife_edge_is_inconclusive():
    light, _ = outcome(counted(sent=990, late=10))
    assert (light.facts["bad"], light.facts["total"]) == (10, 1_000)
    assert (light.state, rules(light)[-1]) == (State.INCONCLUSIVE, "objective-undecided")


def several(book, *, refused=0, failed=0, reason="status 401", accepted=(0,)):
    """Of ``list``, whose role has two credentials: the first one is right, the second one is refused."""
    tally = book.tally("list")
    tally.series.accepted.update(accepted)
    for _ in range(refused):
        tally.error(reason, credential=1)
    for _ in range(failed):
        tally.error("status 500")
    return book


@pytest.mark.parametrize("reason", ["status 401", "list 1 of 2: status 403", "connection failed: Too many open files"])
def test_a_fault_of_ours_is_no_verdict_on_the_service(reason):
    light, errors = outcome(several(counted(), refused=300, reason=reason))
    assert (light.state, errors.state) == (State.INCONCLUSIVE, State.INCONCLUSIVE)
    assert rules(errors)[0] == ("generator-unconnected" if "connection" in reason else "credential-refused")
    assert "300 of 1,050 requests" in errors.findings[0].observed


def test_the_credential_that_is_wrong_is_told_by_its_number():
    _, errors = outcome(several(counted(), refused=300))
    assert "credential 2 of the role never got a good answer" in errors.findings[0].observed


def test_a_service_that_refuses_a_credential_which_it_accepted_before_breaks_its_promise():
    light, errors = outcome(several(counted(), refused=300, accepted=(0, 1)))
    assert (light.state, errors.state, rules(errors)) == (State.FAIL, State.FAIL, ["objective-broken"])


def test_a_wrong_credential_saves_no_objective_that_is_broken_without_it():
    _, errors = outcome(several(counted(), refused=300, failed=300))
    assert (errors.state, rules(errors)) == (State.FAIL, ["credential-refused", "objective-broken"])


def test_few_refusals_of_many_credentials_are_told_and_spoil_nothing():
    book = several(counted(sent=8_000), refused=3)
    plan = Plan.of({"list": 3.0, "preview": 1.0}, rate=800.0, duration=10.0, warm_up=0.0, seed=1)
    errors = judge((ERRORS,), plan, book, Circumstances())[0]
    assert (errors.state, rules(errors)) == (State.WARN, ["credential-refused"])


def test_one_cause_spoils_what_is_due_at_the_highest_rate_even_in_a_run_of_half_a_second():
    steady = Plan.of({"list": 3.0, "preview": 1.0}, rate=100.0, duration=1.2, warm_up=0.7, seed=1)
    assert burst_events(steady, ["list"], 0.1) == pytest.approx(7.5)
    ramp = Plan(Shape.ramp(100.0, 20.0), 0.0, (("list", 1.0),), 1)
    assert burst_events(ramp, ["list"], 0.1) == pytest.approx(10.0)
    assert burst_events(ramp.lasting(5.0), ["list"], 0.1) == pytest.approx(2.5)
    assert burst_events(ramp.lasting(5.0), ["list"], 0.001) == 1.0
