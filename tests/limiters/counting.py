"""
A service with one limiter for each path, for each key apart: ``python -m tests.limiters.counting PORT REDIS_PORT``.

Limiters of the package ``limits`` on Redis, one of them with a penalty, and the two that the practice service has.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from limits import RateLimitItemPerSecond, storage, strategies

from fixtures.relay.limits import TokenBuckets
from fixtures.relay.windows import RedisWindows

REQUESTS, WINDOW_SECONDS = 10, 2


@dataclass(frozen=True)
class Said:
    """What a limiter says to one request; ``ends_at`` is seconds since the epoch."""

    allowed: bool
    remaining: int
    ends_at: float


Ask = Callable[[str], Said]


def by_limits(strategy: type[strategies.RateLimiter], store: storage.Storage) -> Ask:
    limiter, item = strategy(store), RateLimitItemPerSecond(REQUESTS, WINDOW_SECONDS)

    def ask(key: str) -> Said:
        allowed = limiter.hit(item, key)
        stats = limiter.get_window_stats(item, key)
        return Said(allowed, stats.remaining, stats.reset_time)

    return ask


def by_relay(limiter: TokenBuckets | RedisWindows) -> Ask:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def ask(key: str) -> Said:
        admission = asyncio.run_coroutine_threadsafe(limiter.admit(key), loop).result(5)
        assert admission is not None, "Redis is away"
        return Said(admission.allowed, admission.remaining, admission.reset_at)

    return ask


def blocking(limiter: Ask) -> Ask:
    """Whoever is refused is refused for one more window, anew with every request."""
    until: dict[str, float] = {}

    def ask(key: str) -> Said:
        now = time.time()
        if now >= until.get(key, 0.0) and (said := limiter(key)).allowed:
            return said
        until[key] = now + WINDOW_SECONDS
        return Said(False, 0, until[key])

    return ask


class Limited(BaseHTTPRequestHandler):
    """``GET /LIMITER`` with X-API-Key."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    limiters: dict[str, Ask]

    def do_GET(self) -> None:
        limiter = self.limiters.get(self.path.partition("?")[0].removeprefix("/"))
        if limiter is None:
            self.send_error(404)
            return
        said = limiter(self.headers["X-API-Key"])
        body = json.dumps({"allowed": said.allowed}).encode()
        self.send_response(200 if said.allowed else 429)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-RateLimit-Limit", str(REQUESTS))
        self.send_header("X-RateLimit-Remaining", str(said.remaining))
        self.send_header("X-RateLimit-Reset", str(math.ceil(said.ends_at)))
        if not said.allowed:
            self.send_header("Retry-After", str(max(1, math.ceil(said.ends_at - time.time()))))
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a caller whom the queue has no place for would come a second later


def main(port: int, redis_port: int) -> None:
    url = f"redis://127.0.0.1:{redis_port}/0"
    store = storage.storage_from_string(url)
    Limited.limiters = {
        "fixed": by_limits(strategies.FixedWindowRateLimiter, store),
        "blocking": blocking(by_limits(strategies.FixedWindowRateLimiter, store)),
        "moving": by_limits(strategies.MovingWindowRateLimiter, store),
        "sliding": by_limits(strategies.SlidingWindowCounterRateLimiter, store),
        "relay-bucket": by_relay(TokenBuckets(REQUESTS, window_seconds=WINDOW_SECONDS)),
        "relay-windows": by_relay(RedisWindows(url, REQUESTS, window_seconds=WINDOW_SECONDS)),
    }
    Server(("127.0.0.1", port), Limited).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
