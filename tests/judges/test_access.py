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
        (405, 405, {}, {}),
        (404, 403, {}, {"access-status": "fail"}),
        (403, 401, {}, {"access-status": "fail"}),
        (401, 403, {}, {"access-status": "fail"}),
        (201, 200, {}, {"access-status": "fail"}),
        (200, 403, {}, {"access-granted": "fail"}),
        (204, 401, {}, {"access-granted": "fail"}),
        (101, 101, {}, {}),
        (101, 401, {}, {"access-granted": "fail"}),
        (403, 101, {}, {"access-refused": "fail"}),
        (102, 401, {}, {"access-status": "fail"}),
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


@pytest.mark.parametrize(("body_broken", "expected"), [(True, {"answer-cut-short": "fail"}), (False, {})])
def test_an_answer_that_the_service_cut_is_none_and_one_that_we_cut_is(body_broken, expected):
    cut = answer(200, {}, b"ha", body_complete=False, body_broken=body_broken, body_note="it ended")
    assert expected == rules(access.judge_status(cut, 200, "viewer"))


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
        (200, {}, {"rejection-by-success": "warn"}),
        (299, {}, {"rejection-by-success": "warn"}),
        (499, {}, {"rejection-unusual": "warn"}),
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


@pytest.mark.parametrize("baseline", [200, 204, 299])
def test_the_same_body_is_a_way_in(baseline):
    accepted = answer(baseline, {}, BODY)
    (found,) = access.judge_rejection(accepted, answer(200, {}, b'{ "logs":[ {"id":7} ] }'), "an empty header")
    assert ("rejection-accepted", "fail") == (found.rule, found.severity.value)
    assert "status 200 to an empty header with a body of the same members as with a valid credential" == found.observed


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY, {"rejection-accepted": "fail"}),
        ({"logs": []}, {"rejection-accepted": "fail"}),
        ({"logs": None}, {"rejection-unclear": "inconclusive"}),
        ({"logs": [], "error": "no"}, {"rejection-unclear": "inconclusive"}),
        ({"error": "no"}, {"rejection-by-success": "warn"}),
        (b"<html>log in</html>", {"rejection-by-success": "warn"}),
        (b"", {"rejection-by-success": "warn"}),
    ],
)
def test_success_with_another_body_is_no_way_in(body, expected):
    assert expected == rules(access.judge_rejection(answer(200, {}, BODY), answer(200, {}, body)))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, BODY, {"rejection-cut-short": "warn"}),
        (200, {"logs": None}, {"rejection-unclear": "inconclusive"}),
        (401, {}, {"access-challenge-missing": "warn"}),
        (500, {}, {"rejection-broken": "fail"}),
    ],
)
def test_what_holds_the_valid_credential_lets_nobody_in_who_has_none(status, body, expected):
    probe = answer(status, {}, body)
    assert expected == rules(access.judge_rejection(answer(200, {}, BODY), probe, "NUL behind it", holds_valid=True))


def test_what_anybody_gets_is_no_way_in():
    shell = answer(200, {"Content-Type": "text/html"}, b"<html><script src=app.js></script></html>")
    accepted = answer(200, {}, b"<html><h1>Accounts</h1><p>1</p></html>")

    assert {"rejection-by-success": "warn"} == rules(access.judge_rejection(accepted, shell))
    assert {"rejection-as-for-anybody": "info"} == rules(
        access.judge_rejection(accepted, shell, open_to_all=[answer(404), shell])
    )
    assert {"rejection-accepted": "fail"} == rules(access.judge_rejection(accepted, accepted, open_to_all=[accepted]))
    assert {"rejection-by-success": "warn"} == rules(
        access.judge_rejection(accepted, shell, open_to_all=[answer(404, {}, shell.body)])
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (199, {"scheme-case-matters": "warn"}),
        (200, {}),
        (299, {}),
        (301, {"scheme-case-matters": "warn"}),
        (401, {"scheme-case-matters": "warn"}),
        (429, {"rejection-limited": "inconclusive"}),
        (499, {"scheme-case-matters": "warn"}),
        (500, {"rejection-broken": "fail"}),
    ],
)
def test_the_case_of_a_scheme_means_nothing(status, expected):
    assert expected == rules(access.judge_scheme_case(answer(200), answer(status)))
    assert {"rejection-unproven": "inconclusive"} == rules(access.judge_scheme_case(answer(401), answer(status)))


@pytest.mark.parametrize(
    ("first", "last", "rule"),
    [
        (401, 401, None),
        (400, 403, None),
        (300, 199, None),
        (200, 401, "credential-order-decides"),
        (400, 299, "credential-order-decides"),
        (200, 200, "credential-twice-accepted"),
    ],
)
def test_two_credentials_are_a_broken_promise_only_where_one_is_promised(first, last, rule):
    def severity(promised):
        found = access.judge_two_credentials(answer(200), answer(first), answer(last), one_promised=promised)
        return rules(found)

    assert ({rule: "fail"} if rule else {}) == severity(True)
    assert ({rule: "warn"} if rule else {}) == severity(False)


@pytest.mark.parametrize(
    ("baseline", "first", "last", "expected"),
    [
        (401, 200, 401, {"rejection-unproven": "inconclusive"}),
        (200, 429, 200, {"rejection-limited": "inconclusive"}),
        (200, 401, 429, {"rejection-limited": "inconclusive"}),
        (200, 401, 500, {"rejection-broken": "fail"}),
        (200, 599, 401, {"rejection-broken": "fail"}),
    ],
)
def test_two_credentials_that_cannot_be_judged(baseline, first, last, expected):
    found = access.judge_two_credentials(answer(baseline), answer(first), answer(last), one_promised=True)
    assert expected == rules(found)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, BODY, {"bypass-open": "fail"}),
        (200, {"logs": []}, {"bypass-open": "fail"}),
        (299, BODY, {"bypass-open": "fail"}),
        (200, {"logs": None}, {"bypass-unclear": "warn"}),
        (200, {"error": "no"}, {}),
        (200, b"<html></html>", {}),
        (200, b"", {}),
        (301, BODY, {}),
        (400, BODY, {}),
        (404, BODY, {}),
        (429, b"", {"rejection-limited": "inconclusive"}),
        (499, BODY, {}),
        (500, BODY, {"bypass-breaks": "warn"}),
    ],
)
def test_only_an_equivalent_body_is_a_way_round(status, body, expected):
    assert expected == rules(access.judge_bypass(answer(200, {}, BODY), answer(status, {}, body), "/x/../things"))


def test_a_way_round_needs_a_baseline_and_leads_where_not_everybody_is():
    assert {"rejection-unproven": "inconclusive"} == rules(access.judge_bypass(answer(404), answer(200), "/things/"))
    baseline, open_page = answer(200, {}, {"logs": [{"id": 2}]}), answer(200, {}, BODY)
    assert [] == access.judge_bypass(baseline, open_page, "/things/", open_to_all=[open_page])


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
