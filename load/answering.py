"""
The server that the generator is measured against: it answers every request with the same few bytes.

``python -m load.answering [OPTION=NUMBER]...`` prints its port on the first line and ends when its standard input
closes; then it prints its log as one JSON object. Without options it answers at once and logs nothing. ``service_ms``
is how long each answer takes, and every ``slow_every``-th takes ``slow_ms``; ``freeze_at`` seconds after the first
request it stands still for ``freeze_seconds``, as a process does that collects garbage: it does not even notice what
arrives.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping

_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
_END_OF_HEAD = b"\r\n\r\n"


class _Log:
    """What happened, by the monotonic clock of this machine: milliseconds of each answer, and the freeze."""

    def __init__(self, options: Mapping[str, float]) -> None:
        self.service_ms = options.get("service_ms", 0.0)
        self.slow_every, self.slow_ms = int(options.get("slow_every", 0)), options.get("slow_ms", 0.0)
        self.freeze_at, self.freeze_seconds = options.get("freeze_at", 0.0), options.get("freeze_seconds", 0.0)
        self.asked = 0
        self.took_ms: list[float] = []
        self.frozen: list[float] = []

    def first(self) -> None:
        """The first request came: from now on its clock runs."""
        if self.freeze_seconds:
            asyncio.get_running_loop().call_later(self.freeze_at, self._freeze)

    def _freeze(self) -> None:
        began = time.monotonic()
        time.sleep(self.freeze_seconds)
        self.frozen = [began, time.monotonic()]

    def seconds(self) -> float:
        """How long the next answer takes."""
        self.asked += 1
        slow = self.slow_every and self.asked % self.slow_every == 0
        return (self.slow_ms if slow else self.service_ms) / 1000.0

    def as_dict(self) -> dict[str, object]:
        """Plain values."""
        return {"asked": self.asked, "took_ms": self.took_ms, "frozen": self.frozen}


class _Answering(asyncio.Protocol):
    """Requests without a body, as many on one connection as come."""

    def __init__(self, log: _Log | None) -> None:
        self._log = log
        self._transport: asyncio.Transport | None = None
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._unread += data
        heads = self._unread.count(_END_OF_HEAD)
        if not heads:
            return
        self._unread = self._unread.rpartition(_END_OF_HEAD)[2]
        if self._log is None:
            self._transport.write(_ANSWER * heads)
            return
        if not self._log.asked:
            self._log.first()
        for _ in range(heads):
            asyncio.get_running_loop().call_later(self._log.seconds(), self._answer, time.monotonic())

    def _answer(self, asked_at: float) -> None:
        assert self._transport is not None
        assert self._log is not None
        self._transport.write(_ANSWER)
        self._log.took_ms.append((time.monotonic() - asked_at) * 1000.0)


async def _serve(options: Mapping[str, float]) -> None:
    log = _Log(options) if options else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(log), "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()
    if log is not None:
        sys.stdout.write(json.dumps(log.as_dict()) + "\n")


if __name__ == "__main__":
    asyncio.run(_serve({name: float(value) for name, _, value in (word.partition("=") for word in sys.argv[1:])}))
