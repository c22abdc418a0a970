"""Ids of requests are compared over every answer of the run, and more is asked only where there are too few."""

from __future__ import annotations

import itertools

import pytest

from prodverify.judges.request_id import ENOUGH
from tests.session.small import SmallService

ERRORS = '[errors]\nmedia_type = "application/json"\nmembers = ["error"]\nrequest_id_header = "X-Request-ID"\n'
IDENTIFIED = "test_contract.py::test_requests_are_identified"
KINDS = ["success", "error", "missing"]


class Numbered(dict):
    """Answers that carry an id each, from a counter that starts again after ``most``."""

    def __init__(self, answers, most: int) -> None:
        super().__init__(answers)
        self.numbers = itertools.count()
        self.most = most

    def get(self, path, default=None):
        given = super().get(path, default)

        def answer(handler):
            status, headers, body = given(handler) if callable(given) else given
            return status, {**headers, "X-Request-ID": f"id-{next(self.numbers) % self.most:04}"}, body

        return answer


@pytest.mark.parametrize(("most", "expected"), [(10**4, "pass"), (ENOUGH - 1, "fail")])
def test_what_few_answers_would_not_show_is_asked_for(verify, target, small: SmallService, most, expected):
    small.answers = Numbered(small.answers, most)
    run = verify("checks/test_contract.py", "--target", target(ERRORS), "-k", "test_requests_are_identified")

    assert [expected] * 3 == [run.states[f"{IDENTIFIED}[{kind}]"] for kind in KINDS]
    assert ENOUGH + 2 * 3 == len([asked for asked in small.asked if asked.path != "/health"])


def test_what_other_cases_asked_is_compared_too(verify, target, small: SmallService):
    small.answers = Numbered(small.answers, 10**4)
    files = ("checks/test_exposure.py", "checks/test_contract.py")
    run = verify(*files, "--target", target(f"{ERRORS}[exposure]\n"), "-k", "exposure or test_requests_are_identified")

    assert ["pass"] * 3 == [run.states[f"{IDENTIFIED}[{kind}]"] for kind in KINDS]
    assert 3 == small.paths().count("/things") / 2


def test_an_id_that_comes_back_is_no_repetition(verify, target, small: SmallService):
    small.answers = Numbered(small.answers, 1)
    echoed = 'headers = { X-Request-ID = "from-us" }'
    run = verify(
        "checks/test_contract.py",
        "--target",
        target(ERRORS, asking=echoed),
        "-k",
        "test_requests_are_identified and success",
    )

    (found,) = run.cases[f"{IDENTIFIED}[success]"]["findings"]
    assert ("info", "request-id-few", "0") == (found["severity"], found["rule"], found["observed"])
