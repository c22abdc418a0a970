"""Real limiters on loopback, started by tests: on Redis, in nginx, in Express."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.examples.foreign import ROOT, free_port, run, serving

HERE = Path(__file__).parent


def needs(program: str) -> pytest.MarkDecorator:
    """Skips without a program, unless CI is set."""
    found = shutil.which(program) or os.environ.get("CI")
    return pytest.mark.skipif(not found, reason=f"{program} is not installed")


@contextmanager
def counting(folder: Path) -> Iterator[str]:
    """The service of ``counting.py`` with a Redis of its own; its address."""
    redis, port = free_port(), free_port()
    store = ["redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with serving(store, redis, folder / "redis.log"):
        command = [sys.executable, "-m", "tests.limiters.counting", port, redis]
        with serving(command, port, folder / "counting.log", cwd=ROOT):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """nginx with limit_req; its address."""
    port = free_port()
    (folder / "served").mkdir()
    for name in ("limited", "delayed"):
        (folder / "served" / name).write_text("{}", encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    text = (HERE / "nginx.conf").read_text(encoding="utf-8")
    for word, value in (("FOLDER", str(folder)), ("PORT", str(port)), ("USER", user)):
        text = text.replace(word, value)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with serving(["nginx", "-c", folder / "nginx.conf", "-p", folder], port, folder / "nginx.log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def express(folder: Path, window_seconds: int) -> Iterator[str]:
    """Express with express-rate-limit in each of its modes; its address."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "WINDOW_MS": str(window_seconds * 1000)}
    with serving(["node", _installed() / "server.mjs"], port, folder / "express.log", env=environment):
        yield f"http://127.0.0.1:{port}"


def _installed() -> Path:
    """The packages of the lock in a folder of their own, made at the first run and when one of the files changed."""
    files = sorted((HERE / "express").glob("*.*"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    place = ROOT / ".venv" / f"express-limited-{digest}"
    with place.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            place.mkdir(exist_ok=True)
            for file in files:
                shutil.copy(file, place)
            run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", place])
            (place / "complete").touch()
    return place
