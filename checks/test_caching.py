"""
What one caller was told is told to nobody else by a cache.

https://www.rfc-editor.org/rfc/rfc9111#section-3.5, OWASP ASVS 5.0 14.3.2.
"""

import pytest

from prodverify.judges import cache_control

pytestmark = [pytest.mark.needs("headers"), pytest.mark.shares("caching")]


@pytest.mark.clause("RFC 9111 section 3.5; ASVS 14.3.2")
def test_private_answers_are_not_kept(promise, told_apart, private_read, weighed):
    """
    Caches are told to keep nothing of what needs a credential.
    """
    found = cache_control.judge(told_apart.served, carrier=private_read.carrier)
    promise.holds(weighed("caching", private_read.endpoint, found), told_apart.served)


@pytest.mark.clause("RFC 9111 section 3.5; ASVS 14.2.2")
def test_strangers_are_not_served_from_a_cache(promise, told_apart, private_read, weighed):
    """
    Whoever asks without credential, right after a caller who has one, does not get that caller's answer.
    """
    endpoint = private_read.endpoint
    found = cache_control.judge_stranger(*told_apart.answers, refusal=endpoint.roles["anonymous"])
    promise.holds(weighed("caching", endpoint, found), *filter(None, told_apart.answers))
