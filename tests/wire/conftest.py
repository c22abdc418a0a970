"""Servers on loopback that answer what a test says, however wrong, and clients that ask them."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prodverify.target.load import Target, load
from prodverify.wire.client import Client
from prodverify.wire.exchange import Exchange
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

CERTIFICATES = Path(__file__).parent / "certificates"


@dataclass
class Asked:
    """One request as the server read it."""

    raw: bytes
    connection: int

    @property
    def line(self) -> bytes:
        return self.raw.split(b"\r\n", 1)[0]

    @property
    def method(self) -> str:
        return self.line.split(b" ")[0].decode()

    @property
    def target(self) -> str:
        return self.line.split(b" ")[1].decode("latin-1")

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        pairs = [line.decode("latin-1").split(": ", 1) for line in lines]
        return [value for key, value in pairs if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        return (self.headers(name) or [""])[0]


Answer = Callable[[Asked], "bytes | Iterator[bytes] | None"]


@dataclass
class Loopback:
    """
    Answers every request with what ``answer`` makes of it: bytes, or pieces sent one by one; None closes.

    Connections are kept while the answer is whole bytes.
    """

    answer: Answer
    certificate: str = ""
    client_authority: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._context = self._tls()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _tls(self) -> ssl.SSLContext | None:
        if not self.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{self.certificate}.pem")
        if self.client_authority:
            context.load_verify_locations(CERTIFICATES / "authority.pem")
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            opened.callback(connection.close)
            if self._context is not None:
                connection = opened.enter_context(self._context.wrap_socket(connection, server_side=True))
            left = b""
            while True:
                raw, left = _request(connection, left)
                if not raw:
                    return
                self.asked.append(Asked(raw, number))
                answer = self.answer(self.asked[-1])
                if answer is None:
                    return
                if not isinstance(answer, bytes):
                    for piece in answer:
                        connection.sendall(piece)
                    return
                connection.sendall(answer)


def _request(connection: socket.socket, data: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return b"", b""
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(rest) < length:
        rest += connection.recv(65536)
    return head + b"\r\n\r\n" + rest[:length], rest[length:]


def response(
    status: int = 200, body: bytes = b"{}", *headers: tuple[str, str], kind: str = "application/json"
) -> bytes:
    """A whole response with its length."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Scene:
    """A client, what it asks, and what it told of."""

    client: Client
    target: Target
    run: Run
    redactor: Redactor
    told: list[Exchange]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.begin(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    servers: list[Loopback] = []

    def start(answer: Answer, **options: Any) -> Loopback:
        servers.append(Loopback(answer, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def aim(tmp_path: Path) -> Callable[..., Target]:
    """A target file for an address, written and loaded."""

    def write(base_url: str, text: str = "", *, asking: str = "", secrets: dict[str, str] | None = None) -> Target:
        path = tmp_path / "service.toml"
        names = secrets or {}
        sources = "".join(f'{name} = {{ env = "{name.upper()}" }}\n' for name in names)
        head = f'version = 1\nname = "service"\nbase_url = {json.dumps(base_url)}\n'
        asked = f"[asking]\nrate_per_second = 10000.0\ndeadline_seconds = 3.0\nread_timeout_seconds = 2.0\n{asking}\n"
        if "deadline_seconds" in asking:
            asked = asked.replace("deadline_seconds = 3.0\n", "", 1)
        path.write_text(f"{head}{asked}\n[secrets]\n{sources}\n{text}")
        environ = {name.upper(): value for name, value in names.items()}
        return load(str(path), root=tmp_path, environ=environ)

    return write


@pytest.fixture
def scene(aim: Callable[..., Target], run: Run) -> Iterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def make(base_url: str, text: str = "", **options: Any) -> Scene:
        target = aim(base_url, text, **options)
        redactor = Redactor(target.secrets, run.folder)
        told: list[Exchange] = []
        client = Client(target, run, redactor=redactor, on_exchange=told.append)
        scenes.append(Scene(client, target, run, redactor, told))
        return scenes[-1]

    yield make
    for made in scenes:
        made.client.close()


@pytest.fixture
def respond() -> Callable[..., bytes]:
    return response
