"""
Nobody but the sender can make the service believe a message, and nobody can make it act on one twice.

https://www.standardwebhooks.com/: verifying webhook authenticity.
"""

import pytest

from prodverify.judges import receiving

pytestmark = [pytest.mark.needs("receivers"), pytest.mark.does("writes"), pytest.mark.shares("receivers")]


@pytest.mark.clause("RFC 2104")
def test_valid_message_is_taken(promise, receiver, senders):
    """
    What the sender signed is taken.
    """
    valid = senders.valid(receiver)
    promise.holds(
        receiving.judge_valid(valid.answer, receiver.accepted_statuses, clocks_differ=senders.clocks_differ(valid))
    )


@pytest.mark.waits
@pytest.mark.clause("Standard Webhooks: verifying webhook authenticity")
def test_forged_message_is_refused(promise, forged_message, judged_forgery):
    """
    What the sender did not sign is refused, breaks nothing, and is not told how it would be signed.
    """
    promise.holds(judged_forgery(forged_message))


@pytest.mark.waits
@pytest.mark.clause("Standard Webhooks: signing secret rotation")
def test_right_signature_is_found_among_others(promise, genuine, senders):
    """
    A right signature is enough, whatever stands before it, so that secrets and versions can change.
    """
    _, answer = senders.forged(genuine)
    promise.holds(receiving.judge_genuine(answer, genuine.variant.told, genuine.receiver.accepted_statuses))


@pytest.mark.waits
@pytest.mark.clause("Standard Webhooks: verifying webhook authenticity")
def test_message_has_its_effect_once(promise, effective, senders):
    """
    What was taken has its effect.
    """
    before, after = senders.proven(effective).counts
    promise.holds(receiving.judge_effect(before, after, own=effective.effect.own))


@pytest.mark.waits
@pytest.mark.clause("Standard Webhooks: webhook metadata")
def test_repeated_message_has_no_second_effect(promise, once_receiver, senders):
    """
    What comes a second time, because somebody recorded it or an answer was lost, has no second effect.
    """
    effect = once_receiver.effect
    answer, counts = senders.again(once_receiver)
    promise.holds(receiving.judge_replay(answer, counts, own=effect is not None and effect.own))
