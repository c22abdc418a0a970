"""Documents of the promised shape, and the places where they are not."""

import pytest

from prodverify.judges import pointer, schema
from tests.judges.scene import answer, rules

ACTIONS = {
    "type": "object",
    "required": ["actions"],
    "properties": {"actions": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name"]}}},
}


def test_deviations_are_told_by_their_place():
    (found,) = schema.judge({"actions": [{"name": "a"}, {}]}, ACTIONS)
    assert (found.rule, found.expected, found.observed) == ("schema-required", "/actions/1: name", "not there")
    (found,) = schema.judge({"actions": "none"}, ACTIONS)
    assert (found.rule, found.expected, found.observed) == (
        "schema-type",
        "/actions: type array",
        "a string: none",
    )
    assert schema.judge({"actions": [{"name": "a"}]}, ACTIONS) == []


def test_many_deviations_are_counted():
    found = schema.judge({"actions": [{}] * 9}, ACTIONS, limit=5)
    assert [finding.rule for finding in found] == ["schema-required"] * 5 + ["schema-more"]
    assert found[-1].observed == "4 more"


def test_a_value_whose_name_sounds_secret_is_not_told():
    (found,) = schema.judge({"api_token": "hunter2"}, {"properties": {"api_token": {"type": "integer"}}})
    assert found.observed == "a string"


@pytest.mark.parametrize(
    "unusable",
    [
        {"type": "objekt"},
        {"$ref": "https://schemas.invalid/thing.json"},
        {"$ref": "http://127.0.0.1:9/thing.json"},
        {"$ref": "#/$defs/none"},
        {"pattern": "("},
        {"$ref": "#"},
        {"$schema": 7},
    ],
)
def test_a_schema_that_cannot_be_applied_is_inconclusive(unusable):
    assert rules(schema.judge("text", unusable)) == {"schema-unusable": "inconclusive"}


def test_local_references_are_followed():
    described = {"$defs": {"name": {"type": "string"}}, "items": {"$ref": "#/$defs/name"}}
    assert schema.judge(["a"], described) == []
    assert rules(schema.judge([1], described)) == {"schema-type": "fail"}


def test_schemas_may_be_true_or_false():
    assert schema.judge(1, True) == []
    assert set(rules(schema.judge(1, False)).values()) == {"fail"}


def test_answers_are_judged_where_they_succeeded():
    assert schema.judge_answer(answer(200, {}, {"actions": [{"name": "a"}]}), ACTIONS) == []
    assert rules(schema.judge_answer(answer(200, {}, b"<html>"), ACTIONS)) == {"schema-no-json": "fail"}
    assert rules(schema.judge_answer(answer(403, {}, {}), ACTIONS)) == {"schema-no-success": "inconclusive"}


DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, "deep": {"er": None}}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/m~0n", 8),
        ("/deep/er", None),
    ],
)
def test_pointers_lead_to_values(place, expected):
    assert expected == pointer.lookup(DOCUMENT, place)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("/bar", "no member bar at the top"),
        ("/foo/2", "no item 2 at /foo, a list of 2"),
        ("/foo/-", "no item - at /foo, a list of 2"),
        ("/foo/00", "no item 00 at /foo, a list of 2"),
        ("/foo/²", "no item ² at /foo, a list of 2"),
        ("/foo/0/x", "/foo/0 holds a string, which has no member x"),
        ("/deep/er/x", "/deep/er holds null, which has no member x"),
        ("foo", "foo is not a JSON Pointer: it does not start with /"),
    ],
)
def test_absence_says_what_is_missing(place, reason):
    absent = pointer.lookup(DOCUMENT, place)
    assert (reason, False) == (str(absent), bool(absent))


def test_walking_visits_every_value_in_order():
    found = [(place, name) for place, name, _ in pointer.walk({"a": [1, {"b": 2}], "c/d": 3})]
    assert found == [("/a/0", "a"), ("/a/1/b", "b"), ("/c~1d", "c/d")]
