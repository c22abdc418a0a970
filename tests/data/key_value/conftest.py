"""Servers of Redis and Valkey, gone after the test."""

import socket
import subprocess

import pytest

from fixtures.relay.key_value import program
from prodverify.wire import clock


def listens(path):
    """Whether somebody takes connections there; the path alone is there a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@pytest.fixture
def started(tmp_path_factory):
    """Starts servers, Valkey unless another program is said, and ends them by their process ids."""
    running = []

    def start(*options, server=""):
        folder = tmp_path_factory.mktemp("kv")
        path = folder / "s"
        settings = ("--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder))
        running.append(subprocess.Popen([server or program(), *options, *settings], stdout=subprocess.DEVNULL))
        clock.poll(lambda: listens(path) or None, within_seconds=10.0, every_seconds=0.01, what="the server listens")
        return f"unix://{path}"

    yield start
    for process in running:
        process.kill()
        process.wait(10)
