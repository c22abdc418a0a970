"""Services that nobody here wrote: installed from a lock, started on loopback, verified by a target file alone."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def installed(name: str) -> Path:
    """The program of one example in an environment of its own, made at the first run and when its lock changed."""
    lock = EXAMPLES / name / "requirements.lock"
    return environment(name, lock) / "bin" / name


def environment(name: str, lock: Path) -> Path:
    """A virtual environment with what ``lock`` pins, made at the first run and when the lock changed."""

    def make(place: Path) -> None:
        run([sys.executable, "-m", "venv", "--clear", place])
        run([place / "bin" / "pip", "--quiet", "install", "--require-hashes", "-r", lock])

    return _once(name, lock, make)


def node_modules(name: str, folder: Path) -> Path:
    """
    A folder whose ``node_modules`` hold what ``folder``'s package-lock.json pins; its lock names no registry.

    Scripts of packages are not run: a binary ships inside its package, or is not needed.
    """

    def make(place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(folder / file, place)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=place)

    return _once(name, folder / "package-lock.json", make)


def _once(name: str, lock: Path, make: Callable[[Path], None]) -> Path:
    place = ROOT / ".venv" / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    # Another worker may want it at the same time, and making it anew would take it from under its hands.
    with place.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            make(place)
            (place / "complete").touch()
    return place


def run(command: Sequence[Any], **more: Any) -> str:
    """What the command prints; it has to succeed."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def targeted(name: str, folder: Path, url: str) -> Path:
    """The target file of one example, copied with its folder, for a service at ``url`` that nobody else asks."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
    file = folder / f"{name}.toml"
    text = re.sub(r"^base_url = .*$", f'base_url = "{url}"', file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(f"{text}\n[asking]\nrate_per_second = 500.0\n", encoding="utf-8")
    return file


@contextmanager
def serving(command: Sequence[Any], port: int, log: Path, **more: Any) -> Iterator[None]:
    """Runs a service until the block ends, from when it listens on ``port``."""
    with log.open("w") as told:
        service = subprocess.Popen([*map(str, command)], stdout=told, stderr=told, **more)
    try:
        clock.poll(lambda: _listening(port), within_seconds=30, what=f"{command[0]} listens")
        yield
    finally:
        service.terminate()
        service.wait(timeout=10)


def verified(target: Path, secrets: Mapping[str, str], *narrowed: str) -> dict[str, Any]:
    """
    The record of one gate, ``narrowed`` by pytest's arguments; evidence goes beside the target file.

    In one process: the workers of this suite run two gates at a time already.
    """
    reports = target.parent / "reports"
    environment = {**os.environ, **secrets, "PRODVERIFY_REPORTS": str(reports)}
    gate = [sys.executable, "-m", "pytest", "checks/", "--target", str(target), "-n", "0", "-rN", *narrowed]
    done = subprocess.run(gate, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    evidence = reports / "latest" / "record.json"
    assert evidence.exists(), f"{done.stdout}\n{done.stderr}"
    record: dict[str, Any] = json.loads(evidence.read_text(encoding="utf-8"))
    return record


def _listening(port: int) -> bool | None:
    with socket.socket() as probe:
        return True if probe.connect_ex(("127.0.0.1", port)) == 0 else None
