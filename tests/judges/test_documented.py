"""What a comparison with the document says, weighed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import documented
from prodverify.record.findings import Finding
from tests.judges.anything import DOCUMENTS, VALUES
from tests.judges.scene import rules


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("ServerError", 500, {"documented-operation-breaks": "fail"}),
        ("UndefinedStatusCode", 201, {"documented-status-other": "fail"}),
        ("UndefinedStatusCode", 302, {"documented-status-other": "fail"}),
        ("UndefinedStatusCode", 399, {"documented-status-other": "fail"}),
        ("UndefinedStatusCode", 400, {"documented-refusal-missing": "warn"}),
        ("UndefinedStatusCode", 499, {"documented-refusal-missing": "warn"}),
        ("UndefinedStatusCode", 500, {"documented-operation-breaks": "fail"}),
        ("JsonSchemaError", 200, {"documented-schema-broken": "fail"}),
        ("JsonSchemaError", 404, {"documented-schema-broken": "fail"}),
        ("MalformedJson", 200, {"documented-schema-broken": "fail"}),
        ("UndefinedContentType", 200, {"documented-type-other": "fail"}),
        ("MissingContentType", 200, {"documented-type-other": "fail"}),
        ("OfAnotherVersion", 200, {"documented-answer-other": "fail"}),
    ],
)
def test_a_deviation_is_weighed(kind, status, expected):
    assert expected == rules([documented.judge(kind, "why", "GET /a", status)])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("'hunter2' is not of type 'integer'", "a value is not of type 'integer'"),
        ("{'password': 'hunter2'} is not of type 'array'", "a value is not of type 'array'"),
        ("Undocumented Content-Type: text/hunter2", "Undocumented Content-Type"),
    ],
)
def test_what_is_wrong_is_told_without_the_value(said, told):
    assert f"status 200: {told}" == documented.judge("JsonSchemaError", said, "GET /a", 200).observed


def test_the_body_is_not_quoted():
    said = '"id" is a required property\n\nSchema:\n\n    {}\n\nValue:\n\n    {"password": "hunter2"}'
    found = documented.judge("JsonSchemaError", said, "GET /a", 200)
    assert ('status 200: "id" is a required property', False) == (found.observed, "hunter2" in str(found))


@pytest.mark.parametrize(
    ("asked", "unmade", "expected"),
    [
        (0, [], {"documented-nothing-asked": "inconclusive"}),
        (1, [], {}),
        (1, ["GET /a"], {"documented-operation-unasked": "warn"}),
        (0, ["GET /a"], {"documented-nothing-asked": "inconclusive", "documented-operation-unasked": "warn"}),
    ],
)
def test_without_a_request_nothing_is_proven(asked, unmade, expected):
    assert expected == rules(documented.judge_asked("GET", asked, unmade))


def test_what_cannot_be_compared_is_told():
    found = documented.judge_uncompared("InvalidSchema", "GET /a", 200)
    assert {"documented-answer-uncompared": "warn"} == rules([found])


def test_a_document_stands_alone():
    inside = {"a": {"$ref": "#/b"}, "properties": {"$ref": {"type": "string"}}}
    more = [{"$ref": "http://other.example/x#/y", "summary": "kept"}, {"deep": {"$ref": "/etc/hostname"}}]

    document, elsewhere = documented.alone({**inside, "more": more})

    assert {**inside, "more": [{"summary": "kept"}, {"deep": {}}]} == document
    assert ["http://other.example/x#/y", "/etc/hostname"] == elsewhere
    assert {"documented-reference-elsewhere": "warn"} == rules(documented.judge_references(elsewhere))
    assert documented.judge_references([]) == []


@given(kind=VALUES, message=VALUES, operation=VALUES, status=st.integers(0, 999))
def test_the_judge_only_finds(kind, message, operation, status):
    found = documented.judge(kind, message, operation, status)
    told = documented.judge_uncompared(kind, operation, status)
    assert isinstance(found, Finding)
    assert len(found.observed) <= 140
    assert len(told.observed) <= 140


@given(document=DOCUMENTS, reference=VALUES)
def test_any_document_is_made_to_stand_alone(document, reference):
    document = {"any": document, "$ref": reference}
    whole, elsewhere = documented.alone(document)
    assert ("$ref" in whole) == reference.startswith("#") == (elsewhere == [])
    assert isinstance(documented.judge_references(elsewhere), list)
