"""
Browsers are told to protect the people who use us, on every kind of answer.

https://owasp.org/www-project-secure-headers/
"""

import pytest

pytestmark = pytest.mark.needs("headers")


@pytest.mark.clause("RFC 6797 section 6.1.1")
def test_browsers_stay_on_https(promise, answer, by_policy):
    """
    Browsers are told to stay on HTTPS for as long as the policy asks.
    """
    promise.holds(by_policy("hsts"), answer)


@pytest.mark.clause("Content Security Policy Level 3 section 6")
def test_scripts_come_from_the_service(promise, answer, by_policy):
    """
    Scripts run only where the service put them.
    """
    promise.holds(by_policy("csp"), answer)


@pytest.mark.clause("Content Security Policy Level 3 section 6.4.2")
def test_pages_cannot_be_framed(promise, answer, by_policy):
    """
    No other site can show our pages inside its own.
    """
    promise.holds(by_policy("framing"), answer)


@pytest.mark.clause("Fetch, section nosniff")
def test_types_are_not_sniffed(promise, answer, by_policy):
    """
    Browsers take the declared content type for what it says.
    """
    promise.holds(by_policy("nosniff"), answer)


@pytest.mark.clause("Referrer Policy section 8.1")
def test_referrers_stay_private(promise, answer, by_policy):
    """
    Addresses of our pages do not travel to other sites.
    """
    promise.holds(by_policy("referrer-policy"), answer)


@pytest.mark.clause("ASVS 13.4.6")
def test_nothing_is_disclosed(promise, answer, by_policy):
    """
    Answers do not tell which software, in which version, gave them.
    """
    promise.holds(by_policy("disclosure"), answer)
