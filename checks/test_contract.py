"""
Answers have the shape that callers were promised, refusals too.

https://www.rfc-editor.org/rfc/rfc9457, https://www.w3.org/TR/trace-context/
"""

import pytest

from prodverify.judges import contents, leaks, problem, request_id, trace_context


@pytest.mark.clause("target file: endpoints.schema")
def test_body_has_its_schema(promise, service, described, probing_role):
    """
    The body of a successful answer keeps to its JSON Schema.
    """
    answer = service.call(described, role=probing_role(described))
    promise.holds(contents.judge_answer(answer, described))


@pytest.mark.needs("errors")
@pytest.mark.clause("RFC 9457 section 3")
def test_errors_share_one_shape(promise, refusal, refusal_kind, promises, by_status):
    """
    Every refusal has the one declared shape, and gives nothing of the inside away.
    """
    promise.holds([*by_status, *leaks.judge(refusal)], refusal)
    promise.holds(problem.judge(refusal, promises.errors, refusal_kind))


@pytest.mark.needs("errors")
@pytest.mark.clause("RFC 9457 section 3.1.1")
def test_refusals_of_one_kind_are_alike(promise, repeated_refusals, promises):
    """
    The same mistake is always called the same.
    """
    promise.holds(problem.judge_occurrences(repeated_refusals, promises.errors), *repeated_refusals)


@pytest.mark.needs("errors")
@pytest.mark.clause("target file: errors.request_id_header")
def test_requests_are_identified(promise, identified_answers, given_ids, promises):
    """
    Every answer names its request, so that a report leads to the log line.
    """
    missing = request_id.judge(identified_answers, header=promises.errors.request_id_header)
    promise.holds([*missing, *request_id.judge_given(given_ids.all())], *identified_answers)


@pytest.mark.needs("errors")
@pytest.mark.clause("target file: errors.request_id_inbound")
def test_callers_id_is_handled_safely(promise, by_inbound_id):
    """
    An id that the caller sends comes back as promised, and never where it could do harm.
    """
    promise.holds(by_inbound_id)


@pytest.mark.needs("endpoints")
@pytest.mark.clause("Trace Context section 3.2")
@pytest.mark.parametrize("kind", list(trace_context.PROBES))
def test_trace_context_is_accepted(promise, service, readable_endpoint, accepted_baseline, probing_role, kind):
    """
    A trace context is taken or ignored, and never a reason to fail.
    """
    baseline, role = accepted_baseline(readable_endpoint), probing_role(readable_endpoint)
    for lines in trace_context.PROBES[kind].values():
        answer = service.call(readable_endpoint, role=role, headers=lines)
        promise.holds(trace_context.judge(baseline, answer), baseline)
