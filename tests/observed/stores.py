"""
A collector that gives traces back in the words of Tempo and of Jaeger.

What comes in is OTLP over HTTP in protobuf, as the SDK's exporter sends it. Neither store is at hand here: their
answers are made as their documentation has them, Tempo's with ids in base64 (protobuf's own JSON), Jaeger's by its
older API.
"""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

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


@contextmanager
def collector() -> Iterator[str]:
    """The address of one that listens until the block ends: traces at ``/tempo`` and at ``/jaeger``."""
    groups: Groups = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            for whole in ExportTraceServiceRequest.FromString(body).resource_spans:
                groups.extend(_by_trace(whole))
            self._answer(200, b"", "application/x-protobuf")

        def do_GET(self) -> None:
            shape, trace_id = self.path.split("/")[1], self.path.rpartition("/")[2]
            found = {"tempo": tempo, "jaeger": jaeger}[shape](groups, trace_id)
            self._answer(200 if found else 404, json.dumps(found or {"data": None}).encode(), "application/json")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _by_trace(whole: Any) -> Iterator[Any]:
    for scope in whole.scope_spans:
        for span in scope.spans:
            one = type(whole)()
            one.resource.CopyFrom(whole.resource)
            one.scope_spans.add().spans.add().CopyFrom(span)
            yield one
