"""
An error of the service arrives where errors are gathered: soon, with its kin, and without anybody's secret.

ASVS 5.0 16.2 and 16.5.
"""

import pytest

from prodverify.judges import error_tracking

pytestmark = [
    pytest.mark.needs("error_tracker"),
    pytest.mark.shares("error-tracker"),
    pytest.mark.does("breaks"),
    pytest.mark.waits,
]


@pytest.mark.clause("SPEC M5")
def test_errors_reach_the_tracker(promise, tracked, promises):
    """
    An error arrives at the tracker in time, with what was promised of it.
    """
    promise.holds(error_tracking.judge(tracked.errors, promises.error_tracker))


@pytest.mark.clause("SPEC M5")
def test_equal_errors_are_one_group(promise, tracked, promises, error_group):
    """
    The same error, twice, is one group.
    """
    promise.holds(error_tracking.judge_groups(tracked.errors, promises.error_tracker))


@pytest.mark.clause("SPEC M5")
def test_errors_of_two_kinds_are_two_groups(promise, tracked, tracked_other, promises):
    """
    An error of another kind is another group.
    """
    promise.holds(error_tracking.judge_other(tracked.errors, tracked_other.errors, promises.error_tracker))


@pytest.mark.clause("ASVS 5.0 16.2.5")
def test_errors_hold_no_secret(promise, error_secrets):
    """
    Nobody's credential stands in an error, nor do the local variables of the code.
    """
    promise.holds(error_secrets())
