"""The metrics page: what is on it, and each way in which it is none, with the boundary on both sides."""

from __future__ import annotations

import pytest

from prodverify.judges import metrics_page
from prodverify.judges.metrics_text import Page, Unreadable, edge, read
from prodverify.target.slos import Slo, SloMetrics
from prodverify.wire.exchange import Exchange, HeaderList

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
HISTOGRAM = (
    '# TYPE h histogram\nh_bucket{path="/a",status="200",le="0.05"} 9\n'
    'h_bucket{path="/a",status="200",le="+Inf"} 10\n'
    'h_count{path="/a",status="200"} 10\nh_sum{path="/a",status="200"} 1\n'
)
COUNTER = '# TYPE a_total counter\na_total{path="/a",status="200"} 3\n'


def answer(text="", kind=PLAIN, status=200, **more):
    headers = HeaderList([("Content-Type", kind)] if kind else [])
    body = text if isinstance(text, bytes) else text.encode()
    return Exchange("GET", "http://a/metrics", "/metrics", HeaderList(), b"", status, headers, body, **more)


def page(text):
    told = read(answer(text))
    assert isinstance(told, Page), told
    return told


def rules(findings):
    return [(str(finding.severity), finding.rule) for finding in findings]


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        pytest.param(answer(COUNTER, status=401), "metrics-page-not-served", id="refused"),
        pytest.param(answer("<html>", "text/html"), "metrics-page-type", id="html"),
        pytest.param(answer(COUNTER, ""), "metrics-page-type", id="no-type"),
        pytest.param(answer(COUNTER, "application/json"), "metrics-page-type", id="json"),
        pytest.param(answer(COUNTER[:-1]), "metrics-page-cut", id="no-last-line-end"),
        pytest.param(answer(COUNTER, "application/openmetrics-text"), "metrics-page-cut", id="no-eof"),
        pytest.param(
            answer(COUNTER, body_complete=False, body_broken=True, body_note="the connection ended"),
            "metrics-page-cut",
            id="broken",
        ),
        pytest.param(answer(b"\xff\xfe\n"), "metrics-page-malformed", id="no-utf-8"),
        pytest.param(answer('a{b="c} 1\n'), "metrics-page-malformed", id="open-quote"),
        pytest.param(answer(COUNTER.replace("\n", "\r\n")), "metrics-page-malformed", id="cr-lf"),
        pytest.param(answer(f"  {COUNTER.splitlines()[1]}\n"), "metrics-page-malformed", id="indented"),
        pytest.param(answer("a one\n"), "metrics-page-malformed", id="no-number"),
        pytest.param(answer("\x00\x01\n"), "metrics-page-malformed", id="bytes"),
        pytest.param(answer(""), "metrics-page-empty", id="nothing"),
        pytest.param(answer("# TYPE a counter\n"), "metrics-page-empty", id="types-alone"),
    ],
)
def test_what_prometheus_cannot_read_is_told_by_its_rule(asked, rule):
    told = read(asked)
    assert isinstance(told, Unreadable)
    assert [("fail", rule)] == rules(metrics_page.judge(told))


def test_a_page_beyond_our_own_limits_cannot_be_judged():
    told = read(answer(COUNTER, body_complete=False, body_note="only 2048 KiB are read from the wire"))
    assert [("inconclusive", "metrics-page-too-large")] == rules(metrics_page.judge(told))


def test_openmetrics_is_read_by_its_own_rules():
    text = '# TYPE a counter\na_total{path="/a"} 3.0\n# EOF\n'
    told = read(answer(text, "application/openmetrics-text; version=1.0.0"))
    assert isinstance(told, Page)
    assert [("info", "metrics-page-read")] == rules(metrics_page.judge(told))


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        pytest.param('g{a="}"} 1\ng{a="}"} 2\n', "metrics-series-twice", id="twice"),
        pytest.param('g{a="1"} 1\ng{a="2"} 2\n', "metrics-page-read", id="other-labels"),
    ],
)
def test_a_series_that_openmetrics_tells_twice_is_seen(lines, rule):
    told = read(answer(f"# TYPE g gauge\n{lines}# EOF\n", "application/openmetrics-text"))
    assert [rule] == [finding.rule for finding in metrics_page.judge(told)]


def test_a_native_histogram_is_no_series_of_its_own_and_makes_nothing_raise():
    native = "h {count:2,sum:3,schema:0,zero_threshold:1e-4,zero_count:0,positive_spans:[0:1],positive_deltas:[2]}"
    told = read(answer(f"# TYPE h histogram\n{native}\n# TYPE g gauge\ng 1\n# EOF\n", "application/openmetrics-text"))
    assert ["g"] == [line.name for line in told.lines]


