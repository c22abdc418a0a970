"""
What everybody tries is there for everybody only where that is meant.

OWASP ASVS 5.0 13.4.1 to 13.4.5.
"""

import pytest

from prodverify.judges import exposure

pytestmark = pytest.mark.needs("exposure")


@pytest.mark.clause("RFC 9110 section 15.5.5")
def test_missing_path_is_not_found(promise, made_up_path, made_up_kind, promises):
    """
    A path that nothing is at is answered as such.
    """
    answer = made_up_path(made_up_kind)
    promise.holds(exposure.judge_missing(answer, catch_all=promises.exposure.catch_all), answer)


@pytest.mark.clause("ASVS 13.4")
def test_path_is_open_as_declared(promise, by_exposure):
    """
    Source, secrets, diagnostics and descriptions are for those alone whom they are meant for.
    """
    promise.holds(by_exposure)
