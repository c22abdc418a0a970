"""Who gets in, who does not, and what a refusal proves."""

import pytest

from prodverify.judges import access
from tests.judges.scene import answer, rules

CHALLENGE = {"WWW-Authenticate": "Bearer"}
BODY = {"logs": [{"id": 1}]}


@pytest.mark.parametrize(
    ("status", "expected_status", "headers", "expected"),
    [
        (200, 200, {}, {}),
        (401, 401, CHALLENGE, {}),
        (401, 401, {}, {"access-challenge-missing": "warn"}),
        (403, 403, {}, {}),
        (405, 405, {}, {"access-allow-missing": "warn"}),
        (405, 405, {"Allow": ""}, {}),
        (404, 403, {}, {"access-status": "fail"}),
        (403, 401, {}, {"access-status": "fail"}),
        (401, 403, {}, {"access-status": "fail"}),
        (201, 200, {}, {"access-status": "fail"}),
        (200, 403, {}, {"access-granted": "fail"}),
        (204, 401, {}, {"access-granted": "fail"}),
        (403, 200, {}, {"access-refused": "fail"}),
        (401, 200, {}, {"access-refused": "fail"}),
        (404, 200, {}, {"access-refused": "fail"}),
        (500, 403, {}, {"access-broken": "fail"}),
        (500, 200, {}, {"access-broken": "fail"}),
        (429, 403, {}, {"access-limited": "inconclusive"}),
        (429, 200, {}, {"access-limited": "inconclusive"}),
    ],
)
def test_a_role_gets_its_status(status, expected_status, headers, expected):
    assert expected == rules(access.judge_status(answer(status, headers), expected_status, "viewer"))


def test_hiding_existence_is_explained():
    (found,) = access.judge_status(answer(404), 403, "viewer")
    assert found.next_step == "Hiding existence is legitimate: declare 404 if it is meant."


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, CHALLENGE, {}),
        (401, {}, {"access-challenge-missing": "warn"}),
        *((status, {}, {}) for status in access.REFUSALS if status != 401),
        (302, {"Location": "/login"}, {"rejection-redirected": "info"}),
        (409, {}, {"rejection-unusual": "warn"}),
        (200, {}, {"rejection-accepted": "fail"}),
        (204, {}, {"rejection-accepted": "fail"}),
        (500, {}, {"rejection-broken": "fail"}),
        (503, {}, {"rejection-broken": "fail"}),
        (429, {}, {"rejection-limited": "inconclusive"}),
        (304, {}, {"rejection-unclear": "inconclusive"}),
    ],
)
def test_a_worthless_credential_is_refused(status, headers, expected):
    assert expected == rules(access.judge_rejection(answer(200, {}, BODY), answer(status, headers)))


@pytest.mark.parametrize("baseline", [401, 403, 404, 429, 500, 302])
def test_a_refusal_proves_nothing_without_an_accepted_baseline(baseline):
    found = access.judge_rejection(answer(baseline), answer(401, CHALLENGE))
    assert rules(found) == {"rejection-unproven": "inconclusive"}


@pytest.mark.parametrize(
    ("body", "likeness"),
    [
        (BODY, "the same body as with a valid credential"),
        (b'{ "logs":[ {"id":1} ] }', "the same body as with a valid credential"),
        ({"logs": []}, "a body of the same members as with a valid credential"),
        (b"<html>log in</html>", "another body"),
        ({"error": 1}, "another body"),
        (b"", "an empty body"),
    ],
)
def test_what_a_bypass_gave_away_is_told(body, likeness):
    (found,) = access.judge_rejection(answer(200, {}, BODY), answer(200, {}, body))
    assert f"status 200 with {likeness}" == found.observed


@pytest.mark.parametrize(
    ("status", "malformed", "unharmed"),
    [
        (400, {}, {}),
        (404, {}, {}),
        (422, {}, {}),
        (200, {"malformed-accepted": "fail"}, {}),
        (302, {"malformed-redirected": "info"}, {}),
        (500, {"malformed-breaks": "fail"}, {"input-breaks": "fail"}),
        (429, {"malformed-limited": "inconclusive"}, {"input-limited": "inconclusive"}),
    ],
)
def test_malformed_input(status, malformed, unharmed):
    assert malformed == rules(access.judge_malformed(answer(status)))
    assert unharmed == rules(access.judge_unharmed(answer(status)))
