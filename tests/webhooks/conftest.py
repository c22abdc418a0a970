"""The senders' own packages, in an environment of their own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent / "senders"
VENV = Path(__file__).resolve().parents[2] / ".venv"


def installed() -> Path:
    """Their Python, made at the first run and when the lock changed."""
    lock = HERE / "requirements.lock"
    place = VENV / f"senders-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    # Another worker may want it at the same time, and --clear would take it from under its hands.
    with place.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            _run([sys.executable, "-m", "venv", "--clear", place])
            _run([place / "bin" / "pip", "--quiet", "install", "--require-hashes", "-r", lock])
            (place / "complete").touch()
    return place / "bin" / "python"


@pytest.fixture(scope="session")
def senders() -> Callable[[Sequence[dict[str, Any]]], list[Any]]:
    """Asks the packages many questions at once; one answer for each."""
    python = installed()

    def ask(questions: Sequence[dict[str, Any]]) -> list[Any]:
        said = "".join(json.dumps(question) + "\n" for question in questions)
        return [json.loads(line) for line in _run([python, HERE / "speak.py"], input=said).splitlines()]

    return ask


def _run(command: Sequence[Any], **more: Any) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
