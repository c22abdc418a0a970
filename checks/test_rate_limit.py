"""
One caller cannot take the service from the others, and is told when to come back.

https://www.rfc-editor.org/rfc/rfc6585#section-4
"""

import pytest

from prodverify.judges import boundary_burst, limiter_kind, rate_limit, while_refused

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


@pytest.mark.clause("target file: rate_limit.window")
def test_limiter_is_of_the_declared_kind(promise, telling, boundary, boundary_facts):
    """
    The limiter gives requests back as it is declared to: at once when a window ends, or little by little.
    """
    kinds, around = telling.kinds, [*boundary.before, *boundary.after]
    promise.measured(limiter_kind=limiter_kind.named(kinds), possible_kinds=sorted(kinds), **boundary_facts)
    promise.holds(limiter_kind.judge(kinds, telling.promise, telling.split.why_unknown()), *telling.later[-1:])
    promise.holds(boundary_burst.judge(boundary.before, boundary.after, telling.promise), *around[-1:])


@pytest.mark.clause("RFC 9110 section 10.2.3; SPEC R2")
def test_refusal_says_when_to_return(promise, limited):
    """
    A refusal carries every declared header, in a reading that fits together.
    """
    found = rate_limit.judge_refusal(limited.refusal, limited.promise, limited.answers[0])
    promise.holds(found, limited.refusal)


@pytest.mark.clause("RFC 6585 section 4")
def test_refusal_is_kept_by_nobody(promise, limited):
    """
    No cache keeps a refusal for others, and to refuse costs the service less than to answer.
    """
    assert limited.refusal
    promise.holds(while_refused.judge_contract(limited.refused, limited.accepted), limited.refusal)


@pytest.mark.clause("SPEC R2")
def test_accepted_answers_count_down(promise, promises, counted):
    """
    Accepted answers tell how many requests are left, and count truly.
    """
    promise.holds(rate_limit.judge_countdown(counted, promises.rate_limit), *counted[-1:])


@pytest.mark.clause("SPEC R1")
def test_other_scope_is_untouched(promise, limited, bystander):
    """
    While one caller is refused, another is served.
    """
    promise.holds(while_refused.judge_bystander(*bystander, limited.promise), *bystander)


@pytest.mark.clause("SPEC R1")
def test_other_scope_frees_nobody(promise, again):
    """
    A refused caller stays refused when another is served.
    """
    refusal = next(answer for answer in again.answers if answer.status in again.promise.statuses)
    promise.holds(while_refused.judge_again(refusal, again.again, again.promise, again.answers[0]), *again.again)


@pytest.mark.clause("SPEC R1")
def test_second_key_counts_as_promised(promise, second_key):
    """
    Another key of the same workspace shares its limit, or has its own, as promised.
    """
    first, refusal = second_key.answers[0], second_key.answers[-1]
    promise.holds(
        while_refused.judge_second_key(refusal, second_key.second, second_key.promise, first), *second_key.second
    )


@pytest.mark.clause("ASVS 5.0 4.1.3")
def test_disguise_does_not_escape_the_limit(promise, limited, disguise, disguised):
    """
    A refused caller stays refused in a disguise: a forged address, another spelling of the path.
    """
    found = while_refused.judge_disguise(
        disguise, disguised.refusal, disguised.answers, disguised.control, limited.promise
    )
    promise.holds(found, *disguised.answers)


@pytest.mark.clause("RFC 9110 section 10.2.3")
def test_service_accepts_again_after_the_wait(promise, telling, recovery):
    """
    Who waits as long as the refusal says is served again, and not much earlier.
    """
    recovered = recovery(telling)
    promise.measured(waited_seconds=recovered.stated_seconds)
    found = while_refused.judge_recovery(
        recovered.answers, recovered.stated_seconds, telling.promise, recovered.halfway
    )
    promise.holds(found, *recovered.answers)
