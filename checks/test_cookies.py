"""
What browsers keep for us is kept from scripts, from plain HTTP and from other sites.

https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, OWASP ASVS 5.0 section 3.3
"""

import pytest


@pytest.mark.needs("cookies")
@pytest.mark.clause("RFC 6265bis section 5.7; ASVS 3.3")
def test_cookies_are_kept_safe(promise, baked, by_cookies):
    """
    Browsers store every cookie as it was meant, and give none of a session away.
    """
    promise.holds(by_cookies(), baked)
