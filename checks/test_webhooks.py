"""
Receivers can trust what the service delivers.

https://www.standardwebhooks.com/ and SPEC W1.
"""

import pytest

from prodverify.judges import deliveries, signatures, workspaces

pytestmark = [pytest.mark.needs("webhooks"), pytest.mark.does("writes"), pytest.mark.shares("webhooks")]


@pytest.mark.clause("SPEC W1; RFC 2104")
def test_delivery_is_signed(promise, webhook, delivered, trusted):
    """
    A delivery is signed over its raw bytes with the shared secret, and a forgery is told from it.
    """
    received = delivered(webhook)
    message, trust = received.message, trusted(webhook, received.secret)
    promise.holds(signatures.judge(message, trust))
    promise.holds(signatures.negative_controls(message, trust))


@pytest.mark.clause("SPEC W1")
def test_delivery_names_its_request(promise, caused_webhook, delivered):
    """
    A delivery names the request that caused it.
    """
    received = delivered(caused_webhook)
    promise.holds(deliveries.judge_cause(received.message, received.cause, caused_webhook.request_id_header))


@pytest.mark.waits
@pytest.mark.clause("W3C Trace Context section 4.3; SPEC M3")
def test_delivery_goes_on_with_the_trace(promise, traced_webhook, delivered):
    """
    A delivery carries on the trace of the request that caused it.
    """
    received = delivered(traced_webhook)
    promise.holds(deliveries.judge_trace(received.message, received.cause))


@pytest.mark.clause("Standard Webhooks: timestamp")
def test_delivery_is_fresh(promise, timed_webhook, delivered, trusted):
    """
    A delivery says in its signature when it was sent, so that nobody can send it again later.
    """
    received = delivered(timed_webhook)
    trust = trusted(timed_webhook, received.secret)
    promise.holds(deliveries.judge_age(received.attempt, trust, service_clock=received.service_clock))


@pytest.mark.clause("Standard Webhooks: metadata")
def test_delivery_has_an_id(promise, named_webhook, delivered, id_header):
    """
    A delivery has an id by which a receiver tells a repeat from something new.
    """
    promise.holds(deliveries.judge_id(delivered(named_webhook).message, id_header(named_webhook)))


@pytest.mark.clause("RFC 9110 section 8.3; Standard Webhooks: payload size")
def test_delivery_says_what_it_is(promise, webhook, delivered):
    """
    A delivery names its media type and its sender, and is no larger than a receiver takes.
    """
    message, most = delivered(webhook).message, webhook.max_body_kilobytes
    promise.holds(deliveries.judge_content(message, media_type=webhook.media_type, max_kilobytes=most))


@pytest.mark.clause("Standard Webhooks: signing secret rotation")
def test_rotation_loses_nobody(promise, rotated_webhook, delivered, trusted, target):
    """
    While a secret is being changed, a receiver with the old one can still verify.
    """
    received, previous = delivered(rotated_webhook), target.secret(rotated_webhook.previous_secret)
    trust, both = trusted(rotated_webhook, received.secret), rotated_webhook.rotation == "both"
    promise.holds(signatures.judge_rotation(received.message, trust, previous, both=both))


@pytest.mark.waits
@pytest.mark.clause("Standard Webhooks: a unique secret for each endpoint")
def test_secret_is_of_one_receiver(promise, apart_webhook, delivered, trusted):
    """
    What is delivered to one workspace cannot be forged with the secret of another.
    """
    other, foreign = delivered(apart_webhook, apart_webhook.other_role), delivered(apart_webhook)
    own = trusted(apart_webhook, other.secret, named=apart_webhook.other_secret)
    promise.holds(signatures.judge_apart(other.message, own, trusted(apart_webhook, foreign.secret).secret))


@pytest.mark.waits
@pytest.mark.clause("ASVS 8.4.1")
def test_workspace_gets_its_own_deliveries(promise, shared_webhook, both_inboxes, id_header):
    """
    Each of two workspaces gets the deliveries that it caused, and none of the other's.
    """
    one, other = both_inboxes(shared_webhook)
    headers = {"request_id_header": shared_webhook.request_id_header, "id_header": id_header(shared_webhook)}
    promise.holds(workspaces.judge(one, other, **headers))
