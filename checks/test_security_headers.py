"""
Browsers are told to protect the people who use us, on every kind of answer.

https://owasp.org/www-project-secure-headers/
"""

import pytest

from prodverify.judges import nonces

pytestmark = pytest.mark.needs("headers")


@pytest.mark.rule("hsts")
@pytest.mark.clause("RFC 6797 section 6.1.1")
def test_browsers_stay_on_https(promise, answer, by_policy):
    """
    Browsers are told to stay on HTTPS for as long as the policy asks.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("csp")
@pytest.mark.clause("Content Security Policy Level 3 section 6")
def test_scripts_come_from_the_service(promise, answer, by_policy, graded):
    """
    Scripts run only where the service put them.
    """
    promise.measured(**graded.facts)
    promise.holds([*by_policy(answer), *graded.findings], answer)


@pytest.mark.clause("Content Security Policy Level 3 section 7.1")
def test_nonces_are_fresh(promise, page, page_again, page_read, weighed):
    """
    What lets a script run in one answer lets nothing run in the next.
    """
    promise.holds(weighed("nonces", page_read, nonces.judge(page, page_again)), page)


@pytest.mark.rule("framing")
@pytest.mark.clause("Content Security Policy Level 3 section 6.4.2")
def test_pages_cannot_be_framed(promise, answer, by_policy):
    """
    No other site can show our pages inside its own.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("nosniff")
@pytest.mark.clause("Fetch, section nosniff")
def test_types_are_not_sniffed(promise, answer, by_policy):
    """
    Browsers take the declared content type for what it says.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("content-type")
@pytest.mark.clause("RFC 9110 section 8.3; ASVS 4.1.1")
def test_bodies_say_what_they_are(promise, answer, by_policy):
    """
    Every body has its media type, and text the characters in which it is written.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("referrer-policy")
@pytest.mark.clause("Referrer Policy section 8.1")
def test_referrers_stay_private(promise, answer, by_policy):
    """
    Addresses of our pages do not travel to other sites.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("permissions-policy")
@pytest.mark.clause("Permissions Policy section 5.2; RFC 9651")
def test_features_are_restricted(promise, answer, by_policy):
    """
    What the pages forbid themselves to use is written so that browsers heed it.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("isolation")
@pytest.mark.clause("HTML, cross-origin opener policies; Fetch, Cross-Origin-Resource-Policy")
def test_other_sites_are_kept_apart(promise, answer, by_policy):
    """
    What keeps other sites out of our windows and resources is written so that browsers heed it.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("obsolete")
@pytest.mark.clause("OWASP Secure Headers Project, deprecated headers")
def test_headers_are_in_use(promise, answer, by_policy):
    """
    No answer counts upon headers that browsers have given up.
    """
    promise.holds(by_policy(answer), answer)


@pytest.mark.rule("disclosure")
@pytest.mark.clause("ASVS 13.4.6")
def test_nothing_is_disclosed(promise, answer, by_policy):
    """
    Answers do not tell which software, in which version, gave them.
    """
    promise.holds(by_policy(answer), answer)
