"""Places that speak TLS on loopback, well or badly, and a probe that shakes hands with them."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.relay.certificates import Certificates
from fixtures.relay.tls import Front
from prodverify.target.load import Target, load
from prodverify.wire.handshakes import Handshakes
from prodverify.wire.run import Run
from prodverify.wire.tls_probe import TlsProbe

Talk = Callable[[socket.socket], None]


class Place:
    """Listens on loopback and does to each connection what ``talk`` says, in a thread of its own."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            self._talk(connection)


def speaking(context: ssl.SSLContext) -> Talk:
    """Shakes hands, and waits until the other side hangs up."""

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return talk


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """Makes contexts for servers, by an authority of its own."""
    return Front(tmp_path_factory.mktemp("front"), "127.0.0.1:1")


@pytest.fixture(scope="session")
def certificates(front: Front) -> Certificates:
    return front.certificates


@pytest.fixture
def listen() -> Iterator[Callable[[Talk], Place]]:
    places: list[Place] = []

    def start(talk: Talk) -> Place:
        places.append(Place(talk))
        return places[-1]

    yield start
    for place in places:
        place.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.begin(tmp_path)


@pytest.fixture
def aim(tmp_path: Path, certificates: Certificates) -> Callable[..., Target]:
    """A target file that names a place that speaks TLS."""

    def write(
        address: str, *, tls: str = 'server_name = "localhost"', asking: str = "", trusted: bool = True
    ) -> Target:
        path = tmp_path / "service.toml"
        bundle = f'ca_bundle = "{certificates.folder}/authority.pem"\n' if trusted else ""
        path.write_text(
            'version = 1\nname = "service"\nbase_url = "http://127.0.0.1:9"\n'
            f"[asking]\nrate_per_second = 10000.0\nconnect_timeout_seconds = 1.0\n{bundle}{asking}\n"
            f"[tls]\naddress = {json.dumps(address)}\n{tls}\n"
        )
        return load(str(path), root=tmp_path, environ={})

    return write


@pytest.fixture
def observe(aim: Callable[..., Target], run: Run) -> Callable[..., Handshakes]:
    """What a place is seen to do."""

    def look(address: str, **how: Any) -> Handshakes:
        return TlsProbe(aim(address, **how), run).observe()

    return look
