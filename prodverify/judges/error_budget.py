"""
The objective over its window, as Prometheus counted it: was it met, what is left of the error budget, is it burning.

Site Reliability Workbook chapters 2 and 5; SPEC O5 and O8. The window is counted whole, and the verdict is about what
was: exact bounds on its counts, so that too few events decide nothing. What it lets expect of the next window is
another question, told as a fact, for which bursts widen the bounds: one long outage breaks an objective, and foretells
little. Of what was not watched nobody knows anything; it is told how much of the window that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from prodverify.canary.window import Pair, Window
from prodverify.judges.compliance import NEARLY_PERCENT, budget_facts, spans
from prodverify.monitoring import lint
from prodverify.objectives import burn as burning
from prodverify.objectives import judging
from prodverify.objectives.counts import NOTHING, Counts
from prodverify.objectives.judging import Aim, Verdict
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.record.states import State
from prodverify.target.slos import Burn, Slo

_COVERED = 0.9
"""The share of a window that must have been watched to be told of as if it were the whole."""
CENSUS = (
    "Of an objective over its window all events that Prometheus saw are counted. The confidence is that of as many"
    " independent events, so that few of them decide nothing; bursts do not widen it, since the verdict is about what"
    " was. The outlook, for which they do, stands among the facts."
)
_SHOWN = 5


def judge(seen: Window, slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """The objective and its agreement over the window, what is missing of it, and the budget; and facts of them all."""
    expected = f"objective {slo.name} over {slo.window_days} days: {judging.promised(slo, slo.objective_percent)}"
    queries = {"total": seen.query, "bad": seen.bad_query}
    facts: dict[str, Any] = {"slo": slo.name, "queries": queries, "window_days": slo.window_days}
    counts = counted(seen)
    if counts is None or counts.total < slo.min_events:
        return [_untold(seen, slo, counts, expected)], facts
    if mistaken := list(_mixed(seen, expected)) or list(_unlabelled(seen, slo, expected)):
        return mistaken, facts
    verdicts = [_verdict(seen, slo, aim) for aim in judging.aims(slo)]
    turned = _turned(seen, slo, verdicts)
    found, judged = _told(verdicts, slo, turned)
    if turned:
        found.append(_births(seen, expected))
    found += _whole(seen, slo, counts, expected)
    budget = budget_facts(slo, counts)
    if budget["spent_percent"] >= NEARLY_PERCENT and not any(one.severity is Severity.FAIL for one in found):
        observed = (
            f"{budget['spent_percent']:.0f} % of it is spent, {budget['spent']:,} of {budget['allowed']:,} events"
        )
        step = "let nothing risky out until it has recovered, and mend what spends it"
        rule = f"less than {NEARLY_PERCENT:g} % of the error budget of {slo.window_days} days is spent"
        found.append(warn("budget-nearly-spent", rule, observed, clause="SPEC O5", next_step=step))
    facts |= judged | {
        "budget": budget,
        **spans(seen, slo),
        **_outlook(seen, slo),
        "resets": seen.resets,
    }
    return found, facts


def silent_alerts(seen: Window, slo: Slo, breach_seconds: int) -> list[str]:
    """Alerts that wait for more events than usually come, where the window was watched from its beginning."""
    if seen.began or seen.whole.total is None:
        return []
    return [remark.text for remark in lint.of_traffic(slo, seen.whole.total / seen.seconds, breach_seconds)]


def judge_burn(seen: Window, slo: Slo) -> tuple[list[Finding], list[dict[str, Any]]]:
    """The budget is not being spent faster than the objective's own burn alerts allow; and a fact of each of them."""
    found: list[Finding] = []
    facts: list[dict[str, Any]] = []
    expected = f"objective {slo.name}: the budget is not spent too fast"
    if mixed := list(_mixed(seen, expected)):
        return mixed, facts
    told = 0
    for burn in burning.burns(slo):
        long, short = seen.burns.get(burn.long_seconds, Pair()), seen.burns.get(burn.short_seconds, Pair())
        enough = long.total is not None and long.total >= slo.min_events and long.bad is not None
        told += enough
        rates = [_burn_rate(pair, slo) for pair in (long, short)]
        limit = burning.rate(burn, slo)
        facts.append(
            {
                "long_seconds": burn.long_seconds,
                "short_seconds": burn.short_seconds,
                "burn_rate_limit": limit,
                "long_burn_rate": rates[0],
                "short_burn_rate": rates[1],
                "enough_events": enough,
            }
        )
        if enough and all(rate is not None and rate > limit for rate in rates):
            found.append(_burns(slo, burn, rates, limit))
        elif enough and seen.series and short.counts is None and rates[0] is not None and rates[0] > limit:
            observed = f"{rates[0]:.3g} over the long window, and no values of the last {burn.short_seconds:g} s"
            step = "scrape the service four times within the shortest window of its burn alerts, or state longer ones"
            found.append(inconclusive("burn-undecided", expected, observed, next_step=step))
    if told and seen.series == 0:
        found.append(_stale(seen, expected))
    found += _unlabelled(seen, slo, expected)
    if not told:
        most = max((pair.total or 0.0 for pair in seen.burns.values()), default=0.0)
        observed = f"{most:,.0f} events in the longest window for {seen.query}"
        step = f"wait for traffic: min_events asks for {slo.min_events:,}"
        found.append(inconclusive("burn-traffic-low", expected, observed, next_step=step))
    return found or [info("burn", expected, f"{told} windows")], facts


