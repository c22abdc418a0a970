"""The record holds what a page is drawn from, and every second that a verdict was taken from."""

import json

import pytest

from load import telling
from load.arrivals import Plan
from load.chart import chart, verdict_data
from load.counts import Book
from load.evidence import rows
from load.outcome import Circumstances, judge
from prodverify.objectives.counts import Counts
from prodverify.record.states import State
from prodverify.target.slos import Slo

LIGHT = Slo(
    name="light",
    endpoints=("list", "preview"),
    threshold_ms=50.0,
    objective_percent=99.0,
    agreement_percent=99.0,
    agreement_threshold_ms=200.0,
)
SPARE = {"cpu_percent": 20.0, "seconds": 60.0, "busy_seconds": 0.0, "rss_mib": 60.0, "most_connections": 300}


def plan(seconds, rate=20.0):
    return Plan.of({"list": 3.0, "preview": 1.0}, rate=rate, duration=float(seconds), warm_up=1.5, seed=1)


def counted(planned, *, slow=frozenset()):
    """What a run of ``planned`` counts where answers take 10 ms, and 60 ms of those due in the seconds ``slow``."""
    book = Book(dict.fromkeys(("list", "preview"), (50.0, 200.0)), lag_limit_ms=5.0, own=dict(SPARE))
    for arrival in planned.arrivals():
        block = int(arrival.due_seconds)
        book.took_up(0.5, block=block)
        book.recorded_one(block, limited=False, bad=False)
        if arrival.judged:
            ms = 60.0 if block in slow else 10.0
            bucket = book.tally(arrival.name).good(ms, ms, block=block)
            book.picture.record(block, arrival.name, bucket, ms)
    return book


def test_every_column_has_its_numbers_and_what_had_nothing_says_so():
    planned = plan(6)
    book = counted(planned, slow={3})
    book.tally("list").error("status 500", block=5)
    drawn = chart(planned, book, Circumstances(looks=({"at_seconds": 3.0, "sent": 60, "states": {}},)))
    assert (drawn["seconds_per_block"], drawn["warm_up_blocks"], drawn["ended"]) == (1.0, 2, "planned")
    assert drawn["due"] == drawn["sent"] == [20] * 6
    first, second = drawn["series"]["list"], drawn["series"]["preview"]
    assert [one + other for one, other in zip(first["asked"], second["asked"], strict=True)] == [0, 10, 20, 20, 20, 21]
    assert first["errors"] == [0, 0, 0, 0, 0, 1]
    assert [bad > 0 for bad in first["bad"]["50"]] == [False, False, False, True, False, True]
    assert first["bad"]["200"] == [0, 0, 0, 0, 0, 1]
    assert first["p99_ms"][0] is None
    assert first["p99_ms"][2:5] == [10.0, 60.0, 10.0]
    assert drawn["errors"]["list"] == {"status 500": 1}
    assert sum(map(sum, drawn["heat"]["counts"])) == 90
    assert all(len(row) == len(drawn["heat"]["edges_ms"]) for row in drawn["heat"]["counts"])
    (worker,) = drawn["generator"]["workers"]
    assert (worker["index"], worker["sent"], worker["cpu_percent"]) == (0, 120, 20.0)
    json.dumps(drawn, allow_nan=False)


def test_half_an_hour_is_pictured_in_450_columns_and_judged_second_by_second():
    planned = plan(1_800, rate=40.0)
    book = counted(planned, slow={900})
    drawn = chart(planned, book, Circumstances())
    assert (drawn["seconds_per_block"], len(drawn["due"]), sum(drawn["due"])) == (4.0, 450, 72_000)
    (light,) = judge((LIGHT,), planned, book, Circumstances(), burst_seconds=0.05)
    held = verdict_data(light)
    assert len(held["total"]) == 1_799
    assert held["bad"] == {"899": 40}
    assert held["agreement"] == {}
    assert sum(held["total"]) == light.facts["total"] == planned.judged
    assert len(json.dumps([drawn, held], indent=1)) < 500_000


def test_a_verdict_is_taken_from_blocks_and_states_its_agreement_apart():
    planned = plan(60, rate=40.0)
    (light,) = judge((LIGHT,), planned, counted(planned, slow={30, 31}), Circumstances(), burst_seconds=0.05)
    assert light.facts["objective"]["state"] != State.PASS
    assert (light.facts["agreement"]["state"], light.facts["agreement"]["bad"]) == (State.PASS, 0)
    assert light.facts["dispersion"] > 10
    assert light.facts["burst_events"] == pytest.approx(40 * 0.05)


def test_an_objective_and_its_agreement_are_two_rows_and_nothing_seen_is_not_all_good():
    planned = plan(60, rate=40.0)
    book = counted(planned, slow={30})
    (light,) = judge((LIGHT,), planned, book, Circumstances())
    objective, agreement = rows(light, book)
    assert (objective["name"], objective["n"], objective["bad"]) == ("light", 2_340, 40)
    assert objective["percentiles"].startswith("10")
    assert (agreement["name"], agreement["state"], agreement["bad"]) == ("light (agreement)", "pass", 0)
    assert agreement["limit"] == "99 % of requests answered within 200 ms"
    late = counted(planned)
    late.lagged = 30
    (light,) = judge((LIGHT,), planned, late, Circumstances())
    assert {row["state"] for row in rows(light, late)} == {"inconclusive"}
    nothing = Book(dict.fromkeys(("list", "preview"), (50.0, 200.0)), lag_limit_ms=5.0)
    (nobody,) = judge((LIGHT,), planned, nothing, Circumstances())
    assert [row["observed"] for row in rows(nobody, nothing)] == ["nothing", "nothing"]


def test_progress_tells_the_rate_now_the_budget_and_the_verdict_so_far():
    planned = plan(10)
    book = counted(planned.lasting(6.0), slow={4})
    line = telling.progress(book, planned, 6.2, slos=(LIGHT,), states={"light": State.FAIL}, until_seconds=8.0)
    assert line == (
        "    6 of 8 s: 20/s, 120 of 160 sent, 0 errors, lag p99 0.5 ms, light 1,538 % of its budget spent, broken"
    )
    assert "0/s, 0 of 200 sent" in telling.progress(Book({}, 5.0), planned, 0.0)


def test_the_budget_is_that_of_the_whole_run():
    planned = plan(101.5, rate=100.0)  # 10,000 judged arrivals, of which 100 may be bad
    spent = telling.budget_spent_percent(LIGHT, Counts(500, 25), planned, ["list", "preview"], 101.5)
    assert spent == pytest.approx(25.0)


def test_an_ending_that_was_not_planned_says_why():
    assert telling.ending("planned", 20.0, planned_seconds=20.0) == ""
    assert "every objective is decided" in telling.ending("early", 7.0, planned_seconds=20.0)
