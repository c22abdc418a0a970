"""A receiver in FastAPI: Standard Webhooks, which sign an id and a time with the body."""

import base64
import hmac
import json
import os
import time

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].strip().removeprefix("whsec_"))
FAILURES = Counter("webhook_signature_failures_total", "Messages whose signature was not right.")
HANDLED: list[str] = []  # in place of your table of messages, unique by the delivery's id
LARGEST = 64 * 1024
app = FastAPI()


async def raw_body(request: Request) -> bytes:
    """The bytes as they came. What is too large is not kept, but read, or its sender would not hear why."""
    body, size = b"", 0
    async for chunk in request.stream():
        size += len(chunk)
        body += chunk if size <= LARGEST else b""
    if size > LARGEST:
        raise HTTPException(413, "too large")
    return body


def is_signed(body: bytes, headers) -> bool:
    """Whether one of the signatures is right, over the id, the time and these very bytes."""
    delivery, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - float(stamp[:15])) > 300:
        return False  # recorded and sent again later, or no time at all
    signed = f"{delivery}.{stamp}.".encode() + body  # bytes: a body need not be text
    expected = b"v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256"))
    offered = headers.get("webhook-signature", "").encode().split(b" ")  # two while a secret is being changed
    return bool(delivery) and any(hmac.compare_digest(expected, one) for one in offered)


@app.post("/hook", status_code=204)
async def receive(request: Request):
    """Verify first, parse afterwards: no model as parameter, or FastAPI would have parsed it already."""
    body = await raw_body(request)  # not request.body(), which reads whatever a stranger sends
    if not is_signed(body, request.headers):
        FAILURES.inc()
        raise HTTPException(401, "bad signature")
    if request.headers["webhook-id"] not in HANDLED:  # a sender that saw no answer sends again
        json.loads(body)
        HANDLED.append(request.headers["webhook-id"])


@app.get("/handled")
def handled(id: str):  # noqa: A002 - the name of the parameter in the query
    """How often a delivery was acted upon, for whoever verifies this receiver."""
    return {"times": HANDLED.count(id)}


@app.get("/metrics")
def metrics():
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
