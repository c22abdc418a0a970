"""A single request to the address that a token named is a failure, and none is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges.callback import judge_callbacks
from prodverify.record.findings import Finding


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ({}, []),
        ({"jku": 0, "x5u": 0}, []),
        ({"jku": 1, "x5u": 0}, ["1 request to our listener after jku"]),
        ({"jku": 2, "x5u": 1}, ["2 requests to our listener after jku", "1 request to our listener after x5u"]),
    ],
)
def test_whoever_comes_for_a_key_was_sent_by_a_token(calls, expected):
    found = judge_callbacks(calls)
    assert expected == [finding.observed for finding in found]
    assert {("token-key-fetched", "fail")} >= {(finding.rule, finding.severity.value) for finding in found}


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(st.text(max_size=200), st.integers()))
def test_any_calls_are_judged(calls):
    assert all(isinstance(finding, Finding) for finding in judge_callbacks(calls))
