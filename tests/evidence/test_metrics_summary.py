"""The metrics summary tells the week of the record, and nothing where Prometheus was not asked."""

from __future__ import annotations

from prodverify.record.findings import inconclusive, warn
from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from reports import metrics_summary

CHECK = "checks/test_error_budget.py::test_objective_is_met_over_its_window"
BUDGET = {"allowed": 1000, "spent": 850, "left": 150, "spent_percent": 85.0, "left_percent": 15.0, "colour": "red"}
WEEK = {"total": 100_000, "bad": 850, "good_percent": 99.15, "objective_met": True, "agreement_met": True}
FACTS = {
    "slo": "errors|all",
    "window_days": 30,
    "objective": {"state": "pass"},
    "budget": BUDGET,
    "week": {**WEEK, "per_second": 0.165, "p50_ms": 4.0, "p95_ms": 20.0, "p99_ms": 41.5},
    "last_month": {**WEEK, "good_percent": 98.7, "objective_met": False},
}
FINDING = warn("budget-nearly-spent", "less than 80 % is spent", "85 % of it is spent", next_step="mend what spends it")


def told(*cases, **more):
    return metrics_summary.render(
        RunRecord(run_id="r", target="shop", started_at="2026-11-21T10:00:00+00:00", checks=cases, **more)
    )


def case(facts, state=State.WARN, findings=(FINDING,)):
    return CaseRecord(id=f"{CHECK}[errors]", check=CHECK, state=state, claim="", findings=findings, facts=facts)


def test_a_run_that_did_not_ask_prometheus_has_none():
    sampled = CaseRecord(id="checks/test_objectives.py::test_objective[errors]", check="", state=State.PASS, claim="")
    assert "" == told(sampled, case({}, State.NOT_RUN, ()))


def test_an_objective_of_which_nothing_was_told_is_not_missed():
    finding = inconclusive("window-no-data", "99 % of requests", "no series", next_step="correct monitoring.job")
    text = told(case(FACTS), case({}, State.INCONCLUSIVE, (finding,)))
    assert "| errors | – days | inconclusive | – | – | – |" in text
    assert "no series. **correct monitoring.job**" in text


def test_the_week_the_budget_and_what_to_do_stand_in_it():
    text = told(case(FACTS))
    assert "| errors\\|all | 100,000 | 0.165 | 850 (0.85 %) | 4 / 20 / 41.5 | 99.150 % good: objective met, " in text
    assert "| errors\\|all | 30 days | pass | 850 of 1,000 (85.0 %) | 150 | red |" in text
    assert "98.700 % good: objective missed, agreement met" in text
    assert "less than 80 % is spent; 85 % of it is spent. **mend what spends it**" in text


def test_a_week_without_a_value_is_a_dash_and_no_nought():
    facts = {name: value for name, value in FACTS.items() if name not in ("week", "last_month")}
    text = told(case(facts, State.PASS, ()))
    assert "| errors\\|all | – | – | – | – | – |" in text
    assert "Nothing: no objective over its window, no alert and no metric asks for it." in text


def test_a_week_without_fault_does_not_hide_that_the_run_was_no_go():
    text = told(case(FACTS, State.PASS, ()), verdict="NO-GO", rule="1 of 451 cases failed")
    assert "Until 2026-11-21 10:00:00 UTC, as Prometheus told run r, which was NO-GO: 1 of 451 cases failed." in text


def test_a_month_that_was_watched_in_part_does_not_pass_for_the_whole():
    text = told(case({**FACTS, "last_month": {**WEEK, "whole": False}}))
    assert "99.150 % good: objective met, agreement met; Prometheus has only a part of it |" in text


def test_a_month_is_told_with_the_colour_of_its_budget():
    text = told(case({**FACTS, "month": {**WEEK, "budget": BUDGET}}))
    assert "99.150 % good: objective met, agreement met; 85.0 % of its budget, red |" in text


def test_a_practice_service_is_labelled():
    assert "practice service" in told(case(FACTS), practice=True)
