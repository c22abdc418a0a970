"""Logs and metrics: what Relay tells about itself."""

from __future__ import annotations

import json
import re

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from fixtures.relay.logs import Pseudonyms


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

    assert 'http_request_duration_seconds_bucket{le="0.05",method="GET",path="/metrics",status="200"}' in text
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


def test_openmetrics_is_told_to_those_who_ask_for_it(ask):
    plain = ask("GET", "/metrics").headers["content-type"]
    answer = ask("GET", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    families = {family.name for family in text_string_to_metric_families(answer.text)}

    assert ("text/plain", "application/openmetrics-text") == tuple(
        media_type.partition(";")[0] for media_type in (plain, answer.headers["content-type"])
    )
    assert len(families) >= 20
    assert {"http_requests", "db_query_duration_seconds", "cache_up", "disk_size_bytes"} <= families


def sample(text, line):
    """The value of one series; None where it is not there."""
    found = [said.rpartition(" ")[2] for said in text.splitlines() if said.rpartition(" ")[0] == line]
    return float(found[0]) if found else None


def test_errors_stand_at_zero_before_the_first(ask):
    text = ask("GET", "/metrics").text
    wanted = [
        'http_requests_total{method="GET",path="/audit",status="500"}',
        'http_requests_total{method="POST",path="/actions/execute",status="202"}',
        'db_query_errors_total{operation="select"}',
        'cache_requests_total{outcome="error"}',
        'security_anomalies_total{kind="token-foreign"}',
    ]

    assert [line for line in wanted if sample(text, line) is None] == []


def test_metrics_tell_of_what_relay_stands_on(ask, values):
    ask("GET", "/workspaces/current", "admin")
    text = ask("GET", "/metrics").text
    told = {
        name: sample(text, name)
        for name in ("cache_up", "db_replication_lag_seconds", "api_keys_active", "disk_size_bytes")
    }

    assert (1.0, 0.0, True, True) == (
        told["cache_up"],
        told["db_replication_lag_seconds"],
        told["api_keys_active"] >= 7,
        told["disk_size_bytes"] > sample(text, "disk_used_bytes") > 0,
    )
    assert sample(text, 'db_query_duration_seconds_count{operation="select"}') > 0


def test_no_family_grows_by_what_callers_send(ask):
    before = len(ask("GET", "/metrics").text.splitlines())
    for number in range(20):
        ask("GET", f"/made-up-{number}")
        ask("GET", f"/executions/{number}", "admin", headers={"X-Request-ID": f"request-{number}"})
    grown = len(ask("GET", "/metrics").text.splitlines()) - before

    assert grown <= 2 * 20  # one status of each of the two templates, with its buckets


def events(stage, request_id):
    lines = map(json.loads, stage.log.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line.get("request_id") == request_id]


def test_every_act_is_an_event_of_its_request(ask, stage, logged, as_role, fresh):
    cookie = as_role("session")
    asked = {
        "authentication.failed": ask("GET", "/actions"),
        "authorization.refused": ask("GET", "/audit", "viewer"),
        "data.read": ask("GET", "/audit", "admin"),
        "configuration.changed": ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "new"}),
        "authentication.ended": ask("DELETE", "/sessions", headers=cookie),
    }
    for answer in asked.values():
        logged(answer.headers["x-request-id"])
    found = {
        event: [line["event"] for line in events(stage, answer.headers["x-request-id"])]
        for event, answer in asked.items()
    }

    assert {event: [event, "request"] for event in asked} == found


def test_people_have_no_name_in_the_log(ask, stage, logged, as_role, fresh):
    answer = ask("GET", "/workspaces/current", headers=as_role("session"))
    actor = logged(answer.headers["x-request-id"])["actor"]

    assert re.fullmatch(r"user:[0-9a-f]{12}", actor)
    assert Pseudonyms("one").of("user:ann") == Pseudonyms("one").of("user:ann")
    assert Pseudonyms("one").of("user:ann") != Pseudonyms("other").of("user:ann")
    assert "key:ann" == Pseudonyms("one").of("key:ann")