def counted(seen: Window) -> Counts | None:
    """The events of the window; None where they are not known."""
    if seen.blocks and seen.blocks.unseen:
        return seen.blocks.counts if seen.blocks.counts.total else None
    return seen.whole.counts


def _untold(seen: Window, slo: Slo, counts: Counts | None, expected: str) -> Finding:
    if counts is not None:
        observed = f"{counts.total:,} events in the window, {counts.bad:,} of them bad, for {seen.query}"
        step = f"wait for traffic, or lower min_events ({slo.min_events:,}) knowingly"
        return inconclusive("window-traffic-low", expected, observed, next_step=step)
    if seen.whole.total is None:
        step = "correct slos.metrics and monitoring.job, or see that Prometheus scrapes the service"
        if slo.kind == "latency":
            step += ", and keeps classic buckets where the histogram is native"
        others = f"; of that metric there are series of job {', '.join(seen.other_jobs[:_SHOWN])}"
        observed = f"no series for {seen.query}{others if seen.other_jobs else ''}"
        return inconclusive("window-no-data", expected, observed, next_step=step)
    step = "see the case of the metrics page: a threshold that is no edge of the histogram, or no label of the status"
    observed = f"{seen.whole.total:,.0f} events, and no series of good ones for {seen.bad_query}"
    return inconclusive("window-no-good", expected, observed, next_step=step)


def _unlabelled(seen: Window, slo: Slo, expected: str) -> Iterator[Finding]:
    if slo.kind != "success" or seen.labelled >= seen.series or slo.metrics is None:
        return
    missing = f"{seen.series - seen.labelled:,} of {seen.series:,} series have no label {slo.metrics.status_label}"
    step = "correct slos.metrics.status_label, or add the label in the service: errors without it count as good"
    yield inconclusive("window-no-status", expected, f"{missing}: {seen.bad_query}", next_step=step)


def _mixed(seen: Window, expected: str) -> Iterator[Finding]:
    if seen.jobs > 1:
        step = "name the service's job in [monitoring], or several in slos.metrics.labels: others have that metric too"
        yield inconclusive("window-jobs-mixed", expected, f"series of {seen.jobs:,} jobs: {seen.query}", next_step=step)


def _told(verdicts: list[Verdict], slo: Slo, turned: set[str]) -> tuple[list[Finding], dict[str, Any]]:
    """As judging tells them, without what is true of samples only, and without the verdicts that are ``turned``."""
    found, judged = judging.told(verdicts, slo)
    for facts in (judged, judged.get("agreement", {})):
        facts.pop("dispersion", None)
    del judged["burst_events"]
    for name in turned:
        judged[name]["state"] = str(State.INCONCLUSIVE)
    broken = {f"{name}-broken" for name in turned}
    return [_of_window(one) for one in found if one.rule not in broken], {**judged, "assumption": CENSUS}


def _verdict(seen: Window, slo: Slo, aim: Aim) -> Verdict:
    return judging.judge_aim((_of_aim(seen, slo, aim),), slo, aim)


def _outlook(seen: Window, slo: Slo) -> dict[str, Any]:
    """What the window lets expect of the next one; nothing where it was not counted block by block."""
    if seen.blocks is None:
        return {}
    _, facts = judging.judge_series(seen.blocks.objective, slo, agreement=seen.blocks.agreement)
    told = {name: facts[name]["state"] for name in ("objective", "agreement") if name in facts}
    return {"outlook": {**told, "dispersion": facts["dispersion"], "sentence": facts["objective"]["sentence"]}}


