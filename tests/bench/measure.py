"""Measurements as one JSON object: `make bench`, or a part with `ONLY=boot_s,collect_s`. Seconds are medians."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FEW, CASES = 3, (100, 1000)
MANY_CASES = '''
import pytest

@pytest.mark.needs("health")
@pytest.mark.parametrize("number", range({cases}))
def test_case(promise, service, promises, number):
    """
    A case that asks once.
    """
    promise.holds([])
    service.ask("GET", promises.health[0].path, attributed=False)
'''


def timed(*command: str, allow: tuple[int, ...] = (0,), **environment: str) -> float:
    """Wall seconds of a whole process."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode not in allow:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def pytest_(*arguments: str) -> tuple[str, ...]:
    """The command of a gate on the embedded default."""
    return (sys.executable, "-m", "pytest", "--target", "local", "-q", *arguments)


def setup() -> dict[str, float]:
    """A first `make` target in a clean copy: the virtual environment, whole."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("Makefile", "requirements.lock"):
            shutil.copy(ROOT / name, folder)
        return {"setup_s": timed("make", "-C", folder, "setup", HOME=folder)}


def boot() -> dict[str, float]:
    """Embedded PostgreSQL and Relay up and ready, and a first backup taken, with a warm cache."""
    from fixtures.relay.stage import Stage

    seconds = []
    for _ in range(FEW):
        with Stage.start() as stage:
            seconds.append(stage.boot_seconds)
    return {"boot_s": statistics.median(seconds)}


def boot_cold() -> dict[str, float]:
    """The same with an empty cache."""
    from fixtures.relay.stage import Stage

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with Stage.start(environ={**os.environ, "XDG_CACHE_HOME": folder}) as stage:
            return {"boot_cold_s": stage.boot_seconds}


def collect() -> dict[str, float]:
    """Collection as a whole process, every extra installed."""
    runs = [timed(*pytest_("checks/", "--collect-only")) for _ in range(FEW + 2)]
    return {"collect_s": statistics.median(runs)}


def judged(*arguments: str, allow: tuple[int, ...] = (0,)) -> tuple[float, dict[str, Any]]:
    """Wall seconds and record of a gate; its evidence takes nobody's place."""
    with tempfile.TemporaryDirectory() as folder:
        wall = timed(*pytest_(*arguments), allow=allow, PRODVERIFY_REPORTS=folder)
        return wall, json.loads((Path(folder) / "latest" / "record.json").read_text(encoding="utf-8"))


def gate() -> dict[str, Any]:
    """A warm gate on Relay, in one process and on two workers."""
    alone = [judged("checks/")[0] for _ in range(FEW)]
    runs = [judged("checks/", "-n", "2") for _ in range(FEW)]
    wall, record = sorted(runs, key=lambda run: run[0])[len(runs) // 2]
    return {
        "gate_n0_s": statistics.median(alone),
        "gate_n2_s": wall,
        "gate_overhead_s": wall - busy(record),
        "cases": sum(record["counts"].values()),
        "requests": record["requests"],
    }


def asked() -> dict[str, Any]:
    """What the HTTP checks of one process ask, and how much of it the rules need."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "asked.json"
        timed(
            *pytest_("checks/", "-n", "0", "-p", "tests.bench.asked"),
            PRODVERIFY_REPORTS=folder,
            PRODVERIFY_ASKED=str(told),
        )
        numbers: dict[str, Any] = json.loads(told.read_text(encoding="ascii"))
        return numbers


def per_case() -> dict[str, float]:
    """What each further case costs beyond its asking, from the slope between two sizes."""
    overheads = []
    with tempfile.TemporaryDirectory() as folder:
        for cases in CASES:
            check = Path(folder) / f"test_{cases}.py"
            check.write_text(MANY_CASES.format(cases=cases), encoding="utf-8")
            wall, record = judged("checks/test_readiness.py", str(check), "-n", "2", allow=(0, 10))
            overheads.append(wall - busy(record))
    return {"gate_overhead_ms_per_case": (overheads[1] - overheads[0]) / (CASES[1] - CASES[0]) * 1000}


def faults() -> dict[str, float]:
    """Every fault against every check."""
    return {"faults_s": timed(sys.executable, "-m", "fixtures.faulting")}


LOAD = (
    "p99_error_percent",
    "freeze_error_percent",
    "arrivals_per_s",
    "lag_p99_ms",
    "arrivals_vs_fasthttpuser",
    "load_arrivals_per_core_s",
)


def load() -> dict[str, float]:
    """How far the load generator can be believed, against a server of known distribution on a quiet machine."""
    done = subprocess.run(
        [sys.executable, "-m", "load.measure"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return {key: measured[key] for key in LOAD}


def data() -> dict[str, float]:
    """What proving a backup of about 1 GiB costs beside restoring it, and how much memory."""
    from tests.bench import data

    return data.large()


def data_small() -> dict[str, float]:
    """A backup of a few MiB, proven."""
    from tests.bench import data

    return data.small()


def corruption() -> dict[str, float]:
    """The whole corruption matrix; its table is on stderr."""
    from tests.bench import data

    return data.corruption()


def busy(record: dict[str, Any]) -> float:
    """Boot, and the busiest worker's asking and declared waiting, in seconds."""
    timing = record["timing"]
    return float(timing["boot_seconds"] + timing["busiest_seconds"])


MEASURES: dict[str, tuple[Callable[[], dict[str, Any]], tuple[str, ...]]] = {
    "setup": (setup, ("setup_s",)),
    "boot": (boot, ("boot_s",)),
    "boot_cold": (boot_cold, ("boot_cold_s",)),
    "collect": (collect, ("collect_s",)),
    "gate": (gate, ("gate_n0_s", "gate_n2_s", "gate_overhead_s", "cases", "requests")),
    "asked": (asked, ("http_requests", "http_requests_needed", "http_bytes", "http_s")),
    "per_case": (per_case, ("gate_overhead_ms_per_case",)),
    "faults": (faults, ("faults_s",)),
    "load": (load, LOAD),
    "data": (data, ("drill_ratio", "checksum_ratio", "drill_rss_mib")),
    "data_small": (data_small, ("drill_small_s",)),
    "corruption": (corruption, ("corrupt_tried", "corrupt_silent")),
}


def main() -> None:
    """Prints what was asked for, all by default."""
    known = [key for _, keys in MEASURES.values() for key in keys]
    parser = argparse.ArgumentParser(description="Measures the suite itself; prints one JSON object.")
    parser.add_argument("--only", default="", help=f"keys, separated by commas: {', '.join(known)}")
    wanted = set(filter(None, parser.parse_args().only.split(",")))
    if unknown := wanted - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    measured: dict[str, Any] = {}
    for measure, keys in MEASURES.values():
        if not wanted or wanted & set(keys):
            measured |= measure()
    print(
        json.dumps({key: round(value, 4) for key, value in measured.items() if not wanted or key in wanted}, indent=2)
    )


if __name__ == "__main__":
    main()
