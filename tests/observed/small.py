"""Doubles at work, and one that is a service and the stores of what it tells at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fixtures.relay.double import Answer, Double, Request, serve


@contextmanager
def listening(double: Double) -> Iterator[str]:
    """The address of one that answers until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = "http://{}:{}".format(*listener.getsockname())
    serving = serve(double, listener)
    try:
        yield address
    finally:
        serving.stop()


class Small(Double):
    """Answers with status and body by the beginning of a path; what begins with none of them gets 404."""

    def __init__(self, answers: Mapping[str, tuple[int, Any]]) -> None:
        self._answers = answers

    def answer(self, request: Request) -> Answer:
        return Answer.json(
            *next((one for path, one in self._answers.items() if request.path.startswith(path)), (404, {}))
        )
