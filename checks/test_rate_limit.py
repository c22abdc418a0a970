"""
One caller cannot take the service from the others, and is told when to come back.

https://www.rfc-editor.org/rfc/rfc6585#section-4
"""

import pytest

from prodverify.judges import rate_limit

pytestmark = [
    pytest.mark.needs("rate_limit"),
    pytest.mark.does("bursts"),
    pytest.mark.shares("rate-limit"),
    pytest.mark.waits,
]


@pytest.mark.clause("RFC 6585 section 4; SPEC R3")
def test_limit_is_enforced(promise, limited):
    """
    Whoever asks more often than promised is refused, and nobody is refused before.
    """
    promise.measured(sent=len(limited.answers), accepted=len(limited.accepted), refused=len(limited.refused))
    promise.holds(rate_limit.judge_burst(limited.answers, limited.promise), *limited.refused[:1])


@pytest.mark.clause("RFC 9110 section 10.2.3; SPEC R2")
def test_refusal_says_when_to_return(promise, limited):
    """
    A refusal carries every declared header, in a reading that fits together.
    """
    promise.holds(rate_limit.judge_refusal(limited.refusal, limited.promise), limited.refusal)


@pytest.mark.clause("SPEC R2")
def test_accepted_answers_count_down(promise, counting):
    """
    Accepted answers tell how many requests are left, and count truly.
    """
    promise.holds(rate_limit.judge_countdown(counting.accepted, counting.promise), *counting.accepted[-1:])


@pytest.mark.clause("SPEC R1")
def test_other_scope_is_untouched(promise, limited, bystander):
    """
    While one caller is refused, another is served.
    """
    promise.holds(rate_limit.judge_bystander(*bystander, limited.promise), *bystander)


@pytest.mark.clause("RFC 9110 section 10.2.3")
def test_service_accepts_again_after_the_wait(promise, limited, recovery):
    """
    Who waits as long as the refusal says is served again.
    """
    waited, answer = recovery(limited)
    promise.measured(waited_seconds=waited)
    promise.holds(rate_limit.judge_recovery(answer, waited, limited.promise), limited.refusal, answer)