def test_a_counter_of_the_text_format_keeps_its_name():
    assert ["a", "b_total"] == [
        line.name for line in page("# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 1\n").lines
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param(
            COUNTER + 'a_total{status="200",path="/a"} 4\n', "metrics-series-twice", id="labels-in-other-order"
        ),
        pytest.param("# TYPE a_total counter\na_total -1\n", "metrics-counter-negative", id="negative"),
        pytest.param("# TYPE a_total counter\na_total NaN\n", "metrics-counter-negative", id="no-number"),
        pytest.param(HISTOGRAM.replace('le="0.05"} 9', 'le="0.05"} 11'), "metrics-buckets-fall", id="fall"),
        pytest.param(HISTOGRAM.replace("} 10\nh_sum", "} 11\nh_sum"), "metrics-buckets-unequal-count", id="count"),
        pytest.param(HISTOGRAM.replace('le="+Inf"', 'le="1"'), "metrics-buckets-unequal-count", id="no-infinity"),
        pytest.param(HISTOGRAM.replace('le="0.05"', 'le="fast"'), "metrics-edge-no-number", id="word-as-edge"),
    ],
)
def test_a_page_that_is_not_true_to_itself_fails(text, rule):
    assert [("fail", rule)] == rules(metrics_page.judge(page(text)))


@pytest.mark.parametrize(
    "text", [COUNTER, HISTOGRAM, "# TYPE g gauge\ng -1\n", "a_total 0\n", "# TYPE h histogram\na 1\n"]
)
def test_a_page_that_is_true_to_itself_passes(text):
    assert [("info", "metrics-page-read")] == rules(metrics_page.judge(page(text)))


def test_a_page_is_large_above_a_mebibyte():
    line = f'a{{b="{"x" * 80}"}} 1\n'
    fill = metrics_page.LARGE_BYTES - len(line)
    within = line + f"# {'x' * (fill - 3)}\n"
    assert metrics_page.LARGE_BYTES == len(within)
    assert [("info", "metrics-page-read")] == rules(metrics_page.judge(page(within)))
    assert [("warn", "metrics-page-large")] == rules(metrics_page.judge(page(f"# x\n{within}")))


@pytest.mark.parametrize("name", ["a_total", "a", "h", "h_bucket", "h_count", "labelled"])
def test_a_promised_metric_is_there_by_its_family_or_its_series(name):
    text = COUNTER + HISTOGRAM + "# TYPE labelled histogram\n"
    assert [("info", "metrics-series")] == rules(metrics_page.judge_series(page(text), (name,)))


def test_each_missing_metric_is_told():
    found = metrics_page.judge_series(page(COUNTER), ("b", "a_total", "c"))
    assert ["a metric b", "a metric c"] == [finding.expected for finding in found]


def slo(kind="latency", threshold_ms=50.0, **more):
    named = {"durations": "h"} if kind == "latency" else {"requests": "a_total"}
    metrics = SloMetrics(**{**named, "labels": {"path": ("/a", "/b")}, **more.pop("metrics", {})})
    limit = threshold_ms if kind == "latency" else None
    return Slo(name="quick", kind=kind, threshold_ms=limit, objective_percent=99.0, metrics=metrics, **more)


@pytest.mark.parametrize("le", ["0.05", "0.050", "5e-02", "5E-2", ".05"])
def test_an_edge_is_compared_as_a_number(le):
    told = page(HISTOGRAM.replace('le="0.05"', f'le="{le}"'))
    assert [("info", "objective-series")] == rules(metrics_page.judge_objective(told, slo()))


def test_the_moment_of_its_making_is_another_metric_than_the_histogram():
    made = '# TYPE h_created gauge\nh_created{path="/a",status="200"} 1.79e+09\n'  # by Python's client library
    assert [("info", "objective-series")] == rules(metrics_page.judge_objective(page(HISTOGRAM + made), slo()))


@pytest.mark.parametrize("threshold_ms", [49.0, 51.0, 500.0])
def test_a_threshold_between_two_edges_fails(threshold_ms):
    found = metrics_page.judge_objective(page(HISTOGRAM), slo(threshold_ms=threshold_ms))
    assert [("fail", "objective-edge-missing")] == rules(found)


def test_the_agreements_threshold_is_an_edge_too():
    found = metrics_page.judge_objective(page(HISTOGRAM), slo(agreement_percent=95.0, agreement_threshold_ms=80.0))
    assert ["its agreement_threshold_ms"] == [finding.expected.rpartition(", ")[2] for finding in found]


def test_edges_in_milliseconds_are_compared_in_milliseconds():
    told = page(HISTOGRAM.replace('le="0.05"', 'le="50.0"'))
    assert [("info", "objective-series")] == rules(
        metrics_page.judge_objective(told, slo(metrics={"unit": "milliseconds"}))
    )


