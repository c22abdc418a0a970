"""A load run ends where its target says: early, later, or at once; and never because of answers that are missing."""

from dataclasses import replace
from itertools import pairwise

import pytest

from load.arrivals import Plan
from load.connection import UNKNOWN_HOST
from load.counts import Book
from load.outcome import Circumstances
from load.stopping import Rules, Stopping
from load.validity import findings, reachable_per_second
from prodverify.record.findings import Severity
from prodverify.record.states import State
from prodverify.target.load_run import Load
from prodverify.target.slos import Slo

RULES = Rules(planned_seconds=60.0, most_seconds=60.0, stop_early=True, abort_error_percent=50.0, burst_seconds=0.0)
PLAN = Plan.of({"list": 1.0}, rate=100.0, duration=60.0, warm_up=2.0, seed=1)
SLO = Slo(name="fast", endpoints=("list",), threshold_ms=50.0, objective_percent=99.0)


def stopping(slo=SLO, **rules):
    return Stopping(replace(RULES, **rules), PLAN, (slo,))


class Service:
    """What a run has counted, second by second."""

    def __init__(self):
        self.book = Book({"list": (50.0,)}, lag_limit_ms=5.0)

    def answers(self, seconds, *, late=0, failed=0, missing=0, limited=0, reason="status 500", lag_ms=0.1):
        for second in seconds:
            for number in range(100):
                self.book.took_up(lag_ms, block=second)
                if number >= 100 - missing:
                    continue
                error, refused = number < failed, number < limited
                self.book.recorded_one(second, limited=refused, bad=error)
                if second < 2:
                    self.book.warm_up += 1
                    if error:
                        self.book.warm_up_errors[reason] = self.book.warm_up_errors.get(reason, 0) + 1
                elif refused:
                    self.book.tally("list").refused(block=second)
                elif error:
                    self.book.tally("list").error(reason, block=second)
                else:
                    self.book.tally("list").good(90.0 if number < late + failed else 5.0, 5.0, block=second)
        return self


def looked(watched, service, seconds, **kept):
    """Looks each second while ``service`` answers as ``kept`` says; the moment at which the end moves."""
    for second in seconds:
        service.answers([second], **kept)
        if watched.look(second + 1.01, service.book):
            return second + 1.01
    return None


def test_a_run_ends_as_soon_as_all_is_decided_in_its_favour():
    watched = stopping()
    at = looked(watched, Service(), range(60))
    assert (watched.ended, watched.states) == ("early", {"fast": State.PASS})
    assert 12.0 < at < 20.0
    assert at < watched.until_seconds < at + 1.0
    assert [look["states"] for look in watched.looks[:12]] == [{}] * 11 + [{"fast": "pass"}]


def test_a_run_ends_as_soon_as_it_is_decided_against_it():
    watched = stopping()
    looked(watched, Service(), range(60), late=10)
    assert (watched.ended, watched.states) == ("early", {"fast": State.FAIL})
    assert watched.until_seconds < 20.0


def test_exactly_at_the_objective_nothing_is_ever_decided():
    watched = stopping()
    assert looked(watched, Service(), range(60), late=1) is None
    assert (watched.ended, watched.until_seconds) == ("planned", 60.0)


def test_a_run_that_must_not_end_early_does_not_look():
    watched = stopping(stop_early=False)
    assert looked(watched, Service(), range(60)) is None
    assert (watched.rules.any_time, watched.looks) == (False, ())


def test_nothing_is_decided_early_by_a_generator_that_is_late():
    watched, there = stopping(most_seconds=300.0), Service().answers(range(2), lag_ms=9.0).answers(range(2, 20))
    assert not watched.look(20.01, there.book)
    assert watched.states == {"fast": State.PASS}
    assert watched.look(59.0, Service().answers(range(20)).book)


def test_a_second_whose_answers_are_missing_decides_nothing_nor_does_any_after_it():
    watched, there = stopping(), Service()
    there.answers(range(2, 6)).answers([0, 1], missing=0).answers([6], missing=1).answers(range(7, 40))
    assert not watched.look(40.0, there.book)
    assert watched.states == {}


@pytest.mark.parametrize(("moment", "states"), [(11.99, {}), (12.01, {"fast": State.PASS})])
def test_a_second_counts_once_it_is_over(moment, states):
    watched = stopping()
    assert watched.look(moment, Service().answers(range(12)).book) is bool(states)
    assert watched.states == states


def test_an_undecided_run_goes_on_to_its_cap_and_no_further():
    watched, there = stopping(most_seconds=72.0), Service()
    moved = []
    for second in range(72):
        there.answers([second], late=1)
        if watched.look(second + 1.01, there.book):
            moved.append((second + 1.01, watched.until_seconds))
    assert moved == [(58.01, 65.0), (63.01, 70.0), (68.01, 72.0)]
    assert watched.ended == "extended"


