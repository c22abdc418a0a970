"""Anything that a service could answer: header lines, bodies and exchanges, for tests of judges that never raise."""

import json

from hypothesis import strategies as st

from prodverify.wire.exchange import Exchange, HeaderList
from tests.judges.scene import NOON

NAMES = """
Strict-Transport-Security Content-Security-Policy Content-Security-Policy-Report-Only X-Frame-Options
X-Content-Type-Options Referrer-Policy Server X-Powered-By X-Debug-Token Cache-Control Age Set-Cookie Date
Retry-After X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset RateLimit RateLimit-Policy RateLimit-Limit
RateLimit-Reset RateLimit-Remaining Content-Type X-Request-ID Server-Timing traceparent traceresponse
WWW-Authenticate Location X-Signature
Permissions-Policy Cross-Origin-Opener-Policy Cross-Origin-Embedder-Policy Cross-Origin-Resource-Policy
X-XSS-Protection Public-Key-Pins Feature-Policy Cache-Status
"""
WORDS = """
; , = " ' * : - 0 60 -1 1e9 99999999999999999999 1789992030 max-age= includeSubDomains nosniff DENY no-store public
default-src script-src 'self' 'unsafe-inline' 'nonce-a' data: https: frame-ancestors base-uri s-maxage=1 __Host-a=1
Secure SameSite=None Expires= "default";r=1;t=2;q=3 limit=1 remaining= reset=1 00-aa-bb-01 trace;desc= HIT
camera=() camera=* same-origin Same-Origin "same-origin" require-corp text/html; charset=hex ;hit
"""
MEMBERS = "status type title logs components version request_id password token database ok id"
PIECES = st.sampled_from(
    [
        *WORDS.split(),
        *("\t", "\x00", "²", "é", "\ud800", "\U0010ffff"),
        "Mon, 21 Sep 2026 12:00:00 GMT",
        "0000-00-00T00:00:00Z",
        "9" * 5000,
        "x" * 9000,
    ]
)
VALUES = st.one_of(
    st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map(" ".join)
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES.split()), VALUES), max_size=8).map(HeaderList)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), PIECES)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.one_of(st.sampled_from(MEMBERS.split()), st.text(max_size=8)), inner, max_size=5)
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=60),
    DOCUMENTS.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 3000, b"\xff\xfe{}", b"1" * 5000, b"1e999", b"-", b"<meta content=" * 50]
    ),
    st.sampled_from([b'{"logs":' + b"[" * 70 + b"]" * 70 + b"}", b'{"logs": [{"status": NaN}]}', b'"\\ud800"']),
)


@st.composite
def exchanges(draw):
    return Exchange(
        method=draw(st.sampled_from(["GET", "POST", "HEAD", "\ud800"])),
        url=draw(st.sampled_from(["https://api.example/x", "http://10.0.0.5/" + "y" * 3000])),
        target="/x",
        request_headers=draw(HEADERS),
        request_body=b"",
        status=draw(st.sampled_from([200, 202, 204, 301, 304, 400, 401, 403, 404, 405, 429, 500, 503, 100, 599])),
        headers=draw(HEADERS),
        body=draw(BODIES),
        body_complete=draw(st.booleans()),
        started_at=NOON + draw(st.floats(-100, 100)),
        elapsed_ms=draw(st.floats(0, 1e6)),
    )
