"""
There is no way round the guard: neither another spelling of the path nor a header line that speaks for somebody else.

https://www.rfc-editor.org/rfc/rfc3986#section-6.2 (what the same path is), OWASP ASVS 5.0 sections 4.1 and 8.3.
"""

import pytest

from prodverify.target.section import ANONYMOUS


@pytest.mark.clause("ASVS 5.0 4.1.3")
def test_spoofed_header_opens_nothing(promise, spoof, claims, accepted_baseline, tried_round):
    """
    What only an edge may say about a caller opens nothing when the caller says it.
    """
    accepted_baseline(spoof.area)
    for way in claims(spoof):
        promise.holds(tried_round(spoof.area, way, ANONYMOUS))


@pytest.mark.clause("RFC 3986 section 6.2; ASVS 5.0 8.3.1")
def test_other_spelling_of_the_path_opens_nothing(
    promise, area, other_spellings, intruder, accepted_baseline, tried_round
):
    """
    Whoever may not enter is not let in by a path that is written in another way.
    """
    accepted_baseline(area)
    for way in other_spellings(area):
        promise.holds(tried_round(area, way, intruder(area)))
