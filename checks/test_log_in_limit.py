"""
Passwords cannot be tried without end, and who tries them shuts nobody else out.

OWASP API2:2023, https://cheatsheetseries.owasp.org/cheatsheets/Credential_Stuffing_Prevention_Cheat_Sheet.html
"""

import pytest

from prodverify.judges import log_in_limit

pytestmark = [
    pytest.mark.needs("log_in_limit"),
    pytest.mark.does("bursts"),
    pytest.mark.shares("log-in"),
    pytest.mark.waits,
]


@pytest.mark.clause("ASVS 6.3.1")
def test_wrong_log_ins_are_limited(promise, tried):
    """
    After as many wrong log-ins as promised, the next one is refused without a look at its password.
    """
    promise.measured(wrong_log_ins=log_in_limit.told(tried.answers))
    promise.holds(log_in_limit.judge_limit(tried.answers, tried.promise), *tried.answers)


@pytest.mark.clause("RFC 9110 section 10.2.3")
def test_refusal_of_log_ins_says_when_to_return(promise, promises, tried):
    """
    The refusal of a log-in carries every declared header, has the shape of all refusals, and is kept by no cache.
    """
    promise.holds(log_in_limit.judge_refusal(tried.refusal, tried.promise, promises.errors), tried.refusal)


@pytest.mark.clause("OWASP API2:2023")
def test_others_may_log_in_meanwhile(promise, tried):
    """
    While log-ins for one name are refused, those for another are answered; counted by address, they are refused too.
    """
    promise.holds(log_in_limit.judge_others(tried.refusal, tried.other, tried.promise), tried.other)
