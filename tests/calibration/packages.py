"""Programs of Node that nobody here wrote: installed from a lock, and run on loopback."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NODE, NPM = shutil.which("node"), shutil.which("npm")

needed = pytest.mark.skipif((NODE is None or NPM is None) and not os.environ.get("CI"), reason="node is not installed")


def installed(name: str) -> Path:
    """The program of one folder beside its packages, installed at the first run and when its lock changed."""
    folder = HERE / name
    lock = (folder / "package-lock.json").read_bytes()
    place = ROOT / ".venv" / f"{name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    # Another worker may want it at the same time.
    with place.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for file in ("package.json", "package-lock.json"):
                shutil.copy(folder / file, place)
            assert NPM, "npm is part of what CI installs"
            command = [NPM, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr
            (place / "complete").touch()
        shutil.copy(folder / "server.js", place)
    return place / "server.js"


@contextmanager
def serving(program: Path, log: Path) -> Iterator[int]:
    """Runs a program of Node until the block ends; the port of loopback that it listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    assert NODE, "node is part of what CI installs"
    with log.open("w") as told:
        service = subprocess.Popen([NODE, str(program), str(port)], stdout=told, stderr=told)
    try:
        clock.poll(lambda: _listens(port), within_seconds=20, what="the program listens")
        yield port
    finally:
        service.terminate()
        service.wait(timeout=10)


def _listens(port: int) -> bool | None:
    with socket.socket() as probe:
        return True if probe.connect_ex(("127.0.0.1", port)) == 0 else None
