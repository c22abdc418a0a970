"""Logs and metrics: what Relay tells about itself."""

from __future__ import annotations

import json


def test_every_line_of_the_log_is_an_event(ask, stage, execute, fresh):
    execute("developer")
    lines = [json.loads(line) for line in stage.log.read_text(encoding="utf-8").splitlines()]

    assert {"started", "request"} <= {line["event"] for line in lines}
    assert all({"at", "level", "event"} <= line.keys() for line in lines)


def test_a_request_is_logged_by_its_template_with_its_caller(ask, logged, fresh):
    made = ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "short-lived"}).json()
    answer = ask("DELETE", f"/api-keys/{made['id']}", "admin")
    line = logged(answer.headers["x-request-id"])

    expected = {"method": "DELETE", "path": "/api-keys/{key_id}", "status": 204, "actor": "key:admin_key"}
    assert expected == {name: line[name] for name in expected}


def test_the_log_holds_no_secret(ask, stage, values, execute, as_role, fresh):
    made = ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "short-lived"}).json()["key"]
    cookie = as_role("session")["Cookie"].partition("=")[2]
    execute("developer")
    ask("GET", f"/actions?api_key={made}", "admin")
    ask("GET", "/actions", headers={"X-API-Key": "a-guess-of-somebody"})
    text = stage.log.read_text(encoding="utf-8")

    secrets = [*(values[name] for name in values if name.endswith(("_key", "_password", "_secret"))), made, cookie]
    assert [secret for secret in (*secrets, "a-guess-of-somebody") if secret in text] == []


def test_metrics_count_by_template_and_never_by_what_was_sent(ask):
    ask("GET", "/actions", "admin")
    ask("GET", "/made-up-by-somebody")
    ask("BREW", "/actions")
    text = ask("GET", "/metrics").text

    assert 'http_requests_total{method="GET",path="/actions",status="200"}' in text
    assert 'http_requests_total{method="GET",path="none",status="404"}' in text
    assert 'method="OTHER"' in text
    assert "made-up-by-somebody" not in text
    assert "BREW" not in text


def test_metrics_have_the_buckets_of_the_objectives(ask):
    text = ask("GET", "/metrics").text

    assert 'http_request_duration_seconds_bucket{le="0.05",method="GET",path="/metrics"}' in text
    assert 'le="1.2"' in text


def test_metrics_tell_of_limits_deliveries_keys_and_the_pool(ask):
    text = ask("GET", "/metrics").text
    wanted = [
        "webhook_duration_seconds",
        "rate_limit_breaches_total",
        "webhook_signature_failures_total",
        "db_pool_connections_in_use",
        "api_key_validations_total",
        "auth_failures_total",
    ]

    assert [name for name in wanted if f"# TYPE {name}" not in text] == []
