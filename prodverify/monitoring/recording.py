"""
The recorded series of one objective: its events, its bad ones and their share, by window.

Windows up to a day are counted from the service's own series. Longer ones are summed from five minutes each, of which
there is one series: three days of every instance, path and status would be read anew at each evaluation. So they hold
what happened since the rules were loaded; `promtool tsdb create-blocks-from rules` fills in what was before.
"""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.monitoring import sli
from prodverify.monitoring.promql import duration, number, quoted, selector
from prodverify.monitoring.rule import Recording
from prodverify.objectives.burn import DAY, budget
from prodverify.target.slos import Slo

BASE_SECONDS = 300
"""Of what longer windows are summed, and how long Prometheus looks back for a value."""
QUICK_SECONDS = 7200
"""Windows up to this length are counted at each evaluation, longer ones less often."""
EVENTS, BAD, SHARE = "slo:events:increase", "slo:bad_events:increase", "slo:bad_share:ratio"
INFO, OBJECTIVE, AGREEMENT, SPENT = "slo:info", "slo:objective:ratio", "slo:agreement:ratio", "slo:budget_spent:ratio"


def recorded(family: str, window_seconds: int | None, target: str, slo: str) -> str:
    """The selector of one recorded series; families without a window take None."""
    window = duration(window_seconds) if window_seconds else ""
    return selector(f"{family}{window}", f"slo={quoted(slo)}", f"target={quoted(target)}")


def window(slo: Slo) -> int:
    """The objective's own window, in seconds."""
    return slo.window_days * DAY


def of_windows(slo: Slo, windows: Iterable[int], target: str, job: str | None) -> tuple[Recording, ...]:
    """Events, bad events and their share for each of ``windows``, in seconds; without events the share is NaN."""
    labels = {"target": target, "slo": slo.name}
    rules: list[Recording] = []
    for seconds in sorted(set(windows)):
        text = duration(seconds)
        if seconds <= DAY:
            events, bad = sli.total(slo, text, job=job), sli.bad(slo, text, job=job)
        else:
            events, bad = (_summed(family, seconds, target, slo.name) for family in (EVENTS, BAD))
        rules.append(Recording(f"{EVENTS}{text}", events, labels))
        rules.append(Recording(f"{BAD}{text}", bad, labels))
        both = (recorded(family, seconds, target, slo.name) for family in (BAD, EVENTS))
        rules.append(Recording(f"{SHARE}{text}", " / ".join(both), labels))
    return tuple(rules)


def of_meaning(slo: Slo, target: str, slos: str) -> tuple[Recording, ...]:
    """What the objective is: the hash of all objectives, its share, that of the agreement. Each is a constant."""
    labels = {"target": target, "slo": slo.name}
    said = {
        **labels,
        "slos": slos,
        "kind": slo.kind,
        "objective_percent": number(slo.objective_percent),
        "window": duration(window(slo)),
    }
    if slo.threshold_ms is not None:
        said["threshold_ms"] = number(slo.threshold_ms)
    rules = [
        Recording(INFO, "vector(1)", said),
        Recording(OBJECTIVE, f"vector({_share(slo.objective_percent)})", labels),
    ]
    if slo.agreement_percent is not None:
        rules.append(Recording(AGREEMENT, f"vector({_share(slo.agreement_percent)})", labels))
    return tuple(rules)


def of_budget(slo: Slo, target: str) -> Recording:
    """The share of the error budget that the objective's window has spent; 1 is all of it."""
    share = recorded(SHARE, window(slo), target, slo.name)
    return Recording(SPENT, f"{share} / {number(budget(slo))}", {"target": target, "slo": slo.name})


def _summed(family: str, seconds: int, target: str, slo: str) -> str:
    each = recorded(family, BASE_SECONDS, target, slo)
    return f"sum_over_time({each}[{duration(seconds)}:{duration(BASE_SECONDS)}])"


def _share(in_percent: float) -> str:
    return number(float(f"{in_percent / 100:.12g}"))