def test_a_run_that_went_on_ends_once_it_is_decided():
    strict = SLO.model_copy(update={"objective_percent": 99.95})
    watched, there = stopping(strict, stop_early=False, most_seconds=300.0), Service()
    assert looked(watched, there, range(60)) == 58.01
    assert (watched.ended, watched.until_seconds) == ("extended", 65.0)
    for second in range(58, 300):
        if second + 1.01 > watched.until_seconds:
            break
        watched.look(second + 1.01, there.answers([second]).book)
    assert (watched.ended, watched.states) == ("extended", {"fast": State.PASS})
    assert 65.0 < watched.until_seconds <= 80.0


def test_a_run_that_must_not_end_early_lasts_as_planned_where_it_need_not_go_on_after_all():
    watched, there = stopping(stop_early=False, most_seconds=300.0), Service().answers([3], missing=1)
    there.answers(range(3)).answers(range(4, 58))
    assert watched.look(58.01, there.book)
    assert (watched.ended, watched.until_seconds) == ("extended", 65.0)
    there.book.recorded_one(3, limited=False, bad=False)
    assert watched.look(59.01, there.answers([58]).book)
    assert (watched.ended, watched.until_seconds) == ("planned", 60.0)


def test_a_run_that_is_decided_at_its_planned_end_does_not_go_on():
    watched = stopping(stop_early=False, most_seconds=300.0)
    assert looked(watched, Service(), range(60)) is None
    assert (watched.ended, watched.until_seconds) == ("planned", 60.0)


@pytest.mark.parametrize(("failed", "harmed"), [(49, False), (50, True)])
def test_harm_ends_a_run_at_once_even_in_the_warm_up(failed, harmed):
    watched, there = stopping(stop_early=False), Service()
    there.answers([0], failed=failed)
    assert watched.look(1.01, there.book) is harmed
    assert (watched.ended == "harm") is harmed
    assert [finding.rule for finding in watched.findings] == ["service-harmed"] * harmed
    assert not watched.look(2.01, there.answers([1], failed=100).book) or not harmed


def test_harm_that_is_seen_after_the_last_arrival_makes_no_longer_plan():
    watched, there = stopping(stop_early=False), Service().answers(range(57)).answers(range(57, 60), failed=100)
    assert watched.look(61.5, there.book)
    assert (watched.ended, watched.until_seconds, watched.over_seconds) == ("harm", 60.0, 61.5)


def test_harm_that_is_over_for_five_seconds_is_over():
    watched, there = stopping(stop_early=False), Service()
    there.answers(range(3, 9)).answers([0, 1, 2], failed=100)
    assert not watched.look(8.01, there.book)


@pytest.mark.parametrize("reason", ["status 401", "status 403", UNKNOWN_HOST])
def test_what_is_our_own_fault_does_no_harm(reason):
    watched, there = stopping(), Service()
    there.answers(range(4), failed=100, reason=reason)
    assert not watched.look(4.01, there.book)


def test_a_credential_that_ends_during_the_run_is_no_harm_of_a_service_that_failed_before():
    watched, there = stopping(), Service()
    there.answers([2], failed=1).answers(range(3, 12), failed=100, reason="status 401")
    assert not watched.look(6.5, there.book)
    assert not watched.look(12.5, there.book)


def test_a_proxy_that_answers_in_place_of_the_application_is_left_alone_too():
    watched, there = stopping(), Service().answers([2], failed=1)
    for _ in range(300):
        there.book.took_up(0.1, block=3)
        there.book.recorded_one(3, limited=False, bad=True)
        there.book.tally("list").stranger("status 502 of a proxy", block=3)
    assert watched.look(4.01, there.book)
    assert (watched.ended, [found.severity for found in watched.findings]) == ("harm", [Severity.INCONCLUSIVE])


def test_a_proxy_that_answers_from_the_first_second_on_is_no_harm_that_the_service_did():
    watched, there = stopping(), Service().answers([0, 1], failed=100, reason="list 1 of 2: status 502 of a proxy")
    assert watched.look(2.01, there.book)
    assert (watched.ended, [found.severity for found in watched.findings]) == ("harm", [Severity.INCONCLUSIVE])


def test_answers_of_the_limiter_do_no_harm():
    watched, there = stopping(), Service()
    assert not watched.look(4.01, there.answers(range(4), limited=90).book)


def test_a_long_run_is_looked_at_less_and_less_often_and_to_the_end():
    watched, there = stopping(planned_seconds=1_000.0, most_seconds=1_000.0), Service()
    for second in range(1_000):
        there.book.sent += 100
        watched.look(second + 0.01, there.book)
    moments = [look["at_seconds"] for look in watched.looks]
    assert 100 <= len(moments) <= 200
    assert moments[-1] > 990.0
    assert all(later - earlier <= 2.0 + later / 25.0 for earlier, later in pairwise(moments))


