"""
A trace that a caller begins goes on in the service, and comes out where traces are kept.

https://www.w3.org/TR/trace-context/
"""

import pytest

from prodverify.judges import traces

pytestmark = [pytest.mark.needs("traces"), pytest.mark.shares("traces"), pytest.mark.waits]


@pytest.mark.clause("W3C Trace Context section 3.2.2.4")
def test_traces_come_out_whole(promise, trace_sent, promises):
    """
    A trace comes out in time, in one piece and below the caller's own span.
    """
    found = traces.judge(trace_sent.spans, trace_sent.sent, promises.traces)
    promise.holds([*traces.judge_unsampled(trace_sent.unsampled), *found])


@pytest.mark.clause("SPEC M3")
def test_traces_tell_what_was_done(promise, trace_sent, promises):
    """
    A trace has the spans and attributes that were promised.
    """
    promise.holds(traces.judge_spans(trace_sent.spans, trace_sent.sent, promises.traces))


@pytest.mark.clause("ASVS 5.0 16.2.5")
def test_spans_hold_no_secret(promise, trace_secrets):
    """
    Nobody's credential stands in a span.
    """
    promise.holds(trace_secrets())
