"""What an answer to a forbidden address says."""

import pytest
from hypothesis import given, settings

from prodverify.judges import destinations
from prodverify.record.findings import Finding
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules


@pytest.mark.parametrize(
    ("status", "at_creation", "expected"),
    [
        (100, False, {"destination-unclear": "inconclusive"}),
        (199, False, {"destination-unclear": "inconclusive"}),
        (200, False, {"destination-taken": "warn"}),
        (200, True, {"destination-taken": "fail"}),
        (299, False, {"destination-taken": "warn"}),
        (299, True, {"destination-taken": "fail"}),
        (300, True, {"destination-unclear": "inconclusive"}),
        (399, True, {"destination-unclear": "inconclusive"}),
        (400, True, {}),
        (403, True, {}),
        (422, False, {}),
        (429, True, {"destination-limited": "inconclusive"}),
        (499, True, {}),
        (500, False, {"destination-breaks": "fail"}),
        (599, True, {"destination-breaks": "fail"}),
    ],
)
def test_a_forbidden_address_is_refused(status, at_creation, expected):
    assert expected == rules(destinations.judge(answer(status), "a file", at_creation=at_creation))


@pytest.mark.parametrize("status", [202, 422, 429, 500])
def test_a_delivery_is_the_proof_whatever_was_answered(status):
    found = destinations.judge(answer(status), "a file", at_creation=False, arrived=True)
    assert {"destination-reached": "fail"} == rules(found)


@settings(max_examples=40)
@given(exchange=exchanges())
def test_the_judge_only_finds(exchange):
    found = destinations.judge(exchange, "\ud800", at_creation=False)
    assert all(isinstance(finding, Finding) for finding in found)
