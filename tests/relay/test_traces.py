"""Traces: what Relay did for a request arrives at the collector, in the trace that the request came with."""

from __future__ import annotations

import io
import json
import secrets
import sys

import httpx
import pytest

from fixtures.relay.exporting import Exporter
from fixtures.relay.logs import Log
from fixtures.relay.spans import Span, Tracer
from fixtures.relay.tracing import Tracing
from prodverify.wire import clock

CALLER = "cd" * 8
SERVER, CLIENT, PRODUCER = (f"SPAN_KIND_{kind}" for kind in ("SERVER", "CLIENT", "PRODUCER"))


@pytest.fixture
def trace(values):
    """A trace of its own: the header that begins it, and its spans once there is one of each of some kinds."""
    trace_id = secrets.token_hex(16)

    def spans(*kinds):
        def found():
            answer = httpx.get(f"{values['collector_address']}/api/traces/{trace_id}")
            groups = answer.json()["resourceSpans"] if answer.status_code == 200 else []
            spans = [group["scopeSpans"][0]["spans"][0] for group in groups]
            return spans if {*kinds} <= {span["kind"] for span in spans} else None

        return clock.poll(found, within_seconds=10.0, what=f"spans of the kinds {kinds}")

    return {"traceparent": f"00-{trace_id}-{CALLER}-01"}, spans


def attributes(span):
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_a_request_is_a_span_below_its_callers(ask, trace):
    line, spans = trace
    answer = ask("GET", "/workspaces/current", "admin", headers=line)
    found = spans(SERVER, CLIENT)
    server = next(span for span in found if span["kind"] == SERVER)
    expected = {
        "http.request.method": "GET",
        "http.route": "/workspaces/current",
        "http.response.status_code": "200",
        "relay.request_id": answer.headers["x-request-id"],
    }

    assert ("GET /workspaces/current", CALLER, expected) == (server["name"], server["parentSpanId"], attributes(server))
    inner = [span for span in found if span["kind"] == CLIENT]
    assert {server["spanId"]} == {span["parentSpanId"] for span in inner}
    assert {"postgresql", "redis"} == {attributes(span)["db.system.name"] for span in inner}
    assert [span for span in inner if "'" in attributes(span).get("db.query.text", "")] == []


def test_a_delivery_goes_on_with_the_trace(ask, receiver, trace):
    line, spans = trace
    line = {**line, "tracestate": "vendor=1"}
    body = {"action": "echo", "arguments": {"text": "hello"}}
    token = ask("POST", "/actions/preview", "developer", json=body).json()["execution_token"]
    order = {"execution_token": token, "callback_url": receiver.url}
    assert ask("POST", "/actions/execute", "developer", json=order, headers=line).status_code == 202
    sent, _ = receiver.wait_for(1)[0]
    found = {span["kind"]: span for span in spans(SERVER, PRODUCER)}

    expected = line["traceparent"].replace(CALLER, found[PRODUCER]["spanId"])
    assert (expected, "vendor=1") == (sent["traceparent"], sent["tracestate"])
    assert found[SERVER]["spanId"] == found[PRODUCER]["parentSpanId"]
    assert "delivered" == attributes(found[PRODUCER])["relay.outcome"]


def test_what_the_caller_does_not_keep_is_not_kept(ask, trace, values):
    line, spans = trace
    quiet = secrets.token_hex(16)
    ask("GET", "/actions", "admin", headers={"traceparent": f"00-{quiet}-{CALLER}-00"})
    ask("GET", "/actions", "admin", headers=line)
    spans(SERVER)

    assert 404 == httpx.get(f"{values['collector_address']}/api/traces/{quiet}").status_code


class Kept:
    """Stands for the exporter: keeps the spans."""

    def __init__(self):
        self.spans = []

    def put(self, span):
        self.spans.append(span)


def call(*lines):
    return Tracing().begin(lines)


@pytest.mark.parametrize(
    ("state", "carried"),
    [
        (b"vendor=1,other@b=2", "vendor=1,other@b=2"),
        (b"vendor=1 , other=2", "vendor=1 , other=2"),
        (b"=1", None),
        (b"vendor", None),
        (b"v=" + b"x" * 256, "v=" + "x" * 256),
        (b"v=" + b"x" * 257, None),
        (b",".join([b"v=1"] * 32), ",".join(["v=1"] * 32)),
        (b",".join([b"v=1"] * 33), None),
        (b"a=" + b"x" * 253 + b",b=" + b"x" * 254, "a=" + "x" * 253 + ",b=" + "x" * 254),
        (b"a=" + b"x" * 254 + b",b=" + b"x" * 254, None),
    ],
)
def test_a_state_is_carried_on_where_it_is_whole(state, carried):
    tracer = Tracer(Kept())
    parent = b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01"
    with tracer.request(call((b"traceparent", parent), (b"tracestate", state))) as span:
        lines = tracer.carried()

    assert (f"00-{'ab' * 16}-{span.span_id}-01", carried) == (lines["traceparent"], lines.get("tracestate"))


def test_a_delivery_belongs_to_the_request_that_ordered_it():
    kept = Kept()
    tracer = Tracer(kept)
    parent = b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01"
    with tracer.request(call((b"traceparent", parent))) as request:
        tracer.remember("request-1")
    with tracer.delivery("request-1", {}) as first, tracer.delivery("another", {}) as second:
        pass

    assert (request.trace_id, request.span_id) == (first.trace_id, first.parent_id)
    assert ("", True) == (second.parent_id, second.trace_id != request.trace_id)


def test_of_traces_that_begin_here_one_in_ten_is_kept():
    tracer = Tracer(Kept())
    drawn = [tracer.kept(f"{(2 * number + 1) * (2**63 // 2000):032x}") for number in range(1000)]

    assert 100 == sum(drawn)


def test_a_question_that_fails_is_a_span_that_says_so():
    kept = Kept()
    tracer = Tracer(kept)
    parent = b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01"
    with (
        tracer.request(call((b"traceparent", parent))),
        pytest.raises(TimeoutError),
        tracer.client("select postgresql", {}),
    ):
        raise TimeoutError

    assert ["TimeoutError", ""] == [span.error for span in kept.spans]


def test_without_the_library_relay_runs_and_says_so_once(monkeypatch):
    for name in [*(name for name in sys.modules if name.startswith("opentelemetry.exporter")), "opentelemetry.sdk"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    said = io.StringIO()
    exporter = Exporter("http://127.0.0.1:9/v1/traces", Log(said))
    for _ in range(3):
        exporter.put(Span("GET /", "server", "ab" * 16, "", True))
        clock.poll(lambda: said.getvalue() or None, within_seconds=5.0, what="the line")
    exporter.close()

    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [("traces.off", True)] == [(line["event"], "install the extra" in line["message"]) for line in lines]


def test_a_span_that_cannot_be_sent_is_lost_alone(values):
    said = io.StringIO()
    exporter = Exporter(f"{values['collector_address']}/v1/traces", Log(said))
    trace_id = secrets.token_hex(16)
    for one in ("no id", trace_id):
        exporter.put(Span("GET /", "server", one, "", True))

    def arrived():
        return httpx.get(f"{values['collector_address']}/api/traces/{trace_id}").status_code == 200 or None

    clock.poll(arrived, within_seconds=10.0, what="the other span")
    exporter.close()

    assert ["traces.lost"] == [json.loads(line)["event"] for line in said.getvalue().splitlines()]
