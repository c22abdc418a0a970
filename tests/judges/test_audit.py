"""The audit log is readable, filtered and without secrets."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import audit
from prodverify.judges.masking import is_masked, sounds_secret
from prodverify.target.promises import Audit
from tests.judges.scene import answer, rules

PROMISE = Audit(path="/audit", role="admin", filters={"status": "ok"})
OK, REFUSED = {"id": 1, "status": "ok"}, {"id": 2, "status": "refused"}
SECRET = "rk_admin_9f8e7d6c5b4a"


def log(*entries, status=200):
    return answer(status, {}, {"logs": list(entries)})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (log(OK), {}),
        (log(), {"audit-empty": "fail"}),
        (log(OK, "text"), {"audit-entry-odd": "fail"}),
        (answer(200, {}, {"entries": []}), {"audit-entries-missing": "fail"}),
        (answer(200, {}, {"logs": {}}), {"audit-entries-missing": "fail"}),
        (answer(200, {}, b"log"), {"audit-unreadable": "fail"}),
        (log(OK, status=403), {"audit-unreadable": "fail"}),
        (log(OK, status=500), {"audit-unreadable": "fail"}),
        (log(OK, status=429), {"audit-unreadable": "inconclusive"}),
    ],
)
def test_the_log_is_a_list_of_entries(said, expected):
    assert expected == rules(audit.judge_log(said, PROMISE))


@pytest.mark.parametrize(
    ("whole", "filtered", "expected"),
    [
        ([OK, REFUSED], [OK], {}),
        ([OK, REFUSED], [OK, OK], {}),
        ([OK, REFUSED], [OK, REFUSED], {"audit-filter-ignored": "fail"}),
        ([OK, REFUSED], [OK, {"id": 3}], {"audit-filter-ignored": "fail"}),
        ([OK, REFUSED], [7], {"audit-filter-ignored": "fail"}),
        ([OK, REFUSED], [], {"audit-filter-empty": "fail"}),
        ([REFUSED], [], {"audit-filter-unproven": "inconclusive"}),
        ([], [], {"audit-empty": "fail"}),
    ],
)
def test_a_filter_selects(whole, filtered, expected):
    assert expected == rules(audit.judge_filter(log(*whole), log(*filtered), log(), PROMISE, "status", "ok"))


@pytest.mark.parametrize(
    ("unmatched", "expected"),
    [
        (log(), {}),
        (answer(422, {}, b"{}"), {}),
        (log(OK), {"audit-filter-ignored": "fail"}),
        (answer(500, {}, b"{}"), {"audit-filter-unproven": "info"}),
    ],
)
def test_a_filter_that_every_entry_matches_is_proven_by_a_value_that_none_has(unmatched, expected):
    assert expected == rules(audit.judge_filter(log(OK), log(OK), unmatched, PROMISE, "status", "ok"))
    assert {} == rules(audit.judge_filter(log(OK, REFUSED), log(OK), unmatched, PROMISE, "status", "ok"))


@pytest.mark.parametrize(
    ("whole", "filtered", "expected"),
    [
        (200, 400, {"audit-filter-refused": "fail"}),
        (200, 500, {"audit-filter-refused": "fail"}),
        (200, 429, {"audit-unreadable": "inconclusive"}),
        (500, 500, {"audit-unreadable": "inconclusive"}),
    ],
)
def test_a_filter_that_is_refused_selects_nothing(whole, filtered, expected):
    answers = log(OK, status=whole), log(OK, status=filtered), log()
    assert expected == rules(audit.judge_filter(*answers, PROMISE, "status", "ok"))


def test_values_of_a_filter_compare_by_meaning():
    entries = [{"n": 7, "done": True}, {"n": 8, "done": False}]
    assert audit.judge_filter(log(*entries), log(entries[0]), log(), PROMISE, "n", "7") == []
    assert audit.judge_filter(log(*entries), log(entries[0]), log(), PROMISE, "done", "true") == []


@pytest.mark.parametrize(
    "entry",
    [
        {"details": {"note": f"key {SECRET} used"}},
        {"details": {"list": ["a", SECRET]}},
        {"details": base64.b64encode(SECRET.encode()).decode()},
        {SECRET: 1},
        {SECRET: SECRET},
    ],
)
def test_known_secrets_are_found_and_never_told(entry):
    found = audit.judge_secrets(log(entry), PROMISE, {"admin_key": SECRET})
    assert rules(found) == {"audit-secret": "fail"}
    assert not [text for finding in found for text in finding.as_dict().values() if SECRET in text]


def test_a_secret_behind_escapes_is_found():
    awkward = 'pass"word\\é'
    assert rules(audit.judge_secrets(log({"note": awkward}), PROMISE, {"key": awkward})) == {"audit-secret": "fail"}


def test_the_name_of_a_secret_is_told_with_its_place():
    (found,) = audit.judge_secrets(log(OK, {"note": SECRET}), PROMISE, {"other": "unused-value", "admin_key": SECRET})
    assert found.observed == "the secret admin_key at /logs/1/note"


def test_values_too_short_to_be_secrets_are_passed_over():
    assert audit.judge_secrets(log({"note": "admin"}), PROMISE, {"user": "admin"}) == []


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("password", "hunter2", {"audit-member-unmasked": "fail"}),
        ("apiKey", "abcdef", {"audit-member-unmasked": "fail"}),
        ("access_token", "abc.def", {"audit-member-unmasked": "fail"}),
        ("password_hash", "$2b$12$abc", {"audit-member-unmasked": "fail"}),
        ("pin_token", 123456, {"audit-member-unmasked": "fail"}),
        ("password", "***", {}),
        ("password", "[redacted]", {}),
        ("token", "abc…", {}),
        ("api_key", "rk_dev_****", {}),
        ("secret", None, {}),
        ("secret", "", {}),
        ("token", True, {}),
        ("api_key_id", "42", {}),
        ("key_name", "nightly", {}),
        ("token_expires_at", "2026-09-21", {}),
        ("secretary", "Ann", {}),
        ("action", "secret.rotate", {}),
    ],
)
def test_members_that_sound_secret_are_masked(member, value, expected):
    found = audit.judge_secrets(log({"details": {member: value}}), PROMISE, {})
    assert expected == rules(found)
    assert not [finding for finding in found if str(value) in finding.observed]


def test_masking():
    assert [sounds_secret(name) for name in ("Authorization", "x-api-key", "Set-Cookie", "author")] == [True] * 3 + [
        False
    ]
    assert [is_masked(value) for value in ("xxx", "•••••1234", "hunter2", "redactedness of a long text")] == [
        True,
        True,
        False,
        False,
    ]


LETTERS = st.text(alphabet='QWXZ/~%+é"\\ ', min_size=8, max_size=300)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(secret=LETTERS, around=st.text(max_size=5))
def test_no_finding_ever_holds_a_secret(secret, around):
    entry = {around + secret: {"password": secret}, "note": around + secret, "token": [secret, {secret: secret}]}
    found = audit.judge_secrets(log(entry), PROMISE, {"name": secret})
    assert "audit-secret" in rules(found)
    told = "\n".join(text for finding in found for text in finding.as_dict().values())
    assert secret not in told
    assert secret[:8] not in told.replace("***", "")
