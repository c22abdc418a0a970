"""A small application as teams write them: FastAPI, JSON lines on stderr, and spans by OpenTelemetry's own exporter."""

import json
import logging
import os
import sys
import time

import uvicorn
from fastapi import FastAPI, Request
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(os.environ["COLLECTOR"]), schedule_delay_millis=50))
tracer = provider.get_tracer("shop")
app = FastAPI()


@app.middleware("http")
async def observed(request: Request, call_next):
    context = propagate.extract(request.headers)
    with tracer.start_as_current_span(f"{request.method} {request.url.path}", context, trace.SpanKind.SERVER) as span:
        span.set_attribute("http.route", request.url.path)
        response = await call_next(request)
    said = {
        "timestamp": int(time.time() * 1000),
        "severity": "INFO",
        "trace": {"id": f"{span.get_span_context().trace_id:032x}"},
        "message": f"{request.method} {request.url.path}",
        "status": response.status_code,
    }
    sys.stderr.write(json.dumps(said) + "\n")
    return response


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/orders")
def orders():
    with tracer.start_as_current_span("SELECT orders", kind=trace.SpanKind.CLIENT) as span:
        span.set_attribute("db.system.name", "postgresql")
    return []


logging.disable(logging.CRITICAL)
uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_config=None)