def test_the_rules_are_those_of_the_target():
    declared = Load(role="loader", shares={"list": 1.0}, rate_per_second=100.0, abort_error_percent=20.0)
    rules = Rules.of(declared, PLAN, PLAN.lengthened(90.0))
    assert (rules.planned_seconds, rules.most_seconds, rules.abort_error_percent) == (60.0, 90.0, 20.0)
    assert rules.any_time
    assert not Rules.of(declared.model_copy(update={"stop_early": False}), PLAN, PLAN).any_time


@pytest.mark.parametrize(("seconds", "any_time"), [(12.0, False), (12.1, True)])
def test_a_run_that_is_over_before_anything_could_be_seen_is_judged_as_one_that_nobody_looked_at(seconds, any_time):
    declared = Load(role="loader", shares={"list": 1.0}, rate_per_second=100.0)
    short = PLAN.lasting(seconds)
    assert Rules.of(declared, short, short).any_time is any_time
    assert Rules.of(declared, short, short.lasting(seconds + 1.0)).any_time


def test_a_run_ends_once_its_generator_was_late_for_more_than_the_longest_run_may_have():
    watched, there = stopping(stop_early=False, most_seconds=110.0), Service().answers([0], lag_ms=9.0)
    looks = {second: watched.look(second + 1.01, there.answers([second]).book) for second in range(1, 20)}
    assert not any(looks.values())  # 100 of 11,000
    moved = [
        second for second in range(20, 30) if watched.look(second + 1.01, there.answers([second], lag_ms=9.0).book)
    ]
    assert (moved, watched.ended, watched.until_seconds) == ([20], "late", 21.01)


@pytest.mark.parametrize(("seconds", "busy", "late"), [(4.9, 60.0, False), (5.1, 6.1, False), (5.1, 6.2, True)])
def test_a_run_ends_once_its_generator_was_busy_for_too_long_but_never_in_its_first_seconds(seconds, busy, late):
    watched, there = stopping(stop_early=False), Service().answers(range(5))
    there.book.own = {"busy_seconds": busy, "seconds": busy}
    assert watched.look(seconds, there.book) is late
    assert (watched.ended == "late") is late


@pytest.mark.parametrize(("own", "severity"), [({}, Severity.FAIL), ({"busy_seconds": 3.0}, Severity.INCONCLUSIVE)])
def test_answers_that_a_busy_generator_saw_too_late_are_no_harm_that_the_service_did(own, severity):
    watched, there = stopping(), Service().answers(range(6), failed=100, reason="no answer within 2 s")
    there.book.own = {"seconds": 6.0, **own}
    assert watched.look(6.01, there.book)
    assert [found.severity for found in watched.findings] == [severity]
    broken, there.book.names = stopping(), {}
    there.answers([6], failed=100)
    assert broken.look(7.01, there.book)
    assert [found.severity for found in broken.findings] == [Severity.FAIL]


def test_a_generator_that_is_far_behind_ends_where_it_is_in_its_plan():
    watched, there = stopping(stop_early=False), Service()
    for second in range(12):  # ten of each hundred
        for _ in range(10):
            there.book.took_up(900.0 * second, block=second)
        if watched.look(second + 1.01, there.book):
            break
    assert (second, watched.ended, watched.until_seconds, watched.over_seconds) == (5, "late", 0.6, 6.01)
    done = PLAN.lasting(watched.until_seconds)
    assert (done.total, there.book.sent) == (60, 60)
    there.book.own = {"cpu_percent": 100.0, "seconds": 6.0, "busy_seconds": 6.0}
    assert reachable_per_second(done, there.book) == 8.0  # four fifths of the ten that it carried


def test_a_generator_that_stood_still_is_not_judged_by_what_it_had_sent_before():
    watched, there = stopping(stop_early=False), Service().answers(range(20))
    assert watched.look(30.0, there.book)
    assert (watched.ended, watched.until_seconds) == ("late", 20.0)
    done = PLAN.lasting(watched.reached(there.book))
    assert [found.rule for found in findings(done, there.book, Circumstances(ended="late"))] == ["load-not-delivered"]


def test_what_is_owed_after_the_planned_end_is_not_sent_where_it_would_judge_nothing():
    watched, there = stopping(stop_early=False, planned_seconds=6.0, most_seconds=6.0), Service()
    there.answers(range(6))
    assert not watched.look(8.0, there.book)  # all was sent, if late, and answers are waited for
    behind, slowly = stopping(stop_early=False, planned_seconds=6.0, most_seconds=6.0), Service().answers(range(2))
    slowly.answers([2], lag_ms=3_000.0)
    assert behind.look(8.0, slowly.book)
    assert (behind.ended, behind.until_seconds) == ("late", 3.0)
