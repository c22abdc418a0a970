"""Requests made from a document: what it allows, by the methods that the target file names, and nothing else."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("schemathesis")

ORDER = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}
HEADER = {"in": "header", "name": "X-Version", "required": True, "schema": {"enum": ["2026-09-01"]}}
IMPOSSIBLE = {"in": "query", "name": "n", "required": True, "schema": {"type": "integer", "minimum": 5, "maximum": 1}}
OPENAPI = '[openapi]\npath = "/openapi.json"\ngenerated = 3\ngenerated_role = "user"\n'
WRITTEN = (
    'generated_methods = ["GET", "POST"]\n'
    '[[openapi.generated_exceptions]]\noperation = "POST /log-out"\nreason = "it would end our session"\n'
)
CASE = "test_coverage.py::test_operations_answer_as_documented"


def answered(schema):
    return {"responses": {"2XX": {"description": "as asked", "content": {"application/json": {"schema": schema}}}}}


@pytest.fixture
def described(small):
    """A document whose operations are served, one that leads elsewhere for a schema, and one that cannot be asked."""
    body = {"required": True, "content": {"application/json": {"schema": ORDER}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "orders", "version": "1"},
        "paths": {
            "/things": {"get": answered({"$ref": f"{small.url}/schema.json#/thing"})},
            "/impossible": {"get": {"parameters": [IMPOSSIBLE], **answered({})}},
            "/orders": {"post": {"parameters": [HEADER], "requestBody": body, **answered(ORDER)}},
            "/log-out": {"post": answered({})},
        },
    }
    small.answers["/openapi.json"] = (200, {}, json.dumps(document).encode())
    small.answers["/orders"] = lambda handler: (201, {}, handler.body)


def posted(small):
    return [asked for asked in small.asked if asked.method == "POST"]


def told(run, case):
    return {finding["rule"]: finding["severity"] for finding in run.cases[case]["findings"]}


def test_what_is_written_is_asked_where_the_file_says_so(verify, target, small, described):
    run = verify("checks/test_coverage.py", "--target", target(OPENAPI + WRITTEN, permits="writes = true"))

    assert ("warn", "pass") == (run.states[f"{CASE}[get]"], run.states[f"{CASE}[post]"])
    assert {"documented-reference-elsewhere": "warn", "documented-operation-unasked": "warn"} == told(
        run, f"{CASE}[get]"
    )
    assert 3 == len(posted(small))
    assert {("/orders", "2026-09-01", "application/json")} == {
        (asked.path, asked.headers["x-version"], asked.headers["content-type"]) for asked in posted(small)
    }
    assert "/schema.json" not in small.paths()


def test_nothing_is_written_without_a_permit(verify, target, small, described):
    run = verify("checks/test_coverage.py", "--target", target(OPENAPI + WRITTEN))

    assert "not_run" == run.states[f"{CASE}[post]"]
    assert "not permitted: permits.writes" in json.dumps(run.cases[f"{CASE}[post]"])
    assert [] == posted(small)