@pytest.mark.parametrize(
    ("text", "told", "rule"),
    [
        pytest.param(
            HISTOGRAM.replace("h_", "g_").replace("TYPE h", "TYPE g"),
            slo(),
            ("fail", "objective-series-missing"),
            id="another-name",
        ),
        pytest.param(
            COUNTER + "# TYPE h histogram\n", slo(), ("inconclusive", "objective-series-empty"), id="no-event-yet"
        ),
        pytest.param(
            "# TYPE h gauge\n" + 'h{path="/a",status="2"} 1\n', slo(), ("fail", "objective-series-type"), id="gauge"
        ),
        pytest.param(
            COUNTER.replace("# TYPE a_total counter\n", ""),
            slo("success"),
            ("warn", "objective-series-untyped"),
            id="untyped",
        ),
        pytest.param(
            COUNTER.replace("path=", "route="), slo("success"), ("fail", "objective-label-missing"), id="another-label"
        ),
        pytest.param(
            COUNTER.replace("status=", "code="), slo("success"), ("fail", "objective-status-missing"), id="no-status"
        ),
        pytest.param(HISTOGRAM.replace("status=", "code="), slo(), ("warn", "objective-errors-in-time"), id="in-time"),
        pytest.param(
            '# TYPE s summary\ns_count{path="/a",status="200"} 2\ns_sum{path="/a",status="200"} 1\n',
            slo("success", metrics={"requests": "s_count"}),
            ("info", "objective-series"),
            id="count-of-a-summary",
        ),
    ],
)
def test_what_an_objective_is_computed_from_is_looked_at(text, told, rule):
    assert rule in rules(metrics_page.judge_objective(page(text), told))


def _labelled(values):
    return page("".join(f'a{{kind="{value}"}} 1\n' for value in values))


@pytest.mark.parametrize(
    ("number", "rule"), [(5, ("info", "metrics-labels")), (6, ("fail", "metrics-label-unbounded"))]
)
def test_a_label_has_at_most_so_many_values(number, rule):
    words = [f"word-{chr(97 + index)}" for index in range(number)]
    assert [rule] == rules(metrics_page.judge_labels(_labelled(words), 5))


@pytest.mark.parametrize(
    "value",
    [
        "123456",
        "-738127361",
        "a1b2c3d4e5f60718",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/orders/123",
        "/orders/123/lines",
        "/find?q=shoes",
        "user:1234567",
    ],
)
def test_identities_among_the_values_fail(value):
    other = value.replace("1", "2").replace("shoes", "hats").replace("738", "739")
    assert [("fail", "metrics-label-identity")] == rules(metrics_page.judge_labels(_labelled([value, other]), 100))
    assert [("info", "metrics-labels")] == rules(metrics_page.judge_labels(_labelled([value]), 100))


@pytest.mark.parametrize(
    "value",
    ["200", "12345", "/v1/orders", "/orders/{id}", "/orders/12", "eu-west-1", "deadbeefdeadbeef", "127.0.0.1:9090", ""],
)
def test_words_are_no_identities(value):
    assert not metrics_page.holds_identity(value)


def test_one_address_of_a_person_is_one_too_many_and_is_not_quoted():
    found = metrics_page.judge_labels(_labelled(["ada@relay.example"]), 100)
    assert [("fail", "metrics-label-identity")] == rules(found)
    assert "ada" not in str(found)


def test_an_identity_is_told_by_its_form_alone():
    found = metrics_page.judge_labels(_labelled(["/people/4711/a", "/people/4712/a"]), 100)
    assert "2 values such as /people/N/a" == found[0].observed


def test_what_runs_may_be_told_by_its_commit():
    text = "".join(f'build_info{{revision="{commit}"}} 1\n' for commit in ("0123456789abcdef0", "1123456789abcdef0"))
    assert [("info", "metrics-labels")] == rules(metrics_page.judge_labels(page(text), 100))


def test_a_secret_is_told_by_its_name():
    assert [("fail", "metrics-secret-told")] == rules(metrics_page.judge_secrets(["admin_key"]))
    assert [] == metrics_page.judge_secrets([])


@pytest.mark.parametrize("le", ["", "fast", "0x10", "--1", "1_0_"])
def test_no_edge_makes_the_judge_raise(le):
    assert edge(le) is None


@pytest.mark.parametrize("odd", ['a{le=""} 1\n', "# TYPE a histogram\na_bucket 1\n", 'a{le="NaN"} 1\n', "a 1 2 3\n"])
def test_odd_pages_make_no_judge_raise(odd):
    told = read(answer(odd))
    metrics_page.judge(told)
    if isinstance(told, Page):
        metrics_page.judge_labels(told, 1)
        metrics_page.judge_objective(told, slo())
