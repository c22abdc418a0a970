"""
A method does what its name says, and nothing else.

https://www.rfc-editor.org/rfc/rfc9110#section-9, OWASP ASVS 5.0 4.1.4 and 13.4.4.
"""

import pytest

from prodverify.judges import methods

pytestmark = pytest.mark.needs("methods")


@pytest.mark.clause("RFC 9110 section 15.5.6")
def test_refused_method_names_the_right_ones(promise, refused_method):
    """
    Whoever uses a wrong method is told which ones are right.
    """
    answer, declared = refused_method
    promise.holds(methods.judge_allow(answer, declared), answer)


@pytest.mark.clause("ASVS 13.4.4")
def test_trace_is_refused(promise, traced):
    """
    Nobody gets a request sent back, with what a proxy added to it.
    """
    answer, marker = traced
    promise.holds(methods.judge_trace(answer, marker))


@pytest.mark.does("writes")
@pytest.mark.clause("ASVS 4.1.4")
def test_unknown_method_is_refused(promise, unknown_method, accepted_baseline, closed_endpoint):
    """
    A method that nobody knows is refused, whoever asks.
    """
    baseline = accepted_baseline(closed_endpoint)
    promise.holds(methods.judge_unknown(baseline, unknown_method), baseline)


@pytest.mark.clause("RFC 9110 section 9.3.2")
def test_head_is_like_get(promise, asked_with, accepted_baseline, readable_endpoint):
    """
    HEAD is answered like GET, without the body.
    """
    baseline = accepted_baseline(readable_endpoint)
    head = asked_with("HEAD", readable_endpoint)
    promise.holds(methods.judge_head(baseline, head), baseline, head)


@pytest.mark.clause("ASVS 8.2.1")
def test_head_is_closed_like_get(promise, asked_with, accepted_baseline, closed_endpoint):
    """
    Whoever may not read something learns nothing of it by HEAD either.
    """
    baseline = accepted_baseline(closed_endpoint)
    refused, head = (asked_with(method, closed_endpoint, stranger=True) for method in ("GET", "HEAD"))
    promise.holds(methods.judge_closed_head(baseline, refused, head), baseline, refused, head)


@pytest.mark.clause("ASVS 4.1.4")
def test_options_serves_no_data(promise, asked_with, accepted_baseline, closed_endpoint):
    """
    OPTIONS tells strangers what they may ask, and not the answer.
    """
    baseline = accepted_baseline(closed_endpoint)
    options = asked_with("OPTIONS", closed_endpoint, stranger=True)
    promise.holds(methods.judge_options(baseline, options), baseline, options)


@pytest.mark.does("writes")
@pytest.mark.clause("ASVS 4.1.4")
def test_method_is_not_overridden(promise, by_override):
    """
    A POST stays a POST, whatever its header lines or its query call it.
    """
    promise.holds(by_override)
