"""
A delivery that fails is tried again, and one that arrived is not.

https://www.standardwebhooks.com/: retries, redirects, 410 and slow receivers.
"""

import pytest

from prodverify.judges import retries

pytestmark = [
    pytest.mark.needs("webhooks"),
    pytest.mark.does("writes"),
    pytest.mark.shares("webhooks"),
    pytest.mark.waits,
]


@pytest.mark.clause("Standard Webhooks: retries; webhook metadata")
def test_failed_delivery_is_retried(promise, retried_webhook, scenes, trusted, id_header):
    """
    What a receiver answers with 500 comes again, under the same id and signed anew.
    """
    seen = scenes.refused(retried_webhook)
    trust = trusted(retried_webhook, seen.secret)
    promise.holds(retries.judge_retry(seen.attempts, trust, id_header(retried_webhook), seen.patience))


@pytest.mark.clause("RFC 9110 section 10.2.3; RFC 6585 section 4")
def test_busy_receiver_is_left_in_peace(promise, patient_webhook, scenes):
    """
    A receiver that is busy says for how long, and gets its delivery again after that and not before.
    """
    seen, asked = scenes.refused(patient_webhook), patient_webhook.retry_after_seconds
    times = {"asked_seconds": asked, "usual_seconds": seen.retried_after_seconds}
    for status, busy in seen.busy.items():
        promise.holds(retries.judge_peace(status, busy.attempts, busy.patience, **times))


@pytest.mark.clause("Standard Webhooks: redirects; OWASP API7:2023")
def test_redirect_is_not_followed(promise, redirected_webhook, scenes):
    """
    A receiver cannot send a delivery on to somewhere else, and its redirect counts as a failure.
    """
    seen = scenes.sent_on(redirected_webhook)
    patience = seen.patience if redirected_webhook.retries_within_seconds else None
    promise.holds(retries.judge_redirect(seen.attempts, seen.followed, patience))


@pytest.mark.clause("Standard Webhooks: 410")
def test_gone_receiver_is_left_alone(promise, gone_webhook, scenes):
    """
    A receiver that says it is gone for good gets nothing more.
    """
    seen = scenes.gone(gone_webhook)
    promise.holds(retries.judge_gone(seen.attempts, seen.patience.waited))


@pytest.mark.clause("Standard Webhooks: timeouts")
def test_slow_receiver_delays_nobody(promise, slow_webhook, scenes, delivered):
    """
    While one receiver does not answer, another gets its delivery as ever.
    """
    usual, seen = delivered(slow_webhook), scenes.held(slow_webhook)
    times = {"triggered_at": seen.triggered_at, "free_at": seen.free_at, "usual_seconds": usual.seconds}
    promise.holds(retries.judge_beside(seen.beside, **times))


@pytest.mark.clause("Standard Webhooks: timeouts")
def test_slow_receiver_is_given_up(promise, slow_webhook, scenes):
    """
    A receiver that does not answer is given up in the promised time.
    """
    seen = scenes.held(slow_webhook)
    promise.holds(retries.judge_given_up(seen.attempts, seen.patience, proxied=bool(slow_webhook.public_url)))


@pytest.mark.clause("Standard Webhooks: acknowledgement")
def test_delivery_arrives_once(promise, once_webhook, delivered, quietly):
    """
    What a receiver answered with 200 does not come again.
    """
    promise.holds(retries.judge_once(quietly(once_webhook, delivered(once_webhook)), once_webhook.quiet_seconds))
