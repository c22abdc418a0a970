"""How long it takes to get a database back from a backup, against what is promised and against the drills before."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from prodverify.data.drill.history import Entry
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import RECOVERY
from prodverify.judges.restore import unrestored
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.target.drill import Drill
from prodverify.target.recovery import Recovery

FEWEST_DRILLS = 3
"""Drills of which a median says something."""
NOISE_SECONDS = 0.5
"""A recovery that is slower by less than this is not told: a busy machine takes as much."""


def judge_rto(report: DrillReport, seconds: float) -> list[Finding]:
    """
    From the place of backups to the first answer of the restored database it took no longer than a recovery may (RTO).

    Verification is told apart. It is a lower bound where the drill's server did not write to disk what a live one does.
    """
    if report.restored is None:
        return unrestored(report)
    ran = report.conditions
    bound = "" if ran.durable else "; a lower bound: fsync off"
    expected = f"recovered within {seconds:g} s"
    observed = f"took {report.stages}; {ran.jobs} jobs on {ran.cores} cores{bound}"
    if report.stages.recovery > seconds:
        return [fail("restore-slow", expected, observed, next_step="make it smaller or faster, or promise less")]
    return [info("restore-duration", expected, observed)]


def judge_past(report: DrillReport, past: Sequence[Entry], declared: Drill | Recovery) -> list[Finding]:
    """
    What ``[backups.drill]`` or ``[recovery]`` says of the drills in ``past``; nothing where it has no
    ``slower_percent``, and where this one has not come back, which is told by those that judge it alone.
    """
    if declared.slower_percent is None or report.restored is None:
        return []
    return judge_history(report, past, declared.slower_percent, declared.last_drills)


def judge_history(report: DrillReport, past: Sequence[Entry], percent: float, last: int) -> list[Finding]:
    """
    A recovery is not slower by more than ``percent`` than the median of the ``last`` ones in ``past``, oldest first.

    The stage that lost most is named. Fewer than three drills make no median, and half a second is nobody's fault.
    """
    if report.restored is None:
        return unrestored(report)
    compared = list(past[-last:]) if last > 0 else []
    if len(compared) < FEWEST_DRILLS:
        wanted = f"at least {FEWEST_DRILLS} drills before this one"
        return [info("restore-history-short", wanted, f"{len(compared)} are kept")]
    usual = median(entry.recovery for entry in compared)
    took = report.stages.recovery
    expected = f"at most {percent:g} % slower than {usual:.2f} s, the median of the last {len(compared)} drills"
    if took <= usual * (1 + percent / 100) or took - usual < NOISE_SECONDS:
        return [info("restore-history", expected, f"took {took:.2f} s")]
    lost = {
        stage: getattr(report.stages, stage) - median(entry.stages.get(stage, 0.0) for entry in compared)
        for stage in RECOVERY
    }
    worst = max(lost, key=lambda stage: lost[stage])
    return [
        warn(
            "restore-slower",
            expected,
            f"took {took:.2f} s, of which {worst.replace('_', ' ')} lost {lost[worst]:.2f} s",
            next_step="see whether what is restored grew or the machine was busy, or raise its slower_percent",
        )
    ]
