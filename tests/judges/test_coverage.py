"""Which operations of a document are verified, and which requests it does not describe."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import coverage
from prodverify.judges.coverage import Asked, Operation
from prodverify.record.findings import Finding
from prodverify.target.openapi import OpenApi, OperationException
from tests.judges.anything import DOCUMENTS, exchanges
from tests.judges.scene import answer, rules

PROMISED = OpenApi(path="/openapi.json", covered=True, documented=True)


def described(paths, **members):
    return {
        "openapi": "3.1.0",
        "paths": {path: {key: {} for key in methods.split()} for path, methods in paths.items()},
        **members,
    }


def covered(said, *asked, promised=PROMISED):
    rows = [Asked(method, path, "a row", by_roles=True, described=True) for method, path in asked]
    return coverage.cover(coverage.operations(said, promised.base_path), rows, promised)


@pytest.mark.parametrize(
    ("paths", "asked", "left"),
    [
        ({"/a": "get"}, [("GET", "/a")], ()),
        ({"/a": "get"}, [("GET", "/a?limit=1")], ()),
        ({"/a": "get"}, [("GET", "/a/")], ("GET /a",)),
        ({"/a": "get post"}, [("GET", "/a")], ("POST /a",)),
        ({"/a": "get"}, [("HEAD", "/a")], ("GET /a",)),
        ({"/a/{id}": "get"}, [("GET", "/a/17")], ()),
        ({"/a/{id}": "get"}, [("GET", "/a/")], ("GET /a/{id}",)),
        ({"/a/{id}/b": "get"}, [("GET", "/a/1/2/b")], ("GET /a/{id}/b",)),
        ({"/a/{file}": "get"}, [("GET", "/a/1/2")], ()),
        ({"/a/{id}.json": "get"}, [("GET", "/a/17.json")], ()),
        ({"/a/{id}.json": "get"}, [("GET", "/a/17xjson")], ("GET /a/{id}.json",)),
        ({"/a/{id}": "get", "/a/mine": "get"}, [("GET", "/a/mine")], ("GET /a/{id}",)),
        ({"/{any}/mine": "get", "/a/{id}": "get"}, [("GET", "/a/mine")], ("GET /{any}/mine",)),
        ({"/a.b": "get"}, [("GET", "/axb")], ("GET /a.b",)),
    ],
)
def test_a_request_covers_the_operation_that_it_reaches(paths, asked, left):
    assert left == covered(described(paths), *asked).uncovered


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, "/a"),
        ({"servers": []}, "/a"),
        ({"servers": [{"url": "/"}]}, "/a"),
        ({"servers": [{"url": "/v1"}]}, "/v1/a"),
        ({"servers": [{"url": "/v1/"}]}, "/v1/a"),
        ({"servers": [{"url": "v1"}]}, "/v1/a"),
        ({"servers": [{"url": "https://api.example/v1"}]}, "/v1/a"),
        ({"servers": [{"url": "https://api.example"}, {"url": "/v2"}]}, "/v2/a"),
        ({"servers": [{"url": "https://{host}/{v}", "variables": {"v": {"default": "v3"}}}]}, "/v3/a"),
        ({"servers": [{"url": "http://[broken"}]}, "/a"),
    ],
)
def test_the_servers_say_what_stands_before_a_path(members, path):
    assert covered(described({"/a": "get"}, **members), ("GET", path)).uncovered == ()


def test_servers_of_a_path_or_operation_count_before_the_document_s():
    item = {"servers": [{"url": "/one"}], "get": {}, "post": {"servers": [{"url": "/two"}]}}
    said = {"openapi": "3.0.3", "servers": [{"url": "/zero"}], "paths": {"/a": item}}
    assert covered(said, ("GET", "/one/a"), ("POST", "/two/a")).uncovered == ()


@pytest.mark.parametrize(("base", "path"), [("/v1", "/v1/a"), ("/", "/a"), (None, "/a")])
def test_swagger_has_one_base_path(base, path):
    said = {"swagger": "2.0", "basePath": base, "paths": {"/a": {"get": {}}}}
    assert covered(said, ("GET", path)).uncovered == ()


def test_the_target_file_may_know_better_what_stands_before_a_path():
    promised = OpenApi(path="/openapi.json", base_path="/edge")
    said = described({"/a": "get"}, servers=[{"url": "/v1"}])
    assert covered(said, ("GET", "/edge/a"), promised=promised).uncovered == ()


def test_a_path_may_refer_to_another_place_of_the_document():
    said = {
        "openapi": "3.1.0",
        "paths": {"/a": {"$ref": "#/components/pathItems/a~1b"}, "/c": {"$ref": "https://elsewhere.example/c"}},
        "components": {"pathItems": {"a/b": {"get": {}, "parameters": []}}},
    }
    assert [Operation("GET", "/a", ("",))] == coverage.operations(said)


def test_methods_beyond_the_usual_are_operations_too():
    said = {"openapi": "3.2.0", "paths": {"/a": {"query": {}, "additionalOperations": {"COPY": {}}, "summary": "a"}}}
    assert ["QUERY /a", "COPY /a"] == [operation.name for operation in coverage.operations(said)]


@pytest.mark.parametrize(
    ("covered_promised", "documented", "severities"),
    [(True, True, ("fail", "fail")), (False, False, ("warn", "info"))],
)
def test_what_is_missing_is_told_completely(covered_promised, documented, severities):
    promised = OpenApi(path="/o", covered=covered_promised, documented=documented)
    seen = covered(described({"/a": "get", "/b": "put"}), ("GET", "/a"), ("GET", "/gone"), promised=promised)
    found = rules(coverage.judge(seen, promised))
    assert {"operation-uncovered": severities[0], "operation-undocumented": severities[1]} == found
    assert ("GET /gone (a row)",) == seen.undocumented
    assert {"PUT /b": {"verified": "nowhere"}} == dict(coverage.told(seen))


def test_what_is_asked_without_roles_is_a_remark():
    operations = coverage.operations(described({"/health": "get", "/a": "get"}))
    asked = [
        Asked("GET", "/health", "[health]"),
        Asked("GET", "/a", "[audit]"),
        Asked("GET", "/a", "a row", by_roles=True),
    ]
    seen = coverage.cover(operations, asked, PROMISED)
    assert {"operation-without-roles": "info"} == rules(coverage.judge(seen, PROMISED))
    assert ({"GET /a": "a row"}, {"GET /health": "[health]"}, 2) == (seen.by_roles, seen.elsewhere, seen.total)


def test_an_exception_counts_until_nothing_needs_it():
    reason = "only a gateway may ask it"
    exceptions = [
        OperationException(operation=name, reason=reason) for name in ("* /internal/*", "GET /a", "GET /none")
    ]
    promised = OpenApi(path="/o", covered=True, exceptions=tuple(exceptions))
    seen = covered(described({"/a": "get", "/internal/x": "post"}), ("GET", "/a"), promised=promised)
    assert {"operation-exception-stale": "warn"} == rules(coverage.judge(seen, promised))
    assert ("GET /a", "GET /none") == seen.stale
    assert {"POST /internal/x": {"verified": f"excepted: {reason}"}} == dict(coverage.told(seen))


def test_an_exception_from_what_is_generated_names_an_operation():
    exceptions = tuple(
        OperationException(operation=name, reason="it ends our session") for name in ("POST /out", "POST /uot")
    )
    promised = OpenApi(path="/o", generated_exceptions=exceptions)
    seen = covered(described({"/out": "post"}), ("POST", "/out"), promised=promised)
    assert ("POST /uot",) == seen.stale


def test_a_document_without_operations_is_none():
    assert {"openapi-empty": "fail"} == rules(coverage.judge(covered(described({})), PROMISED))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, {}, {"openapi": "3.0.3"}), None),
        (answer(200, {}, {"openapi": "3.1.0", "paths": {}}), None),
        (answer(200, {}, {"swagger": "2.0"}), None),
        (answer(200, {}, {"swagger": "1.2"}), {"openapi-unreadable": "fail"}),
        (answer(200, {}, {"openapi": 3.1}), {"openapi-unreadable": "fail"}),
        (answer(200, {}, []), {"openapi-unreadable": "fail"}),
        (answer(200, {}, b"<html>"), {"openapi-unreadable": "fail"}),
        (answer(200, {}, b'{"openapi": "3.1.0"', body_complete=False), {"openapi-unreadable": "inconclusive"}),
        (answer(200, {}, b"openapi: 3.1.0\n"), {"openapi-yaml": "inconclusive"}),
        (answer(200, {"Content-Type": "application/yaml"}, b"info: a\n"), {"openapi-yaml": "inconclusive"}),
        (answer(404), {"openapi-missing": "fail"}),
        (answer(500), {"openapi-missing": "fail"}),
        *((answer(status), {"openapi-refused": "inconclusive"}) for status in (301, 401, 403, 429)),
    ],
)
def test_what_cannot_be_read_is_told(given, expected):
    read = coverage.read(given)
    assert expected == (rules(read) if isinstance(read, list) else None)


@settings(max_examples=80)
@given(said=DOCUMENTS, exchange=exchanges(), path=st.text(max_size=12))
def test_nothing_in_a_document_makes_the_judge_raise(said, exchange, path):
    coverage.read(exchange)
    documents = [said, {"paths": said}, {"paths": {"/a": said}}, {"paths": {"/a": {"get": said}}, "servers": [said]}]
    for document in (one for one in documents if isinstance(one, dict)):
        seen = covered({"openapi": "3.1.0", **document}, ("GET", path))
        assert all(isinstance(finding, Finding) for finding in coverage.judge(seen, PROMISED))
