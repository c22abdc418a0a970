"""Before a judgement: did the application answer at all?"""

import pytest

from prodverify.wire.attribution import attribute
from prodverify.wire.exchange import Exchange, HeaderList

CHALLENGE = b"<html><title>Just a moment...</title>"


def answered(status, headers=(), body=b"{}", kind="application/json", accept="application/json"):
    return Exchange(
        method="GET",
        url="http://a.example/",
        target="/",
        request_headers=HeaderList([("Accept", accept)]),
        request_body=b"",
        status=status,
        headers=HeaderList([("Content-Type", kind), *headers] if kind else headers),
        body=body,
    )


HTML = {"kind": "text/html; charset=utf-8", "body": b"<html>"}
OURS = ("x-request-id", "1")


@pytest.mark.parametrize(
    ("who", "exchange", "declared"),
    [
        ("application", answered(200), ""),
        ("application", answered(200, [OURS]), "X-Request-ID"),
        ("application", answered(404, **HTML), ""),
        ("application", answered(500), ""),
        ("application", answered(503, [OURS]), "X-Request-ID"),
        ("application", answered(503, kind="application/problem+json"), ""),
        ("application", answered(200, [("CF-RAY", "1"), ("Server", "cloudflare")]), ""),
        ("application", answered(403, [OURS, ("CF-RAY", "1")], **HTML), "X-Request-ID"),
        ("application", answered(200, body=b"<p>captcha</p>", kind="text/html", accept="text/html"), ""),
        ("limiter", answered(429, [OURS]), "X-Request-ID"),
        ("limiter", answered(429, **HTML), ""),
        ("proxy", answered(502, **HTML), ""),
        ("proxy", answered(503), "X-Request-ID"),
        ("proxy", answered(504, kind=""), ""),
        ("proxy", answered(407, **HTML), ""),
        ("proxy", answered(503, kind="application/problem+json"), "X-Request-ID"),
        ("proxy", answered(400, [("Server", "awselb/2.0")]), "X-Request-ID"),
        ("unknown", answered(200), "X-Request-ID"),
        ("unknown", answered(500, [("Server", "nginx")], **HTML), "X-Request-ID"),
        ("firewall", answered(403, [("cf-mitigated", "challenge")], **HTML), ""),
        ("firewall", answered(403, [("Server", "cloudflare")], **HTML), ""),
        ("firewall", answered(403, body=CHALLENGE, kind="text/html"), ""),
        ("firewall", answered(503, [("cf-ray", "1")], CHALLENGE, "text/html"), "X-Request-ID"),
        ("firewall", answered(405, [("x-amzn-waf-action", "captcha")], b""), ""),
    ],
)
def test_answers_are_attributed(who, exchange, declared):
    attribution = attribute(exchange, application_header=declared)
    assert (who, who == "application") == (attribution.who, attribution.judgeable)
    assert attribution.why


@pytest.mark.parametrize(
    ("who", "status", "headers"),
    [
        ("limiter", 403, [("Retry-After", "30")]),
        ("limiter", 403, [("X-RateLimit-Remaining", "0")]),
        ("limiter", 403, [("RateLimit", '"default";r=0;t=30')]),
        ("application", 403, [("X-RateLimit-Remaining", "10")]),
        ("application", 403, [("RateLimit", '"default";r=03;t=30')]),
        ("application", 403, []),
    ],
)
def test_other_statuses_are_the_limiters_where_they_say_so(who, status, headers):
    assert who == attribute(answered(status, headers), limiter_statuses=(429, 403)).who
