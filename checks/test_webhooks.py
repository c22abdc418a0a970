"""
Receivers can trust what the service delivers.

https://www.standardwebhooks.com/ and SPEC W1.
"""

import pytest

from prodverify.judges import signatures

pytestmark = [pytest.mark.needs("webhooks"), pytest.mark.does("writes"), pytest.mark.shares("webhooks")]


@pytest.mark.clause("SPEC W1; RFC 2104")
def test_delivery_is_signed(promise, webhook, delivery, target):
    """
    A delivery is signed over its raw bytes with the shared secret, and a forgery is told from it.
    """
    how = {"secret": target.secret(webhook.secret), "prefix": webhook.prefix}
    signed = delivery.headers.all(webhook.header)
    promise.holds(signatures.judge(delivery.body, signed, **how))
    promise.holds(signatures.negative_controls(delivery.body, signed, **how))


@pytest.mark.clause("SPEC W1")
def test_delivery_names_its_request(naming_header, delivery):
    """
    A delivery names the request that caused it.
    """
    cause = delivery.caused_by.headers.first(naming_header)
    assert cause, f"the answer that caused the delivery carries {naming_header}"
    named = delivery.headers.first(naming_header)
    assert cause == named, f"the delivery carries {naming_header}: {cause}\nit carries {named or 'none'}"
