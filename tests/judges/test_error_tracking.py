"""Errors as a tracker tells them: there or not, grouped or not, and what they must not hold."""

import pytest
from hypothesis import given

from prodverify.judges import error_tracking
from prodverify.judges.error_tracking import Provoked, errors_in
from prodverify.judges.pointer import Absent
from prodverify.record.states import state_of
from prodverify.target.observability import ErrorTracker
from prodverify.wire import disguises
from tests.judges.anything import DOCUMENTS

KEY = "relay_k3yOfNobody42"  # pragma: allowlist secret
FORMS = {"admin_key": disguises.of(KEY)}


def tracker(**keys):
    return ErrorTracker(address="tracker", endpoint="list", path="/errors/{request_id}", group_at="/group", **keys)


def error(group="g1", **event):
    return {"group": group, "event": {"release": "1.2", **event}}


def provoked(*errors, request_id="r1"):
    return Provoked(request_id, errors)


def said(findings):
    return [finding.rule for finding in findings], str(state_of(findings))


@pytest.mark.parametrize(
    ("found", "rules", "state"),
    [
        ([provoked(error()), provoked(error())], [], "pass"),
        ([provoked(error()), provoked()], ["error-missing"], "fail"),
        ([provoked(error(), error())], ["error-several"], "pass"),
        ([provoked(error(release=""))], ["error-member-missing"], "fail"),
    ],
)
def test_each_error_arrives(found, rules, state):
    assert (rules, state) == said(error_tracking.judge(found, tracker(members=("/event/release",))))


@pytest.mark.parametrize(
    ("found", "rules"),
    [
        ([provoked(error()), provoked(error())], []),
        ([provoked(error()), provoked(error("g2"))], ["error-ungrouped"]),
        ([provoked(error()), provoked({"event": {}})], ["error-group-missing"]),
        ([provoked(error()), provoked(error(""))], ["error-group-missing"]),
        ([provoked(error()), provoked()], ["error-missing"]),
    ],
)
def test_equal_errors_have_one_group(found, rules):
    assert rules == said(error_tracking.judge_groups(found, tracker()))[0]


@pytest.mark.parametrize(
    ("other", "rules"),
    [
        ([provoked(error("g2"))], []),
        ([provoked(error("g1"))], ["error-groups-merged"]),
        ([provoked()], ["error-missing"]),
    ],
)
def test_errors_of_two_kinds_have_two_groups(other, rules):
    assert rules == said(error_tracking.judge_other([provoked(error())], other, tracker()))[0]


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        ({}, []),
        ({"request": {"headers": {"X-API-Key": KEY}}}, ["error-secret"]),
        ({"request": {"headers": {KEY: ""}}}, ["error-secret"]),
        ({"frames": [{"vars": {"text": "'hello'"}}]}, ["error-local-variables"]),
        ({"frames": [{"vars": {}}]}, []),
        ({"request": {"cookie": "of-somebody-else"}}, ["error-member-unmasked"]),
        ({"request": {"cookie": "[Filtered]"}}, []),
    ],
)
def test_an_error_holds_no_secret(event, rules):
    found = error_tracking.judge_secrets([provoked(error(**event))], tracker(), FORMS)

    assert rules == [finding.rule for finding in found]
    assert all(KEY not in finding.observed for finding in found)


def test_local_variables_may_be_there_where_the_target_says_so():
    held = provoked(error(frames=[{"vars": {"text": "'hello'"}}]))

    assert [] == error_tracking.judge_secrets([held], tracker(local_variables=True), FORMS)
    assert ["error-secret"] == said(
        error_tracking.judge_secrets([provoked(error(vars={"key": KEY}))], tracker(local_variables=True), FORMS)
    )[0]


@pytest.mark.parametrize(
    ("document", "at", "found"),
    [
        ([], "", ()),
        ([{"id": "r1"}, {"id": "r2"}], "", ({"id": "r1"},)),
        ({"errors": [{"id": "r1"}]}, "/errors", ({"id": "r1"},)),
        ({"tags": {"request_id": "r1"}}, "", ({"tags": {"request_id": "r1"}},)),
        ({"errors": "none"}, "", ()),
        ({}, "", ()),
        (None, "", ()),
    ],
)
def test_errors_are_read_as_a_list_or_one_alone(document, at, found):
    assert found == errors_in(document, at, "r1")


def test_errors_that_are_not_where_they_should_be_are_absent():
    assert isinstance(errors_in({"data": []}, "/errors", "r1"), Absent)


def test_an_error_that_is_nested_deeply_is_searched_all_the_same():
    value = KEY
    for _ in range(900):
        value = [value]

    assert ["error-secret"] == said(error_tracking.judge_secrets([provoked(error(deep=value))], tracker(), FORMS))[0]


@given(DOCUMENTS)
def test_no_answer_of_a_tracker_makes_a_judge_raise(document):
    for at in ("", "/errors"):
        errors = errors_in(document, at, "r1")
        found = [provoked(*(errors if isinstance(errors, tuple) else ()))]
        error_tracking.judge(found, tracker(members=("a", "/b")))
        error_tracking.judge_groups(found, tracker())
        error_tracking.judge_other(found, found, tracker())
        error_tracking.judge_secrets(found, tracker(), FORMS)
