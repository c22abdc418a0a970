"""
The service is up before anything else about it is judged.

SPEC H3.
"""

import pytest

pytestmark = [pytest.mark.readiness, pytest.mark.modes("gate", "canary", "probe", "drill")]


@pytest.mark.clause("target file: asking.ready_within_seconds")
def test_service_is_ready(promise, opened):
    """
    The service answers as ready, in the version that was deployed.
    """
    promise.measured(versions=list(opened.versions))
    promise.holds([opened.finding] if opened.finding else [])
