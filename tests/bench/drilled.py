"""One drill in a process of its own, as JSON: what it took, its stages, its peak of memory and what its judges say."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from prodverify.data.backups.files import opened
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.judges import restore, restored_content, restored_structure
from prodverify.record.states import state_of


def main() -> None:
    """Drills the backup that the first argument names, by as many jobs as the second says."""
    path, jobs = Path(sys.argv[1]), int(sys.argv[2])
    started = time.perf_counter()
    report = drill(opened(path), Wishes(jobs=jobs))
    seconds = time.perf_counter() - started
    findings = [
        *restore.judge_restorability(report),
        *restored_content.judge(report, "automatic"),
        *restored_structure.judge(report),
        *restore.judge_integrity(report),
    ]
    told = {"seconds": seconds, "peak_mib": peak_mib(), "state": state_of(findings), "stages": report.stages.as_dict()}
    print(json.dumps(told))


def peak_mib() -> float:
    """The most memory that this process had; not by getrusage, which begins with that of whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
