"""
The server that the generator is measured against: it answers every request with the same few bytes, at once.

``python -m load.answering`` prints its port on the first line and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys

_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
_END_OF_HEAD = b"\r\n\r\n"


class _Answering(asyncio.Protocol):
    """Requests without a body, as many on one connection as come."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._unread += data
        heads = self._unread.count(_END_OF_HEAD)
        if heads:
            self._unread = self._unread.rpartition(_END_OF_HEAD)[2]
            self._transport.write(_ANSWER * heads)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
