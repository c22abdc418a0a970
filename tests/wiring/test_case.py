"""What one case gathers while it runs."""

import pytest

from fixtures.case import Broken, Case
from prodverify.record.findings import fail, warn

MISSING = warn("challenge-missing", "WWW-Authenticate", "none")


def test_the_same_warning_is_told_once():
    case = Case()
    case.holds([MISSING, MISSING])
    case.holds([MISSING])
    assert [MISSING] == case.findings


def test_a_broken_promise_ends_the_case_with_everything_that_was_found():
    case = Case()
    with pytest.raises(Broken):
        case.holds([fail("accepted", "refused", "status 200"), MISSING])
    assert ["accepted", "challenge-missing"] == [finding.rule for finding in case.findings]
