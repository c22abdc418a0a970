"""Whatever a caller sends, Relay answers in one shape, identified, with every security header, and never breaks."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEADERS = {
    "strict-transport-security": "max-age=15552000; includeSubDomains; preload",
    "content-security-policy": (
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; script-src 'self'; "
        "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "1; mode=block",
}
ANSWERS = {
    "success": ("GET", "/actions", "admin", 200),
    "created": ("POST", "/sessions", "anonymous", 422),
    "unauthenticated": ("GET", "/actions", "anonymous", 401),
    "forbidden": ("GET", "/audit", "viewer", 403),
    "missing": ("GET", "/nowhere", "admin", 404),
    "method": ("PATCH", "/actions", "admin", 405),
    "redirect": ("GET", "/docs/latest", "anonymous", 307),
    "metrics": ("GET", "/metrics", "anonymous", 200),
}
ODD_QUERIES = ["limit=-1", "limit=" + "9" * 40, "%00=%00", "%ff", "&&", "=", "q=" + "x" * 3000, "limit=1&limit=2"]
ODD_BODIES = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 5000,
    b"1" * 5000,
    b'{"action": "echo", "arguments": {"text": "\\u0000"}}',
    b'{"action": "echo", "arguments": {"text": "\\ud800"}}',
    b'{"action": "sum", "arguments": {"left": NaN, "right": 1}}',
    b'{"action": "sum", "arguments": {"left": 1e400, "right": 1}}',
    b'{"role": "admin", "name": "\\u0000"}',
]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
RELAXED = settings(
    max_examples=40, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_carries_exactly_the_security_headers(ask, kind):
    method, path, role, status = ANSWERS[kind]
    answer = ask(method, path, role)

    assert status == answer.status_code
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in answer.headers
    assert answer.headers["x-request-id"]


def test_an_answer_of_500_is_a_problem_that_tells_the_log_alone(ask, logged, switch):
    switch("key-long-breaks")
    answer = ask("GET", "/actions", headers={"X-API-Key": "x" * 8192})

    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.json()["detail"] == "Relay failed to answer; its log knows why."
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert re.fullmatch(r"ValueError in credentials\.py:\d+", logged(answer.headers["x-request-id"])["error"])
    assert ask("GET", "/actions", "admin").status_code == 200


@pytest.mark.parametrize(
    ("path", "allow"), [("/actions", "GET, HEAD"), ("/api-keys", "GET, HEAD, POST"), ("/sessions", "DELETE, POST")]
)
def test_a_wrong_method_is_told_every_right_one(ask, path, allow):
    answer = ask("PUT", path, "admin")

    assert (405, allow) == (answer.status_code, answer.headers["allow"])


def test_a_body_beyond_64_kib_is_refused_whether_it_says_its_length_or_not(ask):
    long = b'{"execution_token": "' + b"x" * 70_000 + b'"}'
    json = {"Content-Type": "application/json"}

    stated = ask("POST", "/actions/execute", "developer", content=long, headers=json)
    chunked = ask("POST", "/actions/execute", "developer", content=iter([long[:40_000], long[40_000:]]), headers=json)
    assert [stated.status_code, chunked.status_code] == [413, 413]
    assert chunked.json()["detail"] == "The body is larger than 64 KiB."
    assert ask("POST", "/actions/execute", content=long, headers=json).status_code == 401


@pytest.mark.parametrize("kept", ["3f2b8c1e-8f0b-4f0a-9d53-4b1f6f0f7c11", "a" * 64, "deploy_12.3"])
def test_a_safe_request_id_is_echoed(ask, kept):
    assert kept == ask("GET", "/actions", headers={"X-Request-ID": kept}).headers["x-request-id"]


@pytest.mark.parametrize("unsafe", ["<script>alert(1)</script>", "x" * 300, "short", "with space here", ""])
def test_an_unsafe_request_id_is_replaced(ask, unsafe):
    answer = ask("GET", "/actions", headers={"X-Request-ID": unsafe})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("sent", "continued"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", True),
        (f"01-{TRACE}-00f067aa0ba902b7-01-later", True),
        (f"00-{TRACE}-00f067aa0ba902b7-01-more", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        ("garbage", False),
        ("", False),
    ],
)
def test_a_trace_is_continued_in_the_log_where_it_is_valid(ask, logged, sent, continued):
    answer = ask("GET", "/actions", "admin", headers={"traceparent": sent})
    line = logged(answer.headers["x-request-id"])

    assert answer.status_code == 200
    assert continued is (line["trace_id"] == TRACE)


def test_no_malformed_credential_opens_anything(wire, values):
    valid = values["admin_key"]
    text = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=300)
    odd = st.sampled_from(["", valid * 2, valid[:-1], valid[1:], valid.swapcase(), "x" * 8192, f"{valid}é", "null"])

    @RELAXED
    @given(odd | text.filter(lambda sent: sent.strip() != valid))
    def verify(sent):
        answer = wire.get("/actions", headers=[(b"X-API-Key", sent.encode("latin-1"))])
        assert answer.status_code == 401

    verify()


def test_two_credentials_open_nothing(wire, values):
    lines = [("X-API-Key", values["admin_key"]), ("X-API-Key", values["viewer_key"])]

    assert wire.get("/actions", headers=lines).status_code == 401
    assert wire.get("/actions", headers=lines[::-1]).status_code == 401


@pytest.mark.parametrize("value", ["Bearer {}", "ApiKey {}", "{}"])
def test_a_key_opens_nothing_in_another_header(ask, values, value):
    assert ask("GET", "/actions", headers={"Authorization": value.format(values["admin_key"])}).status_code == 401


@pytest.mark.parametrize("path", ["/actions", "/audit", "/api-keys", "/workspaces/current"])
def test_no_query_breaks_anything(wire, values, path):
    names = st.sampled_from(["status", "limit", "actor", "event", "a[]"]) | st.text(max_size=8)
    pairs = st.dictionaries(
        names, st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=1, max_size=3
    )
    odd = st.sampled_from(ODD_QUERIES)

    @RELAXED
    @given(odd | pairs.map(lambda chosen: str(httpx.QueryParams(chosen))))
    def verify(query):
        answer = wire.get(f"{path}?{query}", headers={"X-API-Key": values["admin_key"]})
        assert answer.status_code in ((200, 422) if path == "/audit" else (422,))

    verify()


@pytest.mark.parametrize("path", ["/actions/preview", "/actions/execute", "/api-keys", "/sessions"])
def test_no_body_breaks_anything(wire, values, path):
    names = st.sampled_from(["action", "arguments", "role", "execution_token"]) | st.text(max_size=5)
    bodies = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
        max_leaves=8,
    )
    odd = st.sampled_from(ODD_BODIES)

    @RELAXED
    @given(odd | bodies.map(lambda value: httpx.Request("POST", "http://x", content=_json(value)).content))
    def verify(body):
        headers = {"X-API-Key": values["admin_key"], "Content-Type": "application/json"}
        assert 400 <= wire.post(path, content=body, headers=headers).status_code < 500

    verify()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
