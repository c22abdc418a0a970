"""
The service says truly how it is: alive, ready, and well in every component.

The Health Check Response Format for HTTP APIs and the orchestrators' probe conventions.
"""

import pytest

from prodverify.judges import health as judge

pytestmark = [pytest.mark.needs("health"), pytest.mark.modes("gate", "canary", "probe")]


@pytest.mark.clause("target file: [[health]] status and schema")
def test_health_answers(promise, health, health_answer):
    """
    Every declared health path answers with the status and the body that it promises.
    """
    answer = health_answer(health)
    promise.holds(judge.judge(answer, health), answer)


@pytest.mark.clause("target file: [[health]] components")
def test_components_are_well(promise, health_with_components, health_answer):
    """
    Every component that the service depends on is reported, and reported well.
    """
    answer = health_answer(health_with_components)
    promise.holds(judge.judge_components(answer, health_with_components), answer)


@pytest.mark.clause("target file: [[health]] version_at")
def test_version_is_reported(promise, health_with_version, health_answer, verification):
    """
    The service names the version that is deployed.
    """
    answer = health_answer(health_with_version)
    promise.holds(judge.judge_version(answer, health_with_version, expected=verification.expect_version), answer)


@pytest.mark.clause("target file: [[health]] answers_within_ms")
def test_answers_in_time(promise, health_in_time, health_answer):
    """
    A health path answers within its promised time, so that a probe never takes a slow answer for a dead service.
    """
    answer = health_answer(health_in_time)
    promise.measured(elapsed_ms=round(answer.elapsed_ms, 3), limit_ms=health_in_time.answers_within_ms)
    promise.holds(judge.judge_time(answer, health_in_time), answer)
