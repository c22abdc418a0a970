"""What a load run looked like stands on its page: small, without script, whatever the length of the run."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports import page, pictures
from reports.axes import across, by_magnitude, line, thinned, upwards
from reports.pictures import load_view
from reports.previous import with_previous
from tests.evidence.dom import elements, texts
from tests.record.sample import load_run

LIMIT_MS = 50.0


def seen(columns=20, names=("list", "execution"), **further):
    series = {
        name: {
            "asked": [40] * columns,
            "errors": [0] * (columns - 1) + [3],
            "limited": [0] * columns,
            "bad": {"50": [0] * (columns - 1) + [5]},
            "p50_ms": [4.0] * columns,
            "p99_ms": [9.0] * (columns - 1) + [70.0],
            "max_ms": [12.0] * (columns - 1) + [2000.0],
        }
        for name in names
    }
    return {
        "seconds_per_block": 1.0,
        "warm_up_blocks": 2,
        "due": [40] * columns,
        "sent": [40] * (columns - 1) + [20],
        "series": series,
        "heat": {"edges_ms": [4.0, 8.0, 16.0], "counts": [[10, 20, 1]] * columns},
        "errors": {"list": {"status 500": 3}, "execution": {}},
        "generator": {"workers": [{"index": 0, "sent": 780, "cpu_percent": 12.0, "lag_p99_ms": 1.5, "rss_mib": 90.0}]},
        **further,
    }


def record_with(load):
    record = load_run()
    return replace(record, load={**record.load, **load})


def test_every_endpoint_has_its_latency_with_the_limit_line_and_the_warm_up() -> None:
    view = load_view(record_with(seen()))

    latencies = [one for one in view.pictures if one.title.startswith("Latency of")]
    assert ["Latency of list, ms from when it was due", "Latency of execution, ms from when it was due"] == [
        one.title for one in latencies
    ]
    for one in latencies:
        assert ["50 ms"] == [limit.text for limit in one.limits]
        assert ["max", "p99", "p50"] == [drawn.word for drawn in one.lines]
        assert "800 arrivals judged, 3 errors, 2 later than 50 ms" == one.caption
        assert across(20.0).place(2.0) == one.warm_up


def test_a_value_beyond_the_limit_is_drawn_above_its_line() -> None:
    one = load_view(record_with(seen())).pictures[0]

    heights = [float(height) for height in re.findall(r"[ML][\d.]+ ([\d.]+)", one.lines[1].path)]
    assert heights[-1] < one.limits[0].at < heights[0]  # a drawing's heights are counted from the top


def test_due_and_sent_part_where_the_generator_fell_behind() -> None:
    one = next(one for one in load_view(record_with(seen())).pictures if one.title.startswith("Due against sent"))

    due, sent = (drawn.path for drawn in one.lines)
    assert "780 of 800 arrivals sent" == one.caption
    assert due.rpartition("L")[0] == sent.rpartition("L")[0]
    assert due != sent


@pytest.mark.parametrize(("ends", "drawn"), [(19.75, 20), (19.25, 19)])
def test_a_plan_that_ends_within_a_second_does_not_look_like_one_that_slows_down(ends: float, drawn: int) -> None:
    arrivals = [40] * 19 + [round(40 * (ends - 19.0))]
    load = seen(due=arrivals, sent=arrivals, plan={"duration_seconds": ends})

    one = next(one for one in load_view(record_with(load)).pictures if one.title.startswith("Due against sent"))

    heights = re.findall(r"[ML][\d.]+ ([\d.]+)", one.lines[0].path)
    assert drawn == len(heights)
    assert 1 == len(set(heights))


def test_the_fullest_cell_of_the_heat_map_is_the_darkest() -> None:
    one = next(one for one in load_view(record_with(seen())).pictures if one.cells)

    assert [20, 0, 0, 20, 20] == [path.count("M") for path in one.cells]


def test_errors_by_kind_the_generator_and_the_last_runs_are_tables() -> None:
    previous = [
        {
            "started_at": "2026-11-20T01:02:03Z",
            "verdict": "GO",
            "objectives": [{"name": "light", "observed": "99.9 % good", "n": 700, "percentiles": "1 / 2 / 3"}],
        }
    ]

    tables = {one.title: one.rows for one in load_view(record_with(seen(previous=previous))).tables}

    assert (("list", "status 500", "3"),) == tables["Errors by kind"]
    assert (("0", "780", "12 %", "1.5 ms", "90 MiB"),) == tables["Generator"]
    assert (("2026-11-20 01:02", "GO", "light", "99.9 % good", "700", "1 / 2 / 3"),) == tables[
        "The last runs of this target"
    ]


def test_the_page_has_the_objectives_before_the_pictures_and_no_script() -> None:
    html = page.render(record_with(seen()))

    headings = texts(html, "h2")
    assert headings.index("Objectives") < headings.index("The load run")
    assert [] == elements(html, "script")
    assert 4 == len(elements(html, "svg"))
    assert all(svg.attributes["aria-label"] for svg in elements(html, "svg"))


def test_names_and_errors_of_a_service_are_text_and_nothing_else() -> None:
    load = seen(names=("<script>alert(1)</script>",), errors={"<b>": {"<img src=x onerror=y>": 1}})

    html = page.render(record_with(load))

    assert [] == elements(html, "script") + elements(html, "img")
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("columns", [1, 199, 200, 201, 600])
def test_long_runs_stay_small_and_show_their_worst_moment(columns: int) -> None:
    record = record_with(seen(columns, names=tuple(f"endpoint-{index}" for index in range(12))))

    html = page.render(record)

    assert len(html) < 600_000
    assert 4 == load_view(record).left
    worst = load_view(record).pictures[0].lines[0].path
    top = by_magnitude(4.0, 2000.0).place(2000.0)
    assert f" {top:g}" in worst


def test_a_gap_interrupts_a_line_and_a_lonely_value_is_a_dot() -> None:
    x, y = across(5.0), upwards(10.0)

    path = line([None, 1.0, None, 2.0, 3.0], 1.0, x, y)

    assert (
        f"M{x.place(1.5):g} {y.place(1.0):g}h1M{x.place(3.5):g} {y.place(2.0):g}L{x.place(4.5):g} {y.place(3.0):g}"
        == path
    )


def test_columns_are_put_together_by_their_worst() -> None:
    assert [2.0, 3.0, None, 7.0] == thinned([1.0, 2.0, 3.0, None, None, None, 7.0], 2)


@pytest.mark.parametrize("highest", [0.0, 0.3, 1.0, 39.9, 40.0, 1234.0, 1e9])
def test_ticks_are_few_and_inside(highest: float) -> None:
    ticks = upwards(highest).ticks

    assert 1 <= len(ticks) <= 4
    assert all(10 <= tick.at <= 140 for tick in ticks)


def test_a_decade_is_as_high_as_the_next() -> None:
    axis = by_magnitude(1.0, 900.0)

    assert ["1", "10", "100", "1,000"] == [tick.text for tick in axis.ticks]
    heights = [tick.at for tick in axis.ticks]
    assert all(math.isclose(a - b, heights[0] - heights[1], abs_tol=0.11) for a, b in itertools.pairwise(heights))


def written(runs: Path, folder: str, **members) -> None:
    (runs / folder).mkdir(parents=True)
    record = load_run().as_dict() | members
    (runs / folder / "record.json").write_text(json.dumps(record), encoding="utf-8")


def test_a_load_run_is_compared_with_the_five_before_it(tmp_path: Path) -> None:
    target = load_run().target
    for number in range(7):
        written(tmp_path, f"2026112{number}T000000Z-{target}-{number}", run_id=f"run-{number}")
    written(tmp_path, f"20261128T000000Z-{target}-gate", run_id="gate", mode="gate")
    written(tmp_path, f"20261129T000000Z-{target}-aborted", run_id="aborted", aborted=True)
    written(tmp_path, "20261129T000000Z-another-1", run_id="another", target="another")

    record = with_previous(replace(load_run(), run_id="now"), tmp_path)

    assert ["run-6", "run-5", "run-4", "run-3", "run-2"] == [each["run_id"] for each in record.load["previous"]]
    assert load_run().load["objectives"][0]["name"] == record.load["previous"][0]["objectives"][0]["name"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"load": []}', '{"load": {"objectives": 7}}', "[" * 100_000])
def test_a_record_that_was_damaged_is_left_out(tmp_path: Path, content: str) -> None:
    record = load_run()
    folder = tmp_path / f"20261121T000000Z-{record.target}-1"
    folder.mkdir()
    (folder / "record.json").write_text(content, encoding="utf-8")

    assert [] == with_previous(record, tmp_path).load["previous"]


def test_a_gate_has_no_pictures() -> None:
    assert pictures.LoadView() == load_view(replace(load_run(), load=None))
