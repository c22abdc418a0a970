"""The suite as a user runs it: a process, its exit status, its words, its record."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.session.small import KEY

ROOT = Path(__file__).resolve().parents[2]
WORKERS = pytest.mark.parametrize("workers", [0, 2], ids=["n0", "n2"])
WORKERS_IN_PROOF = pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.proof)], ids=["n0", "n2"])
"""Where two workers go another way only through what other tests hold already."""
ALONE_IN_PROOF = pytest.mark.parametrize("workers", [pytest.param(0, marks=pytest.mark.proof), 2], ids=["n0", "n2"])
"""Where two workers are the harder way, and one process goes through what other tests hold already."""

TARGET = """
version = 1
name = "small"
base_url = "{url}"

[permits]
{permits}

[asking]
ready_within_seconds = 1.0
rate_per_second = 2000.0
{asking}

[secrets]
key = {{ env = "SMALL_KEY" }}

[roles.user]
scheme = "header"
credential = "key"

[[health]]
name = "main"
kind = "ready"
path = "/health"
version_at = "/version"
components = {{}}

[[endpoints]]
name = "things"
path = "/things"
roles = {{ user = 200, anonymous = 401 }}
fuzz = {fuzz}
"""

SCHEMA = Draft202012Validator(json.loads((ROOT / "prodverify/record/record.schema.json").read_text(encoding="utf-8")))


@dataclass
class Run:
    """A finished run of the suite."""

    status: int
    output: str
    record: dict[str, Any] | None
    folder: Path | None

    @property
    def states(self) -> dict[str, str]:
        """State of each case, by the names of its file and function."""
        return {case: facts["state"] for case, facts in self.cases.items()}

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """What the record holds of each case, by the names of its file and function."""
        assert self.record is not None, self.output
        return {check["id"].rpartition("/")[2]: check for check in self.record["checks"]}

    @property
    def last_line(self) -> str:
        """The verdict."""
        return self.output.rstrip().splitlines()[-1]


class Suite:
    """The suite, run as a process; its evidence lies in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.reports = folder / "reports"
        self._started: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: str | Path, cwd: Path = ROOT, **env: str) -> Run:
        """Runs it to its end."""
        return self.finished(self.start(*arguments, cwd=cwd, **env))

    def start(self, *arguments: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.Popen[str]:
        """Starts it, in a process group of its own, as a terminal does."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *map(str, arguments)],
            cwd=cwd,
            env=environment(**{"PRODVERIFY_REPORTS": str(self.reports), **env}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def finished(self, process: subprocess.Popen[str], *, within_seconds: float = 30) -> Run:
        """Waits for its end."""
        output, _ = process.communicate(timeout=within_seconds)
        sys.stdout.write(output)  # which pytest shows where the test fails
        latest = self.reports / "latest"
        folder = latest.resolve() if latest.exists() else None
        record = json.loads((folder / "record.json").read_text(encoding="utf-8")) if folder else None
        if record is not None:
            SCHEMA.validate(record)
        latest.unlink(missing_ok=True)
        return Run(process.returncode, output, record, folder)

    def end(self) -> None:
        """Ends what a test left running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            if process.stdout and not process.stdout.closed:
                process.communicate()


def environment(**more: str) -> dict[str, str]:
    """The environment of a user outside CI."""
    dropped = {"CI", "PRODVERIFY_TARGET", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, "SMALL_KEY": KEY, **more}
