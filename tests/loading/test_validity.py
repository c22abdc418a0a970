"""What the generator must have kept before anything is judged, with its boundary on both sides."""

import pytest

from load.arrivals import Plan
from load.counts import Book
from load.outcome import Circumstances
from load.validity import findings, reachable_per_second
from prodverify.record.findings import Severity, fail

PLAN = Plan.of({"list": 1.0}, rate=100.0, duration=10.0, warm_up=0.0, seed=1)
SPARE = {"cpu_percent": 20.0, "seconds": 10.0, "busy_seconds": 0.0, "rss_mib": 60.0, "most_connections": 300}


def book(*, seconds=None, lagged=0, own=None, starved=0):
    """100 arrivals in each of ten seconds, or as many as ``seconds`` says, in the second that they were sent."""
    counting = Book({"list": (50.0,)}, lag_limit_ms=5.0, starved=starved, own={**SPARE, **(own or {})})
    late = iter(range(lagged))
    for second, number in enumerate(seconds or [100] * 10):
        for _ in range(number):
            counting.took_up(0.5 if next(late, None) is None else 6.0, block=second)
    return counting


def found(counting, **circumstances):
    return {one.rule: one for one in findings(PLAN, counting, Circumstances(**circumstances))}


@pytest.mark.parametrize(
    ("counting", "rules"),
    [
        (book(), set()),
        (book(seconds=[100] * 9 + [90]), set()),
        (book(seconds=[100] * 9 + [89]), {"load-not-delivered"}),
        (book(lagged=10), set()),
        (book(lagged=11), {"generator-late"}),
        (book(own={"busy_seconds": 1.0}), set()),
        (book(own={"busy_seconds": 1.2}), {"generator-busy"}),
        (book(seconds=[100, 100, 89, 90, 121, 100, 100, 100, 100, 100]), {"load-uneven"}),
        (book(seconds=[100, 100, 90, 110, 100, 100, 100, 100, 100, 100]), set()),
        (book(seconds=[100, 100, 50, 150, 100, 100, 100, 100, 100, 100]), set()),
        (book(seconds=[100, 100, 50, 100, 150, 100, 100, 100, 100, 100]), {"load-uneven"}),
    ],
)
def test_the_generator_is_judged_by_the_plan_of_the_master(counting, rules):
    assert set(found(counting)) == rules


def test_nothing_that_was_sent_is_nothing_delivered():
    nothing = Book({"list": (50.0,)}, lag_limit_ms=5.0)
    assert set(found(nothing)) == {"load-not-delivered"}
    assert "nothing was measured" in found(nothing)["load-not-delivered"].observed
    empty = Plan.of({"list": 1.0}, rate=100.0, duration=10.0, warm_up=0.0, seed=1).lasting(0.0)
    assert [one.rule for one in findings(empty, nothing, Circumstances())] == ["load-not-delivered"]


def test_a_few_arrivals_of_few_are_late_too():
    few = Book({"list": (50.0,)}, lag_limit_ms=5.0)
    for number in range(300):
        few.took_up(6.0 if number < 4 else 0.5, block=number // 100)
    plan = PLAN.lasting(3.0)
    assert [one.rule for one in findings(plan, few, Circumstances())] == ["generator-late"]


def test_every_finding_says_what_this_generator_can_reach_and_what_to_do():
    late = found(book(lagged=300))["generator-late"]
    assert "about 70 arrivals/s" in late.observed  # 700 of 1,000 on time in ten seconds
    assert "processor" in late.next_step
    busy = found(book(own={"busy_seconds": 5.0, "cpu_percent": 96.0}))["generator-busy"]
    assert "about 83 arrivals/s" in busy.observed  # 100 a second at 96 % of a core; at 80 % that is 83
    starved = found(book(seconds=[50] * 10, starved=400))["load-not-delivered"]
    assert "300 connections" in starved.next_step
    assert "ulimit" in starved.next_step


def test_a_rate_that_is_reached_with_ease_is_far_below_what_could_be():
    assert reachable_per_second(PLAN, book()) == 400.0  # a fifth of a core, and four fifths are used
    together = Book({"list": (50.0,)}, lag_limit_ms=5.0)
    together.add(book())
    together.add(book())
    assert reachable_per_second(PLAN, together) == 800.0


def test_what_a_stopped_run_did_not_send_is_not_the_generators_fault():
    assert set(found(book(seconds=[100]), aborted=True)) == {"load-aborted"}


def test_what_the_conductor_found_stands_beside_it_and_for_lost_workers():
    harm = fail("service-harmed", "fewer errors", "many")
    told = found(book(lagged=11), findings=(harm,), workers=2, reported=1)
    assert set(told) == {"service-harmed", "generator-late"}
    assert set(found(book(), workers=2, reported=1)) == {"worker-lost"}
    assert all(one.severity is Severity.INCONCLUSIVE for one in found(book(lagged=11)).values())
