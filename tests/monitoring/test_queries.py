"""The queries of one objective: what counts as an event, what as a bad one, and how it is spelt."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from prodverify.monitoring import sli
from prodverify.monitoring.promql import duration, literally, number, quoted, selector, spellings, stored
from prodverify.monitoring.yaml_text import written
from tests.monitoring.files import run, slo

ABOUT = 'path=~"/actions|/a"'


def test_a_good_event_is_in_time_and_no_error() -> None:
    asked = sli.good(slo(), "5m")

    edge = 'le=~"0?\\\\.050*|5(\\\\.0*)?[eE]-0*2"'
    bucket = f"http_request_duration_seconds_bucket{{{edge},{ABOUT}"
    assert f'(sum(increase({bucket},status!~"5.."}}[5m])) or 0 * sum(increase({bucket}}}[5m])))' == asked


def test_a_bad_event_is_every_other_one_and_there_are_never_fewer_than_none() -> None:
    count = f"sum(increase(http_request_duration_seconds_count{{{ABOUT}}}[5m]))"
    assert f"clamp_min({count} - {sli.good(slo(), '5m')}, 0)" == sli.bad(slo(), "5m")
    assert count == sli.total(slo(), "5m")


def test_an_error_is_a_bad_event_of_an_objective_of_success() -> None:
    counted = slo(
        kind="success", threshold_ms=None, metrics={"requests": "http_requests_total", "errors": ["5xx", "429"]}
    )

    failed = 'sum(increase(http_requests_total{job="a",status=~"5..|429"}[1h]))'
    assert f'({failed} or 0 * sum(increase(http_requests_total{{job="a"}}[1h])))' == sli.bad(counted, "1h", job="a")
    assert 'sum(increase(http_requests_total{job="a"}[1h]))' == sli.total(counted, "1h", job="a")


def test_the_agreement_may_have_a_threshold_of_its_own() -> None:
    agreed = slo(agreement_threshold_ms=1200.0)

    assert (Decimal("0.05"), Decimal("1.2")) == (sli.threshold(agreed), sli.threshold(agreed, agreement=True))
    assert Decimal("0.05") == sli.threshold(slo(), agreement=True)
    assert sli.bad(agreed, "5m", agreement=True) != sli.bad(agreed, "5m")


def test_a_histogram_of_milliseconds_has_edges_in_milliseconds() -> None:
    assert Decimal("0.5") == sli.threshold(slo(threshold_ms=0.5, metrics={"durations": "ms", "unit": "milliseconds"}))


def test_the_job_that_the_objective_states_itself_is_kept() -> None:
    own = slo(metrics={"durations": "seconds", "labels": {"job": "ours"}})
    assert 'sum(increase(seconds_count{job="ours"}[5m]))' == sli.total(own, "5m", job="another")


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, ""),
        ({"metrics": None}, "slos.metrics"),
        ({"metrics": {"requests": "a_total"}}, "slos.metrics.durations"),
        ({"kind": "success", "metrics": {}}, "slos.metrics.requests"),
        ({"kind": "success", "metrics": {"durations": "a_seconds"}}, ""),
    ],
)
def test_what_prometheus_cannot_tell_is_said_by_the_missing_word(said: dict[str, object], missing: str) -> None:
    asked = slo(**said)

    assert missing == sli.unmeasurable(asked)
    if missing:
        with pytest.raises(ValueError, match=missing):
            sli.total(asked, "5m")


@pytest.mark.parametrize("text", ["0.05", "1.2", "1", "10", "250", "1200", "0.000125", "1000000", "0.3", "25.5"])
def test_an_edge_is_found_however_it_is_written(text: str) -> None:
    pattern, value = re.compile(spellings(Decimal(text))), float(text)

    written = {repr(value), f"{value:g}", f"{value:e}", f"{value:E}", text, f"{text}0" if "." in text else f"{text}.0"}
    assert [] == [one for one in written if not pattern.fullmatch(one)]
    others = [repr(value * 10), repr(value / 10), repr(value + 1), f"1{text}", "+Inf", ""]
    assert [] == [one for one in others if pattern.fullmatch(one)]


@pytest.mark.parametrize(
    ("text", "kept"),
    # What a Prometheus 3.5 had of a page with these edges.
    [
        *(("1", "1.0"), ("10", "10.0"), ("250", "250.0"), ("0.05", "0.05"), ("1.2", "1.2"), ("1234.5678", "1234.5678")),
        *(("0.0001", "0.0001"), ("0.00001", "1e-05"), ("0.000125", "0.000125"), ("0.0000125", "1.25e-05")),
        *(("100000", "100000.0"), ("1000000", "1e+06"), ("1234567", "1.234567e+06"), ("123456.5", "123456.5")),
        ("12500000000000000000000", "1.25e+22"),
    ],
)
def test_an_edge_is_found_as_prometheus_3_rewrites_it(text: str, kept: str) -> None:
    assert kept == stored(Decimal(text))
    assert re.fullmatch(spellings(Decimal(text)), kept)


@pytest.mark.parametrize("value", [Decimal(0), Decimal(-1)])
def test_no_edge_is_nothing_or_less(value: Decimal) -> None:
    with pytest.raises(ValueError, match="above 0"):
        spellings(value)


PODS = """
http_request_duration_seconds_count{job="a",pod="1",path="/a",status="200"} 0+100x5 0+100x10
http_request_duration_seconds_bucket{job="a",pod="1",path="/a",status="200",le="0.05"} 0+90x5 0+90x10
http_request_duration_seconds_count{job="a",pod="2",path="/actions",status="200"} 1000+100x15
http_request_duration_seconds_bucket{job="a",pod="2",path="/actions",status="200",le="5e-02"} 1000+100x15
http_request_duration_seconds_bucket{job="a",pod="2",path="/actions",status="200",le="0.5"} 1000+100x15
http_request_duration_seconds_count{job="a",pod="2",path="/a",status="500"} 0+50x15
http_request_duration_seconds_bucket{job="a",pod="2",path="/a",status="500",le="0.05"} 0+50x15
http_request_duration_seconds_count{job="b",pod="2",path="/a",status="200"} 1000+1000x15
http_request_duration_seconds_count{job="a",pod="2",path="/other",status="200"} 1000+1000x15
requests_total{job="a",status="200"} 100+0x15
failures_total{job="a",status="500"} 100+10x15
"""
SUCCESS = {"kind": "success", "threshold_ms": None}


@pytest.mark.parametrize(
    ("said", "minute", "events", "bad"),
    [
        # Two pods, one of them began anew after five minutes; 10 % of its answers late, and 20 % of all are errors.
        ({}, 12, 1250, 300),
        ({"threshold_ms": 60.0}, 12, 1250, None),
        ({**SUCCESS, "metrics": {"requests": "requests_total"}}, 8, 0, 0),
        ({**SUCCESS, "metrics": {"requests": "failures_total"}}, 8, 50, 50),
        ({**SUCCESS, "metrics": {"requests": "nobody_total"}}, 8, None, None),
    ],
    ids=["pods", "no-edge", "no-traffic", "errors-alone", "no-series"],
)
def test_events_are_counted_over_pods_restarts_and_spellings(
    said: dict[str, object], minute: int, events: float | None, bad: float | None, tmp_path: Path
) -> None:
    asked = slo(**said)
    series = [dict(zip(("series", "values"), line.split(" ", 1), strict=True)) for line in PODS.strip().splitlines()]
    wanted = ((sli.total(asked, "5m", job="a"), events), (sli.bad(asked, "5m", job="a"), bad))
    tried = {
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": f"round({query})",
                "eval_time": f"{minute}m",
                "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
            }
            for query, value in wanted
        ],
    }
    (tmp_path / "t.yaml").write_text(written({"evaluation_interval": "1m", "tests": [tried]}))

    told = run(tmp_path, "promtool", "test", "rules", "t.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("a", '"a"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("a\nb", '"a\\nb"'), ("a\x00b", '"a\\u0000b"')],
)
def test_text_is_spelt_as_promql_reads_it(text: str, spelt: str) -> None:
    assert spelt == quoted(text)


def test_a_literal_matches_itself_alone() -> None:
    text = r"/a.b|c(d)*[e]{2}^$+?\ "
    assert re.fullmatch(literally(text), text)
    assert not re.fullmatch(literally("/a.b"), "/axb")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1s"), (300, "5m"), (5400, "1h30m"), (86400, "1d"), (604800, "1w"), (7776000, "90d"), (31536000, "1y")],
)
def test_a_duration_is_written_as_prometheus_writes_it(seconds: int, text: str) -> None:
    assert text == duration(seconds)


def test_there_is_no_duration_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        duration(0)


@pytest.mark.parametrize(
    ("value", "text"), [(14.4, "14.4"), (0.00001, "0.00001"), (100.0, "100"), (1e21, "1" + "0" * 21)]
)
def test_a_number_has_no_exponent(value: float, text: str) -> None:
    assert text == number(value)


def test_a_selector_is_sorted() -> None:
    assert 'a{b="2",c="1"}' == selector("a", 'c="1"', 'b="2"')
    assert "a" == selector("a")
