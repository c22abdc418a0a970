"""Receivers by the senders' own packages, written as their first pages show: only the package's own error is caught."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import standardwebhooks
import stripe

SECRET = os.environ["WEBHOOK_SECRET"]


def by_standard_webhooks(body, headers):
    """True where it is signed."""
    try:
        standardwebhooks.Webhook(SECRET).verify(body, headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def by_stripe(body, headers):
    """True where it is signed."""
    try:
        stripe.Webhook.construct_event(body, headers.get("stripe-signature", ""), SECRET)
    except (ValueError, stripe.SignatureVerificationError):
        return False
    return True


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status = 204 if VERIFY(body, {name.lower(): value for name, value in self.headers.items()}) else 400
        except Exception:  # noqa: BLE001 - as every framework does
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        return


VERIFY = {"standard-webhooks": by_standard_webhooks, "stripe": by_stripe}[sys.argv[1]]
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
