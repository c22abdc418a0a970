"""A receiver in Flask: HMAC-SHA256 of the raw body, in hex, in X-Signature."""

import hashlib
import hmac
import json
import os

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

SECRET = os.environ["WEBHOOK_SECRET"].strip().encode()  # a file's last newline is no part of a secret
FAILURES = Counter("webhook_signature_failures_total", "Messages whose signature was not right.")
HANDLED: list[str] = []  # in place of your table of messages, unique by the delivery's id
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024


def is_signed(body: bytes, header: str) -> bool:
    """Whether the header holds what the secret makes of these very bytes."""
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # Bytes, since compare_digest raises on text that is not ASCII; and never ==, whose time tells how much is right.
    return hmac.compare_digest(expected.encode(), header.encode("utf-8", "replace"))


@app.post("/hook")
def receive():
    """Verify first, parse afterwards."""
    body = request.get_data()  # raw: request.json would be other bytes when written again
    if not is_signed(body, request.headers.get("X-Signature", "")):
        FAILURES.inc()
        return {"error": "bad signature"}, 401
    delivery = request.headers.get("X-Delivery-ID", "")
    if delivery not in HANDLED:  # a sender that saw no answer sends again
        json.loads(body)
        HANDLED.append(delivery)
    return "", 204


@app.get("/handled")
def handled():
    """How often a delivery was acted upon, for whoever verifies this receiver."""
    return {"times": HANDLED.count(request.args.get("id", ""))}


@app.get("/metrics")
def metrics():
    """For Prometheus."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ.get("PORT", "8000")))
