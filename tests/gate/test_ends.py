"""A gate that is ended as soon as its service is up ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
GONE_WITHIN_SECONDS = 5.0


class Gate:
    """A gate on Relay as a process group of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.reports = folder / "reports"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "checks/", "--target", "local", *arguments],
            cwd=ROOT,
            env={**os.environ, "PRODVERIFY_REPORTS": str(self.reports)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.own: list[psutil.Process] = []

    def until_it_asks(self) -> None:
        """Waits until Relay, PostgreSQL and their supervisor are up."""

        def up() -> bool | None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            self.own = [child for child in family if child.pid != self.process.pid]
            said = " ".join(command_of(child) for child in self.own)
            return True if "postgres" in said and "relay" in said else None

        clock.poll(up, within_seconds=30, what="the embedded service is up")

    def gone(self) -> bool:
        """Whether nothing of it runs any more, within the promised time."""

        def none_left() -> bool | None:
            return None if any(map(alive, self.own)) else True

        try:
            return clock.poll(none_left, within_seconds=GONE_WITHIN_SECONDS, what="everything is gone")
        except clock.NotInTime:
            return False

    def record(self) -> dict[str, Any]:
        """The record that it left."""
        read: dict[str, Any] = json.loads((self.reports / "latest" / "record.json").read_text(encoding="utf-8"))
        return read


def command_of(process: psutil.Process) -> str:
    """Its command line; nothing where it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def gates(tmp_path: Path) -> Iterator[list[Gate]]:
    begun: list[Gate] = []
    yield begun
    for gate in begun:
        if gate.process.poll() is None:
            gate.process.kill()
        gate.process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, "0"), (signal.SIGTERM, "2")], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_gate_leaves_a_record_and_nothing_else(
    tmp_path: Path, gates: list[Gate], number: signal.Signals, workers: str
) -> None:
    gate = Gate(tmp_path, "-n", workers)
    gates.append(gate)
    gate.until_it_asks()

    if number is signal.SIGINT:
        os.killpg(gate.process.pid, number)
    else:
        gate.process.send_signal(number)
    said, _ = gate.process.communicate(timeout=30)

    assert gate.gone()
    assert 2 == gate.process.returncode, said
    if "test session starts" in said and "collected" in said:
        assert gate.record()["aborted"] is True
        assert "GO" != gate.record()["verdict"]
