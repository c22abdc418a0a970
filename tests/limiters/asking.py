"""One caller of a real limiter."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from prodverify.wire.exchange import Exchange, HeaderList


@contextmanager
def asking(url: str) -> Iterator[Callable[[], Exchange]]:
    """Sends one request after the other, with a key that nobody used before."""
    with httpx.Client(headers={"X-API-Key": secrets.token_hex(8)}, timeout=10) as client:

        def ask() -> Exchange:
            started_at, began = time.time(), time.perf_counter()
            answer = client.get(url)
            return Exchange(
                method="GET",
                url=url,
                target=answer.url.path,
                request_headers=HeaderList(),
                request_body=b"",
                status=answer.status_code,
                headers=HeaderList(answer.headers.multi_items()),
                body=answer.content,
                started_at=started_at,
                elapsed_ms=(time.perf_counter() - began) * 1000,
            )

        yield ask
