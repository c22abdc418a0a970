"""
The service delivers nowhere that a stranger could not reach alone.

OWASP API Security API7:2023 (server side request forgery); Standard Webhooks: SSRF.
"""

import pytest


@pytest.mark.needs("webhooks")
@pytest.mark.does("writes")
@pytest.mark.shares("webhooks")
@pytest.mark.waits
@pytest.mark.clause("API7:2023; Standard Webhooks: SSRF")
def test_forbidden_address_is_refused(promise, forbidden_address, named_as_address):
    """
    An address that leads into the service's own network, or may, is refused however it is written.
    """
    promise.holds(named_as_address(forbidden_address))
