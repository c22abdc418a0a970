"""
What belongs to one workspace stays in it, and who may not write is refused before anything is looked up.

OWASP API Security Top 10 2023, API1 and API5; OWASP ASVS 5.0 chapter 8.
"""

import pytest

from prodverify.judges import objects


@pytest.mark.needs("objects")
@pytest.mark.clause("ASVS 8.2.2, 8.4.1")
def test_objects_stay_with_their_owners(promise, encounter, estranged, promises):
    """
    Nobody of another workspace is given an object, or is told that there is one.
    """
    seen, hides = encounter, estranged.declared.hides_existence
    asked, answers = seen.ids, (seen.owned.answer, seen.strange, seen.control)
    found = objects.judge_stranger(*answers, ids=asked, hides_existence=hides, refusals=promises.refusals)
    promise.holds(found, seen.owned.answer)


@pytest.mark.needs("objects")
@pytest.mark.clause("ASVS 8.2.1")
def test_writes_are_refused_before_the_look_up(promise, unpermitted_answer, unpermitted, promises):
    """
    Who may not write is refused as such, also where there is nothing to write to.
    """
    promise.holds(objects.judge_write(unpermitted_answer, unpermitted.role, refusals=promises.refusals))
