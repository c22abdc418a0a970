"""A trace goes on, and a broken one breaks nothing."""

import pytest

from prodverify.judges import trace_context
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import answer, rules

OURS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
THEIRS = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-00f067aa0ba902b7-01"


@pytest.mark.parametrize("value", trace_context.VALUES["valid"].values(), ids=trace_context.VALUES["valid"])
def test_values_that_are_followed(value):
    assert trace_context.parse(value).trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("value", trace_context.VALUES["invalid"].values(), ids=trace_context.VALUES["invalid"])
def test_values_that_are_ignored(value):
    assert trace_context.parse(value) is None


def test_flags_are_read_by_their_bits():
    sampled = [trace_context.parse(OURS[:-2] + flags).sampled for flags in ("00", "01", "02", "03", "ff")]
    assert sampled == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, {}),
        (200, {"traceresponse": OURS}, {"trace-context-continued": "info"}),
        (200, {"Server-Timing": f"db;dur=3, trace;desc={OURS}"}, {"trace-context-continued": "info"}),
        (200, {"traceparent": THEIRS}, {"trace-context-restarted": "info"}),
        (200, {"traceresponse": "garbage"}, {"trace-context-malformed": "warn"}),
        (400, {}, {"trace-context-breaks": "fail"}),
        (500, {}, {"trace-context-breaks": "fail"}),
        (429, {}, {"trace-context-limited": "inconclusive"}),
    ],
)
def test_answers(status, headers, expected):
    asked = HeaderList([("traceparent", OURS)])
    assert expected == rules(trace_context.judge(answer(), answer(status, headers, request_headers=asked)))


def test_a_request_that_is_refused_anyhow_says_nothing_about_its_trace():
    asked = HeaderList([("traceparent", "garbage")])
    found = trace_context.judge(answer(401), answer(401, request_headers=asked))
    assert {"trace-context-unproven": "inconclusive"} == rules(found)


def test_a_service_that_breaks_anyhow_breaks_with_a_trace_too():
    found = trace_context.judge(answer(500), answer(500, request_headers=HeaderList([("traceparent", OURS)])))
    assert {"trace-context-breaks": "fail"} == rules(found)


def test_a_broken_state_comes_beside_a_valid_trace():
    for (name, value), (other, state) in trace_context.PROBES["state"].values():
        assert ("traceparent", "tracestate") == (name, other)
        assert trace_context.parse(value)
        asked = HeaderList([(name, value), (other, state)])
        (found,) = trace_context.judge(answer(), answer(500, request_headers=asked))
        assert ("trace-context-breaks", True) == (found.rule, found.expected.startswith("tracestate "))
