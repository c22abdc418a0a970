"""
A long load run against a server that answers at once: `make soak`, or shorter with `ARGS="--seconds 60"`.

Prints the memory of the generator as time goes on, and at its end one JSON object. It fails unless the run ends with
GO, its record is below 2 MB, and memory at the end is at most a quarter above that after the first tenth of the run.
The evidence is kept where that of every load run is; Ctrl-C ends the run, and leaves it too.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
MOST_RECORD_BYTES = 2_000_000
MOST_GROWTH = 1.25
RECORDS = "*-soak-*/record.json"
_LAST_WORDS = 40
LINES = 30
"""So many lines of memory, however long it takes."""
TARGET = """
version = 1
name = "soak"
base_url = "http://127.0.0.1:{port}"
[permits]
loads = true
[[endpoints]]
name = "list"
path = "/list"
roles = {{ anonymous = 200 }}
[[slos]]
name = "in-time"
endpoints = ["list"]
threshold_ms = 200.0
objective_percent = 99.0
[[slos]]
name = "without-errors"
endpoints = ["list"]
kind = "success"
objective_percent = 99.5
[load]
rate_per_second = {rate}
duration_seconds = {seconds}
stop_early = false
burst_seconds = 0.005
role = "anonymous"
shares = {{ list = 1.0 }}
"""


def soak(*, seconds: float, rate: float, processes: int, runs: Path) -> dict[str, float | str]:
    """Runs it; MiB are those of all processes of the generator together."""
    with tempfile.TemporaryDirectory() as folder:
        answering = subprocess.Popen(
            [sys.executable, "-m", "load.answering"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C ends the run before what it asks
        )
        try:
            assert answering.stdout is not None
            target = Path(folder) / "soak.toml"
            target.write_text(TARGET.format(port=int(answering.stdout.readline()), rate=rate, seconds=seconds))
            command = [sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--target", str(target)]
            command += ["--runs", str(runs), *(["--processes", str(processes)] if processes else [])]
            before = set(runs.glob(RECORDS))
            with open(f"{folder}/said", "w+", encoding="utf-8") as said:
                clean = {name: value for name, value in os.environ.items() if "PRODVERIFY" not in name}
                going = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=said, stderr=said)
                memory = _watched(going, seconds)
                said.seek(0)
                words = said.read().strip().splitlines()
        finally:
            answering.communicate()
        records = list(set(runs.glob(RECORDS)) - before)
        record = json.loads(records[0].read_text(encoding="utf-8")) if records else {}
        load = record.get("load", {})
        verdict = record.get("verdict", "none")
        if verdict != "GO":
            print("\n".join(words[-_LAST_WORDS:]), file=sys.stderr)
        return {
            "verdict": verdict,
            "seconds": seconds,
            "arrivals": load.get("delivered", {}).get("arrivals", 0),
            "lag_p99_ms": load.get("lag", {}).get("p99_ms") or 0.0,
            "rss_early_mib": memory[0],
            "rss_last_mib": memory[-1],
            "record_bytes": records[0].stat().st_size if records else 0,
            "record": str(records[0]) if records else "",
        }


def _watched(going: subprocess.Popen[bytes], seconds: float) -> list[float]:
    """Memory from a tenth of the run on, at regular moments, until the process ends."""
    began, every = time.monotonic(), max(1.0, seconds / LINES)
    memory: list[float] = []
    held = 0.0
    for each in (signal.SIGINT, signal.SIGTERM):
        # From a terminal it has heard of that too, and heeds one alone.
        signal.signal(each, lambda *_: going.send_signal(signal.SIGINT))
    while going.poll() is None:
        elapsed = time.monotonic() - began
        held = _mib(going.pid) or held
        if elapsed <= seconds:  # afterwards the evidence is written
            print(f"{elapsed:6.0f} s  {held:7.1f} MiB", flush=True)
            if elapsed >= seconds / 10.0:
                memory.append(round(held, 1))
        try:
            going.wait(every)
        except subprocess.TimeoutExpired:
            continue
    return memory or [0.0]


def _mib(pid: int) -> float:
    """Resident memory of a process and of those that it forked; 0 where it has just ended."""
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 2**20
    except psutil.Error:
        return 0.0


def main() -> None:
    """Prints what became of it, and ends with 1 where that is not what was promised."""
    parser = argparse.ArgumentParser(description="A long load run: is memory flat, and how large is its record?")
    parser.add_argument("--seconds", type=float, default=1_800.0, help="length of the run (1800)")
    parser.add_argument("--rate", type=float, default=200.0, help="arrivals a second (200)")
    parser.add_argument("--processes", type=int, default=0, help="workers; 0: one process does everything (0)")
    runs = Path(os.environ.get("PRODVERIFY_REPORTS") or ROOT / "reports").absolute() / "runs"
    given = parser.parse_args()
    told = soak(seconds=given.seconds, rate=given.rate, processes=given.processes, runs=runs)
    print(json.dumps(told, indent=2))
    flat = float(told["rss_last_mib"]) <= MOST_GROWTH * float(told["rss_early_mib"])
    small = 0 < float(told["record_bytes"]) < MOST_RECORD_BYTES
    sys.exit(not (told["verdict"] == "GO" and flat and small))


if __name__ == "__main__":
    main()
