"""
A small service on loopback that keeps a log of what it was asked.

``python answering.py LOG [OPTION=VALUE]...`` prints its port. Options: ``delay`` (seconds before each answer),
``freeze`` (AT:SECONDS from the first request: nothing is answered meanwhile), ``limited`` (every n-th answer is 429),
``status`` (of all other answers), ``refuse`` (the one key that is answered with 401), ``only`` (the one path that
delay, freeze and status are about), ``header`` (a line of every answer, as NAME:VALUE), ``host`` (the address that it
listens at, 127.0.0.1 otherwise). The log has the monotonic clock's time of each request.
"""

import asyncio
import json
import sys
import time


class Service:
    def __init__(self, log, options):
        self.log = open(log, "w", buffering=1)  # noqa: SIM115 - open as long as the process
        self.delay = float(options.get("delay", 0))
        self.freeze_at, self.freeze_for = (float(part) for part in options.get("freeze", "0:0").split(":"))
        self.limited = int(options.get("limited", 0))
        self.status = int(options.get("status", 200))
        self.only = options.get("only", "")
        self.refuse = options.get("refuse", "")
        self.header = f"{options['header']}\r\n" if "header" in options else ""
        self.first = None
        self.asked = 0

    async def serve(self, reader, writer):
        try:
            while line := await reader.readline():
                headers, length = {}, 0
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                    length = int(headers.get("content-length", 0))
                body = await reader.readexactly(length)
                await self.answer(line.decode().split()[1], headers, body, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def answer(self, path, headers, body, writer):
        now = time.monotonic()
        self.first = self.first or now
        self.asked += 1
        number = self.asked
        self.log.write(json.dumps({"path": path, "headers": headers, "body": body.decode(), "at": now}) + "\n")
        status = 200
        if self.only in ("", path):
            frozen = self.first + self.freeze_at + self.freeze_for - now
            if self.freeze_for and now - self.first >= self.freeze_at and frozen > 0:
                await asyncio.sleep(frozen)
            await asyncio.sleep(self.delay)
            status = self.status
        status = 401 if self.refuse and headers.get("x-api-key") == self.refuse else status
        status = 429 if self.limited and number % self.limited == 0 else status
        reply = json.dumps({"token": f"token-{number}"}).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(reply)}\r\n{self.header}"
        writer.write(f"{head}\r\n".encode() + reply)
        await writer.drain()


async def main():
    options = dict(argument.split("=") for argument in sys.argv[2:])
    service = Service(sys.argv[1], options)
    server = await asyncio.start_server(service.serve, options.get("host", "127.0.0.1"), 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
