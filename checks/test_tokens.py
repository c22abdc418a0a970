"""
A token says who bears it only where it is whole, signed by the issuer, good now, and meant for us.

https://www.rfc-editor.org/rfc/rfc8725 (best current practice for JWTs), OWASP ASVS 5.0 section 9.1.
"""

import pytest


@pytest.mark.clause("RFC 8725 sections 3.1 to 3.3; ASVS 5.0 9.1.1, 9.1.2")
def test_forged_token_is_rejected(promise, forgery, borne, entered, forgeries, tried_at):
    """
    A token opens nothing once anything about it, or about its signature, was changed.
    """
    entrance = borne(forgery.tokens)
    entered(entrance)
    for attempt in forgeries(forgery):
        promise.holds(tried_at(entrance, attempt))


@pytest.mark.clause("RFC 7519 section 4.1; ASVS 5.0 9.2.1, 9.2.3")
def test_token_that_is_not_for_here_and_now_is_rejected(promise, worn, borne, entered, worn_token, tried_at):
    """
    A token that has expired, is not valid yet, or was made for or by another service opens nothing.
    """
    entrance = borne(worn.tokens)
    entered(entrance)
    promise.holds(tried_at(entrance, worn_token(worn)))


@pytest.mark.waits
@pytest.mark.clause("RFC 8725 section 3.10; ASVS 5.0 9.1.3")
def test_key_is_not_fetched_from_where_a_token_says(promise, watched_tokens, borne, entered, called_back):
    """
    A token that names the place of its key opens nothing, and nobody fetches a key from there.
    """
    entrance = borne(watched_tokens)
    entered(entrance)
    promise.holds(called_back(entrance, watched_tokens))
