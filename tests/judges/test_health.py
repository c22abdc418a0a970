"""Health paths say what was declared."""

import pytest

from prodverify.judges import health
from prodverify.target.asking import Health
from tests.judges.scene import answer, rules

BODY = {"status": "healthy", "version": "1.4.2", "components": {"database": "ok", "cache": "ok"}}


def promised(**more):
    return Health.model_validate({"name": "components", "path": "/health", **more})


SCHEMA = {"type": "object", "required": ["status"], "properties": {"status": {"const": "healthy"}}}


@pytest.mark.parametrize(
    ("status", "body", "declared", "expected"),
    [
        (200, BODY, {"schema": SCHEMA}, {}),
        (503, BODY, {}, {"health-status": "fail"}),
        (429, BODY, {}, {"health-status": "fail"}),
        (503, BODY, {"status": 503}, {}),
        (200, b"OK", {}, {}),
        (200, b"", {}, {}),
        (200, b"OK", {"schema": SCHEMA}, {"health-body-unreadable": "fail"}),
        (200, {"status": "degraded"}, {"schema": SCHEMA}, {"schema-const": "fail"}),
        (200, {}, {"schema": SCHEMA}, {"schema-required": "fail"}),
    ],
)
def test_status_and_body(status, body, declared, expected):
    assert expected == rules(health.judge(answer(status, {}, body), promised(**declared)))


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"database": "ok", "cache": "ok"}, {}),
        ({"database": "OK", "cache": "ok"}, {}),
        ({"database": {"status": "ok", "latency_ms": 2}, "cache": "ok"}, {}),
        ({"database": "down", "cache": "ok"}, {"health-component-unwell": "fail"}),
        ({"database": None, "cache": "ok"}, {"health-component-unwell": "fail"}),
        ({"database": {"latency_ms": 2}, "cache": "ok"}, {"health-component-unwell": "fail"}),
        ({"database": "ok"}, {"health-component-missing": "fail"}),
        ({"database": "ok", "cache": "ok", "queue": "ok"}, {"health-component-undeclared": "info"}),
        ([], {"health-components-missing": "fail"}),
        (None, {"health-components-missing": "fail"}),
    ],
)
def test_components(components, expected):
    promise = promised(components={"database": "ok", "cache": "ok"})
    assert expected == rules(health.judge_components(answer(200, {}, {"components": components}), promise))


def test_components_are_found_by_their_pointer():
    promise = promised(components={"database": "ok"}, components_at="/checks/now")
    assert health.judge_components(answer(200, {}, {"checks": {"now": {"database": "ok"}}}), promise) == []
    assert rules(health.judge_components(answer(200, {}, {"checks": 1}), promise)) == {"health-member-missing": "fail"}
    assert rules(health.judge_components(answer(200, {}, b"OK"), promise)) == {"health-body-unreadable": "fail"}
    assert health.judge_components(answer(200, {}, b"OK"), promised()) == []


@pytest.mark.parametrize(
    ("reported", "deployed", "expected"),
    [
        ("1.4.2", None, {}),
        ("1.4.2", "", {}),
        ("1.4.2", "1.4.2", {}),
        ("v1.4.2", "1.4.2", {}),
        ("1.4.2", "1.4", {"health-version-differs": "fail"}),
        ("3f2a9c1", "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d", {}),
        ("3f2a9c1", "4f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d", {"health-version-differs": "fail"}),
        (7, "7", {}),
        ("", None, {"health-version-missing": "fail"}),
        (None, None, {"health-version-missing": "fail"}),
        ({}, None, {"health-version-missing": "fail"}),
    ],
)
def test_version(reported, deployed, expected):
    said = answer(200, {}, {"version": reported})
    assert expected == rules(health.judge_version(said, promised(version_at="/version"), expected=deployed))


def test_an_absent_version_is_told():
    (found,) = health.judge_version(answer(200, {}, {"status": "ok"}), promised(version_at="/version"))
    assert (found.rule, found.observed) == ("health-member-missing", "no member version at the top")
    assert health.judge_version(answer(200, {}, b"OK"), promised()) == []


@pytest.mark.parametrize(("elapsed", "expected"), [(250.0, {}), (250.1, {"health-slow": "fail"})])
def test_time(elapsed, expected):
    promise = promised(answers_within_ms=250.0)
    assert expected == rules(health.judge_time(answer(200, elapsed_ms=elapsed), promise))
    assert health.judge_time(answer(200, elapsed_ms=elapsed), promised()) == []


@pytest.mark.parametrize(
    ("components", "reported", "expected"),
    [
        ({"db": "true", "queue": "0"}, {"db": True, "queue": 0}, {}),
        ({"db": "true"}, {"db": False}, {"health-component-unwell": "fail"}),
        ({"db": "null"}, {"db": None}, {}),
        ({"/cache/ok": "true"}, {"cache": {"ok": True, "ms": 2}}, {}),
        ({"/cache/ok": "true"}, {"cache": {"ok": False}}, {"health-component-unwell": "fail"}),
        ({"/cache/ok": "true"}, {"cache": True}, {"health-component-missing": "fail"}),
        ({"/0/status": "up"}, [{"name": "db", "status": "up"}], {}),
        ({"/0/status": "up"}, [], {"health-component-missing": "fail"}),
        ({"db:connections": "pass"}, {"db:connections": [{"status": "pass"}, {"status": "pass"}]}, {}),
        (
            {"db:connections": "pass"},
            {"db:connections": [{"status": "pass"}, {"status": "warn"}]},
            {"health-component-unwell": "fail"},
        ),
        ({"db": "ok"}, {"db": []}, {"health-component-unwell": "fail"}),
    ],
)
def test_components_are_reported_in_many_shapes(components, reported, expected):
    promise = promised(components=components, components_at="/checks")
    assert expected == rules(health.judge_components(answer(200, {}, {"checks": reported}), promise))


TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.mark.parametrize(
    ("headers", "body", "deployed", "expected"),
    [
        (TEXT, b"3.10\n", "3.10", {}),
        (TEXT, b"3.10\n", "3.1", {"health-version-differs": "fail"}),
        (TEXT, b"\n", None, {"health-version-missing": "fail"}),
        ({"Content-Type": "application/json"}, "3.10", "3.10", {}),
        ({"Content-Type": "application/json"}, {"a": 1}, None, {"health-version-missing": "fail"}),
    ],
)
def test_the_whole_body_may_be_the_version(headers, body, deployed, expected):
    said = answer(200, headers, body)
    assert expected == rules(health.judge_version(said, promised(version_at=""), expected=deployed))


@pytest.mark.parametrize(
    ("body", "expected"), [(b"Server is Ready.", {}), (b"Starting", {"health-text-missing": "fail"})]
)
def test_a_health_path_may_promise_text(body, expected):
    assert expected == rules(health.judge(answer(200, TEXT, body), promised(text="Ready")))
