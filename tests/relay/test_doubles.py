"""The collector and the tracker doubles: whatever comes, they answer, keep a bounded part of it, and give it back."""

from __future__ import annotations

import gzip
import json
import socket
import zlib

import brotli
import httpx
import pytest

from fixtures.relay import collector, double, tracker
from fixtures.relay.collector import Collector
from fixtures.relay.double import Answer, BadRequest, Request, unpacked
from fixtures.relay.tracker import Tracker

TRACE = "ab" * 16


@pytest.fixture
def served():
    """The address of a double that answers at a socket of its own."""
    working = []

    def at(one):
        listener = socket.create_server(("127.0.0.1", 0))
        working.append(double.serve(one, listener))
        return "http://{}:{}".format(*listener.getsockname())

    yield at
    for serving in working:
        serving.stop()


def exported(trace_id=TRACE, span_id="cd" * 8, name="GET /"):
    span = {"traceId": trace_id, "spanId": span_id, "name": name}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "ours"}, "spans": [span]}]}]}


def take(one, value, path="/v1/traces"):
    return one.answer(Request("POST", path, "application/json", json.dumps(value).encode()))


def look(one, path):
    answer = one.answer(Request("GET", path, "", b""))
    return answer.status, json.loads(answer.body)


def envelope(*events):
    lines = [json.dumps({"event_id": "1"})]
    for event in events:
        lines += [json.dumps({"type": "event"}), json.dumps(event)]
    return "\n".join(lines).encode()


def send(one, *events):
    return one.answer(Request("POST", "/api/1/envelope/", "application/x-sentry-envelope", envelope(*events)))


def failure(request_id="request-1", **more):
    frames = [{"module": "shop", "function": "pay", "in_app": True}, {"module": "lib", "function": "call"}]
    raised = {"values": [{"type": "ValueError", "stacktrace": {"frames": frames}}]}
    return {"exception": raised, "transaction": "POST /pay", "tags": {"request_id": request_id}, **more}


def test_a_trace_is_given_back_with_its_resource():
    one = Collector()
    take(one, exported(name="first"))
    take(one, exported(name="second", span_id="ce" * 8))
    take(one, exported(trace_id="ef" * 16))
    status, told = look(one, f"/api/traces/{TRACE}")

    assert (200, ["first", "second"]) == (
        status,
        [group["scopeSpans"][0]["spans"][0]["name"] for group in told["resourceSpans"]],
    )
    assert "service.name" == told["resourceSpans"][0]["resource"]["attributes"][0]["key"]


def test_an_export_in_protobuf_is_told_in_hexadecimal(served):
    trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    message = trace_service.ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.parent_span_id = bytes.fromhex(TRACE), b"\xcd" * 8, b"\xce" * 8
    url = served(Collector())
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
    answer = httpx.post(f"{url}/v1/traces", content=gzip.compress(message.SerializeToString()), headers=headers)
    told = httpx.get(f"{url}/api/traces/{TRACE}").json()["resourceSpans"][0]["scopeSpans"][0]["spans"][0]

    assert (200, "application/x-protobuf") == (answer.status_code, answer.headers["content-type"])
    assert (TRACE, "cd" * 8, "ce" * 8) == (told["traceId"], told["spanId"], told["parentSpanId"])


def test_a_trace_that_never_came_is_not_there():
    assert 404 == look(Collector(), f"/api/traces/{TRACE}")[0]
    assert 404 == look(Collector(), "/elsewhere")[0]


def test_the_oldest_traces_make_room(monkeypatch):
    monkeypatch.setattr(collector, "MOST_TRACES", 2)
    monkeypatch.setattr(collector, "MOST_SPANS", 3)
    one = Collector()
    ids = [f"{number:032x}" for number in (1, 2, 3)]
    for trace_id in ids:
        for _ in range(5):
            take(one, exported(trace_id=trace_id))

    assert [404, 200, 200] == [look(one, f"/api/traces/{trace_id}")[0] for trace_id in ids]
    assert 3 == len(look(one, f"/api/traces/{ids[2]}")[1]["resourceSpans"])


def test_notifications_are_kept_in_order():
    one = Collector()
    for status in ("firing", "resolved"):
        take(one, {"status": status}, "/api/notifications")

    assert (200, {"notifications": [{"status": "firing"}, {"status": "resolved"}]}) == look(one, "/api/notifications")


def test_an_error_is_found_by_its_request_and_by_its_trace():
    one = Tracker()
    send(one, failure("request-1"), failure("request-2", contexts={"trace": {"trace_id": TRACE}}))

    assert ["request-2"] == [
        error["event"]["tags"]["request_id"] for error in look(one, f"/api/errors/{TRACE}")[1]["errors"]
    ]
    assert 200 == look(one, "/api/errors/request-1")[0]
    assert (404, {"errors": []}) == look(one, "/api/errors/request-3")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (failure(), failure("request-2"), True),
        (failure(), failure(transaction="GET /pay"), False),
        (failure(), failure(exception={"values": [{"type": "KeyError"}]}), False),
        (failure(fingerprint=["one"]), failure(fingerprint=["one"], transaction="GET /"), True),
        (failure(fingerprint=["one"]), failure(fingerprint=["other"]), False),
        ({}, {"exception": {"values": ["odd"]}}, True),
    ],
)
def test_equal_errors_are_one_group(first, second, same):
    assert same == (tracker.group(first) == tracker.group(second))


def test_an_item_with_a_length_may_hold_line_ends():
    event = json.dumps(failure(), indent=1).encode()
    head = json.dumps({"type": "event", "length": len(event)}).encode()
    other = b'{"type":"session"}\n{}\n'

    assert [failure()] == list(tracker.events_of(b"{}\n" + other + head + b"\n" + event + b"\n"))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("", bytes), ("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)],
)
def test_every_packing_is_unpacked(encoding, pack):
    assert b"said" == unpacked(pack(b"said"), encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_cannot_be_unpacked_is_refused(encoding):
    with pytest.raises(BadRequest):
        unpacked(b"no packed bytes", encoding)


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(double, "MOST_BYTES", 10)

    assert b"x" * 10 == unpacked(gzip.compress(b"x" * 10), "gzip")
    with pytest.raises(BadRequest):
        unpacked(gzip.compress(b"x" * 11), "gzip")


@pytest.mark.parametrize(
    ("one", "path"),
    [(Collector(), "/v1/traces"), (Tracker(), "/api/1/envelope/"), (Collector(), "/api/notifications")],
)
@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff\xfe", b'{"a"\n{"type":"event"}\n['])
def test_what_cannot_be_read_is_refused(served, one, path, body):
    answer = httpx.post(served(one) + path, content=body, headers={"Content-Type": "application/json"})

    assert 400 == answer.status_code


@pytest.mark.parametrize(
    "odd", [[], {"resourceSpans": 7}, {"resourceSpans": [[]]}, {"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}]
)
def test_an_export_of_another_shape_is_refused(odd):
    with pytest.raises(BadRequest):
        take(Collector(), odd)


def test_a_body_without_a_length_is_refused(served):
    answer = httpx.post(f"{served(Tracker())}/api/1/envelope/", content=iter([b"{}"]))

    assert 413 == answer.status_code


def test_an_answer_is_json():
    assert Answer(200, "application/json", b'{"a": 1}') == Answer.json(200, {"a": 1})
