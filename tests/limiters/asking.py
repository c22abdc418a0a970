"""One caller of a real limiter, and what is promised to it."""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import Exchange, HeaderList
from tests.limiters.counting import REQUESTS, WINDOW_SECONDS


def promised(**more: Any) -> RateLimit:
    """What every limiter here keeps."""
    return RateLimit(requests=REQUESTS, window_seconds=WINDOW_SECONDS, role="burster", journey="limited", **more)


@contextmanager
def asking(url: str) -> Iterator[Callable[[], Exchange]]:
    """
    Sends one request after the other, with a key that nobody used before.

    By the plainest client there is: many callers ask at once, and each has to be as fast as if it were alone.
    """
    place = urlsplit(url)
    lines = {"X-API-Key": secrets.token_hex(8)}
    with closing(http.client.HTTPConnection(place.netloc, timeout=10)) as connection:

        def ask() -> Exchange:
            started_at, began = time.time(), time.perf_counter()
            connection.request("GET", place.path, headers=lines)
            answer = connection.getresponse()
            body = answer.read()
            return Exchange(
                method="GET",
                url=url,
                target=place.path,
                request_headers=HeaderList(),
                request_body=b"",
                status=answer.status,
                headers=HeaderList(answer.getheaders()),
                body=body,
                started_at=started_at,
                elapsed_ms=(time.perf_counter() - began) * 1000,
            )

        yield ask