def _of_aim(seen: Window, slo: Slo, aim: Aim) -> Counts:
    own = aim.name == "agreement" and slo.agreement_threshold_ms is not None
    if seen.blocks and seen.blocks.unseen:
        return sum((seen.blocks.agreement or () if own else seen.blocks.objective), NOTHING)
    pair = seen.agreed if own and seen.agreed else seen.whole
    return pair.counts or NOTHING


def _turned(seen: Window, slo: Slo, verdicts: list[Verdict]) -> set[str]:
    """Aims whose verdict events at the birth of a series would turn; those of before the window do not count."""
    born = seen.births.counts
    if seen.began or not born or not born.total:
        return set()
    with_births = (judging.judge_aim((each.counts + born,), slo, each.aim) for each in verdicts)
    pairs = zip(verdicts, with_births, strict=True)
    decided = ((one, other) for one, other in pairs if one.judgement.state is not State.INCONCLUSIVE)
    return {one.aim.name for one, other in decided if one.judgement.state is not other.judgement.state}


def _births(seen: Window, expected: str) -> Finding:
    born = seen.births.counts or NOTHING
    observed = f"{_standing(born)}, which increase() does not see"
    step = "let the service tell its error series from its start on, at 0"
    return inconclusive("window-births-undecided", expected, observed, next_step=step)


def _standing(born: Counts) -> str:
    return f"{born.total:,} events, {born.bad:,} of them bad, stood in series at their first value"


def _whole(seen: Window, slo: Slo, counts: Counts, expected: str) -> Iterator[Finding]:
    """What keeps the window from being the whole story, told once."""
    if seen.copies > 0:
        observed = f"{seen.copies:,} of {seen.series:,} series differ from another in a replica alone: {seen.query}"
        step = "have the store leave replicas out (its replica labels), or name one of them in slos.metrics.labels"
        yield warn("window-counted-twice", "every event is counted once", observed, next_step=step)
    if seen.series == 0:
        yield _stale(seen, expected)
    if seen.watched is None and seen.began:
        yield _uncovered(seen, slo, "none of its series was there when the window began")
    if seen.watched is not None and seen.watched < _COVERED:
        yield _uncovered(seen, slo, f"there are values of {seen.watched * slo.window_days:,.2g} days")
    if seen.blocks and seen.blocks.unseen:
        observed = f"{seen.blocks.unseen:,} events came before it, and are left out; {counts.total:,} are judged"
        step = "nothing to do where the edge or label is new; else see the case of the metrics page"
        yield warn("window-partly-judged", "good and bad told apart in all of the window", observed, next_step=step)
    if seen.blocks is None and seen.blocks_refused:
        step = "bounds are for independent failures: give Prometheus room for a range query over the window"
        yield info("window-in-one-piece", "counts block by block", seen.blocks_refused, next_step=step)


def _uncovered(seen: Window, slo: Slo, observed: str) -> Finding:
    if seen.began and (born := seen.births.counts) and born.total:
        observed += f"; {_standing(born)}, which may be older, and are not judged"
    step = (
        "keep values as long as the longest window (--storage.tsdb.retention.time), and see why there was none: what"
        " was not watched is not known to be good"
    )
    return warn("window-uncovered", f"values of all {slo.window_days} days", observed, next_step=step)


def _stale(seen: Window, expected: str) -> Finding:
    step = "see the case of the scrape: what happens now is counted by nobody"
    observed = f"none of the series is there now: {seen.query}"
    return inconclusive("window-series-stale", expected, observed, next_step=step)


def _of_window(finding: Finding) -> Finding:
    if finding.severity is not Severity.INCONCLUSIVE:
        return finding
    step = "see what spends the budget, and look again once the window has moved on"
    return replace(finding, next_step=step)


def _burn_rate(pair: Pair, slo: Slo) -> float | None:
    return None if pair.bad_share is None else pair.bad_share / burning.budget(slo)


def _burns(slo: Slo, burn: Burn, rates: list[float | None], limit: float) -> Finding:
    long, short = (rate or 0.0 for rate in rates)
    expected = f"objective {slo.name}: a burn rate of at most {limit:g} over {burn.long_seconds / 3600:g} h"
    observed = f"{long:.3g} over it, and {short:.3g} over the last {burn.short_seconds / 60:g} min"
    step = "see what changed within that time; take it back if it was a release"
    told = fail if burn.severity in ("page", "critical") else warn
    return told("budget-burning", expected, observed, clause=f"slos.{slo.name}.burns", next_step=step)
