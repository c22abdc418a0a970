"""
A collector that gives traces back in the words of Tempo and of Jaeger, and a tracker in those of Sentry.

What comes in is OTLP over HTTP in protobuf, as the SDK's exporter sends it. Neither store is at hand here: their
answers are made as their documentation has them, Tempo's with ids in base64 (protobuf's own JSON), Jaeger's by its
older API.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fixtures.relay.double import Answer, Double, Request
from fixtures.relay.tracker import Event, events_of, group

Groups = list[Any]


def tempo(groups: Groups, trace_id: str) -> Any:
    """``GET /api/traces/{id}`` of Tempo."""
    found = [group for group in map(MessageToDict, groups) if _ids(group) == {trace_id}]
    return {"batches": found} if found else None


def jaeger(groups: Groups, trace_id: str) -> Any:
    """``GET /api/traces/{id}`` of Jaeger's query service."""
    spans = [
        {
            "traceID": span.trace_id.hex(),
            "spanID": span.span_id.hex(),
            "operationName": span.name,
            "references": [
                {"refType": "CHILD_OF", "traceID": span.trace_id.hex(), "spanID": span.parent_span_id.hex()}
            ],
            "startTime": span.start_time_unix_nano // 1000,
            "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
            "tags": [
                *({"key": one.key, "type": "string", "value": one.value.string_value} for one in span.attributes),
                {"key": "span.kind", "type": "string", "value": {1: "internal", 2: "server", 3: "client"}[span.kind]},
            ],
            "logs": [],
            "processID": "p1",
        }
        for group in groups
        for scope in group.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == trace_id
    ]
    process = {"serviceName": "shop", "tags": []}
    return {"data": [{"traceID": trace_id, "spans": spans, "processes": {"p1": process}}]} if spans else None


def _ids(group: Any) -> set[str]:
    spans = [span for scope in group["scopeSpans"] for span in scope["spans"]]
    return {base64.b64decode(span["traceId"]).hex() for span in spans}


class Stores(Double):
    """Takes exports at any path, and gives traces back at ``/tempo`` and at ``/jaeger``."""

    def __init__(self) -> None:
        self._groups: Groups = []

    def answer(self, request: Request) -> Answer:
        if request.method == "POST":
            for whole in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                self._groups.extend(_by_trace(whole))
            return Answer(200, "application/x-protobuf", b"")
        shape, trace_id = request.path.split("/")[1], request.path.rpartition("/")[2]
        found = {"tempo": tempo, "jaeger": jaeger}[shape](self._groups, trace_id)
        return Answer.json(200 if found else 404, found or {"data": None})


class Sentry(Double):
    """Takes envelopes at any path, and lists the newest events of a project as they came, with what groups them."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def answer(self, request: Request) -> Answer:
        if request.method == "POST":
            self._events.extend(events_of(request.body))
        elif not request.path.endswith("/events/"):
            return Answer.json(404, {"detail": "The requested resource does not exist"})
        return Answer.json(200, [{**event, "groupID": group(event)} for event in reversed(self._events)])


def _by_trace(whole: Any) -> Iterator[Any]:
    for scope in whole.scope_spans:
        for span in scope.spans:
            one = type(whole)()
            one.resource.CopyFrom(whole.resource)
            one.scope_spans.add().spans.add().CopyFrom(span)
            yield one
