"""The practice service by hand, as the README tells it: started with faults, and the suite run against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


@contextmanager
def relay(target: Path, *faults: str) -> Iterator[None]:
    """Relay with ``faults``, for as long as the block lasts; ``target`` is the file that it writes when it is ready."""
    planted = [word for fault in faults for word in ("--fault", fault)]
    command = [sys.executable, "-m", "fixtures.relay", *planted, "--write-target", str(target)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            clock.poll(
                lambda: "over" if target.exists() or process.poll() is not None else None,
                within_seconds=PATIENCE_SECONDS,
                what="Relay is ready",
            )
            if process.poll() is not None:
                raise RuntimeError(f"Relay did not start: {process.communicate()[0]}")
            yield
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_SECONDS)


def suite(*arguments: str, reports: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The suite as a user runs it outside CI, its evidence in a folder of ours."""
    dropped = {"CI", "PRODVERIFY_TARGET", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env={**kept, "PRODVERIFY_REPORTS": str(reports), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
