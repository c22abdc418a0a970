"""
Answers have the shape that callers were promised, refusals too.

https://www.rfc-editor.org/rfc/rfc9457, https://www.w3.org/TR/trace-context/
"""

import pytest

from prodverify.judges import contents, problem, request_id, trace_context


@pytest.mark.clause("target file: endpoints.schema")
def test_body_has_its_schema(promise, service, described, probing_role):
    """
    The body of a successful answer keeps to its JSON Schema.
    """
    answer = service.call(described, role=probing_role(described))
    promise.holds(contents.judge_answer(answer, described))


@pytest.mark.needs("errors")
@pytest.mark.clause("RFC 9457 section 3")
def test_errors_share_one_shape(promise, refusal, refusal_kind, promises):
    """
    Every refusal has the one declared shape, and gives nothing of the inside away.
    """
    promise.holds(problem.judge(refusal, promises.errors, refusal_kind), refusal)
    promise.holds(problem.leaks(refusal))


@pytest.mark.needs("errors")
@pytest.mark.clause("target file: errors.request_id_header")
def test_requests_are_identified(promise, identified_answers, promises):
    """
    Every answer names its request, so that a report leads to the log line.
    """
    promise.holds(request_id.judge(identified_answers, header=promises.errors.request_id_header), *identified_answers)


@pytest.mark.needs("endpoints")
@pytest.mark.clause("Trace Context section 3.2")
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_trace_context_is_accepted(promise, service, readable_endpoint, accepted_baseline, probing_role, kind):
    """
    A trace context is taken or ignored, and never a reason to fail.
    """
    baseline, role = accepted_baseline(readable_endpoint), probing_role(readable_endpoint)
    for value in trace_context.VALUES[kind]:
        answer = service.call(readable_endpoint, role=role, headers=[("traceparent", value)])
        promise.holds(trace_context.judge(baseline, answer), baseline)
