"""Relay keeps every promise that targets/local.toml states."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

LOCAL = tomllib.loads((Path(__file__).resolve().parents[2] / "targets" / "local.toml").read_text(encoding="utf-8"))
HEALTH = [pytest.param(health, id=health["name"]) for health in LOCAL["health"]]
CLOSED = [
    pytest.param(endpoint, id=endpoint["name"])
    for endpoint in LOCAL["endpoints"]
    if endpoint["roles"].get("anonymous") == 401
]
CELLS = [
    pytest.param(endpoint, role, status, id=f"{endpoint['name']}-{role}")
    for endpoint in LOCAL["endpoints"]
    for role, status in endpoint["roles"].items()
]
MALFORMED = [
    pytest.param(endpoint, body, id=f"{endpoint['name']}-{number}")
    for endpoint in LOCAL["endpoints"]
    for number, body in enumerate(endpoint.get("malformed", ()))
]
PROBLEM = {
    "type": "object",
    "required": LOCAL["errors"]["members"],
    "properties": {"type": {"const": "about:blank"}, "title": {"type": "string"}, "detail": {"type": "string"}},
}


def is_problem(answer) -> bool:
    jsonschema.validate(answer.json(), PROBLEM)
    return (
        answer.headers["content-type"] == "application/problem+json"
        and answer.json()["status"] == answer.status_code
        and answer.json()["request_id"] == answer.headers["x-request-id"]
    )


@pytest.mark.parametrize("health", HEALTH)
def test_a_health_path_says_what_was_declared(ask, health):
    answer = ask("GET", health["path"])

    assert answer.status_code == 200
    jsonschema.validate(answer.json(), health["schema"])
    place = health.get("components_at", "/components").strip("/")
    assert health.get("components", {}).items() <= answer.json().get(place, {}).items()


@pytest.mark.parametrize(("endpoint", "role", "status"), CELLS)
def test_a_role_gets_its_status(ask, fresh, endpoint, role, status):
    answer = ask(endpoint.get("method", "GET"), endpoint["path"], role, json=endpoint.get("body"))

    assert status == answer.status_code
    if status >= 400:
        assert is_problem(answer)
    elif "schema" in endpoint:
        jsonschema.validate(answer.json(), endpoint["schema"])
    if endpoint["roles"].get("anonymous") != 200:
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("endpoint", CLOSED)
def test_a_stranger_is_challenged(ask, endpoint):
    answer = ask(endpoint.get("method", "GET"), endpoint["path"], json=endpoint.get("body"))

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'ApiKey realm="relay"')


@pytest.mark.parametrize(("endpoint", "body"), MALFORMED)
def test_a_malformed_body_is_refused(ask, endpoint, body):
    answer = ask(endpoint["method"], endpoint["path"], "developer", json=body)

    assert answer.status_code == 422
    assert is_problem(answer)


def test_a_journey_ends_with_an_execution(execute, fresh):
    answer = execute("developer")

    assert answer.status_code == 202
    assert len(answer.json()["execution_id"]) == 36


def test_the_redirect_leads_to_the_openapi_document(ask):
    answer = ask("GET", LOCAL["headers"]["redirect_path"])
    document = ask("GET", answer.headers["location"]).json()

    assert answer.status_code == 307
    described = {endpoint["path"] for endpoint in LOCAL["endpoints"] if endpoint.get("profile", "api") == "api"}
    assert described <= document["paths"].keys()


def test_a_key_is_refused_from_its_revocation_on(ask, fresh):
    promise = LOCAL["revocation"]
    body = {**promise["create"]["body"], "name": "prodverify-20261121-abc"}
    made = ask("POST", promise["create"]["path"], "admin", json=body)
    headers = {"X-API-Key": made.json()["key"]}

    assert made.status_code == 201
    assert ask("GET", "/actions", headers=headers).status_code == 200
    assert ask("DELETE", promise["revoke_path"] + made.json()["id"], "admin").status_code == 204
    assert ask("GET", "/actions", headers=headers).status_code == 401


def test_a_session_ends_when_its_user_logs_out(ask, as_role, fresh):
    headers = as_role("session")

    assert ask("DELETE", "/sessions", headers=headers).status_code == 204
    assert ask("GET", "/actions", headers=headers).status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_session_is_not_readable_by_scripts_and_secure_behind_tls(ask, values, scheme):
    body = {"username": "developer", "password": values["session_password"]}
    answer = ask("POST", "/sessions", json=body, headers={"X-Forwarded-Proto": scheme})
    cookie, *attributes = answer.headers["set-cookie"].split("; ")

    assert cookie.startswith("__Host-")
    assert ["Path=/", "Max-Age=28800", "Secure", "HttpOnly", "SameSite=Strict"] == attributes


def test_a_log_in_ends_the_session_that_is_presented_with_it(ask, as_role, values, fresh):
    headers = as_role("session")
    body = {"username": "developer", "password": values["session_password"]}

    assert ask("POST", "/sessions", json=body, headers=headers).status_code == 201
    assert ask("GET", "/actions", headers=headers).status_code == 401


def test_an_execution_is_told_in_its_workspace_alone(ask, execute, fresh):
    made = execute("developer").json()["execution_id"]
    first, *_, last = ask("GET", "/executions", "viewer").json()["executions"]

    assert (made, "hello") == (first["id"], last["arguments"]["text"])
    assert ask("GET", f"/executions/{made}", "viewer").json() == first
    answers = [ask("GET", f"/executions/{one}", "bystander") for one in (made, "00000000-0000-4000-8000-000000000000")]
    assert {(404, "There is no such execution in this workspace.")} == {
        (answer.status_code, answer.json()["detail"]) for answer in answers
    }
    assert ask("GET", "/executions", "bystander").json() == {"executions": []}


@pytest.mark.parametrize("login", [{"username": "developer", "password": "wrong"}, {"username": "x", "password": "y"}])
def test_a_wrong_log_in_is_told_nothing(ask, login):
    answer = ask("POST", "/sessions", json=login)

    assert answer.status_code == 401
    assert answer.json()["detail"] == "User name and password do not belong together."
    assert "set-cookie" not in answer.headers


def test_the_audit_log_shows_what_was_done_and_filters_it(ask, execute, fresh):
    execute("developer")
    ask("GET", "/audit", "viewer")
    everything = ask("GET", "/audit", "admin").json()["logs"]
    refused = ask("GET", "/audit?status=refused&limit=1", "admin").json()["logs"]

    assert [(entry["event"], entry["status"]) for entry in everything[:2]] == [("audit", "refused"), ("execute", "ok")]
    assert everything[:1] == refused
    assert {"ok", "refused", "failed"} == {entry["status"] for entry in everything}
    assert {"id", "at", "event", "status", "actor", "request_id", "details"} == everything[0].keys()


def test_the_audit_log_holds_no_secret(ask, execute, values, fresh):
    made = ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "short-lived"}).json()["key"]
    execute("developer", callback_url="http://127.0.0.1:9/?token=hunter2hunter2")
    text = ask("GET", "/audit", "admin").text

    secrets = [*(values[name] for name in values if name.endswith(("_key", "_password", "_secret"))), made]
    assert [secret for secret in (*secrets, "hunter2") if secret in text] == []


def test_workspaces_do_not_see_each_other(ask, fresh):
    key = ask("POST", "/api-keys", "admin", json={"role": "admin", "name": "elsewhere"}).json()
    body = {"action": "echo", "arguments": {"text": "mine"}}
    token = ask("POST", "/actions/preview", "admin", json=body).json()["execution_token"]

    assert ask("POST", "/actions/execute", "bystander", json={"execution_token": token}).status_code == 422
    assert ask("GET", "/workspaces/current", "bystander").json()["name"] == "other"
    assert ask("GET", "/workspaces/current", headers={"X-API-Key": key["key"]}).json()["name"] == "main"
