"""
Pages of other sites read only what they are meant to read.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import pytest

from prodverify.judges import cors

pytestmark = pytest.mark.needs("cors")


@pytest.mark.clause("Fetch section 4.9; ASVS 3.4.2")
def test_foreign_pages_read_nothing(promise, promises, crossed, foreign_answers, as_promised):
    """
    A page of a site that was not named reads no answer that is for somebody, whatever its address looks like.
    """
    for origin, answer in foreign_answers:
        found = cors.judge_foreign(answer, origin=origin, reader=crossed.reader, anybody=promises.cors.anybody)
        promise.holds(as_promised(found), answer)


@pytest.mark.clause("Fetch section 4.9; target file: cors.origins")
def test_named_pages_read_answers(promise, promises, admitted, allowed_answer, as_promised):
    """
    A page of a site that was named reads what its user may read.
    """
    found = cors.judge_allowed(allowed_answer, origin=admitted.origin, credentials=promises.cors.credentials)
    promise.holds(as_promised(found), allowed_answer)


@pytest.mark.clause("Fetch section 4.9, CORS protocol and HTTP caches; RFC 9110 section 12.5.5")
def test_caches_keep_sites_apart(promise, admitted, allowed_answer, stranger_answer, as_promised):
    """
    A cache that keeps the answer to one site's page does not give it to another's.
    """
    foreign = stranger_answer(admitted.crossed.endpoint)
    promise.holds(as_promised(cors.judge_caching(allowed_answer, foreign)), allowed_answer, foreign)


@pytest.mark.clause("Fetch section 4.8")
def test_preflights_need_no_credential(promise, promises, admitted, preflight, needs_preflight, as_promised):
    """
    A browser that asks whether a page may ask is told so, without a credential.
    """
    answer, named = preflight(admitted.crossed.endpoint, admitted.origin), promises.cors
    found = cors.judge_preflight(
        answer, origin=admitted.origin, credentials=named.credentials, headers=named.headers, needed=needs_preflight
    )
    promise.holds(as_promised(found), answer)
