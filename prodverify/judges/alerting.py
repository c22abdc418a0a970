"""
Prometheus scrapes the service, has the rules that were generated for it, and what fires reaches Alertmanager.

https://prometheus.io/docs/concepts/jobs_instances/ ; https://prometheus.io/docs/prometheus/latest/querying/api/ ;
SPEC M4
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.wire.watched import Alert, Alertmanagers, Clock, Rule, Sample

CLOCK_SECONDS = 5.0
"""Clocks that are set over a network differ by less than a tenth of this, also on the worst of days."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Scraped:
    """
    What Prometheus has of a job: by instance ``up`` and ``ages``, the seconds since it was scraped.

    The ages are Prometheus' own sums: a store may answer as of a moment ago. ``last_at`` is when it last scraped the
    job (seconds since the epoch, by its clock), where it has nothing now; ``errors`` are its own words.
    """

    job: str
    query: str
    up: tuple[Sample, ...]
    ages: tuple[Sample, ...]
    clock: Clock
    last_at: float | None = None
    errors: tuple[str, ...] = ()


def judge_scrape(seen: Scraped, within_seconds: float) -> list[Finding]:
    """An instance of the service is up, and Prometheus' newest value of it is young enough."""
    expected = f"job {seen.job} is scraped, the newest value at most {within_seconds:g} s old"
    if not seen.up:
        return [_gone(seen, expected)]
    down = [sample for sample in seen.up if sample.value != 1]
    found: list[Finding] = []
    why = f": {seen.errors[0]}" if seen.errors else ""
    step = "ask the metrics page from where Prometheus runs; its page Status, Targets says why it fails"
    if len(down) == len(seen.up):
        observed = f"{len(down)} of {len(seen.up)} instances are down{why}"
        found.append(fail("scrape-down", expected, observed, next_step=step))
    elif down:
        observed = f"{len(down)} of {len(seen.up)} instances are down{why}"
        found.append(warn("scrape-partly-down", expected, observed, next_step=step))
    age = max(0.0, min((sample.value for sample in seen.ages), default=0.0))
    if age > within_seconds:
        found.append(_stale(expected, age))
    found += _clocks(seen.clock)
    return found or [info("scrape", expected, f"{len(seen.up)} up, {age:.1f} s ago")]


def judge_loaded(differences: Sequence[str], rules: int) -> list[Finding]:
    """Prometheus has the rules of this target file's objectives and no older ones; ``differences`` are sentences."""
    expected = f"the {rules} rules of this target file are loaded, unchanged"
    step = "write them anew with python -m prodverify alerts --target NAME, and have Prometheus reload them"
    told = differences[:_SHOWN]
    rest = len(differences) - len(told)
    if rest > 0:
        told = [*told[:-1], f"{told[-1]}; and {rest} more differ"]
    return [fail("rules-differ", expected, one, next_step=step) for one in told] or [
        info("rules-loaded", expected, "they are")
    ]


def judge_health(rules: Collection[Rule], names: Collection[str]) -> list[Finding]:
    """Prometheus can evaluate every rule of ours: those in groups whose name is one of ``names``."""
    expected = "every rule of ours is evaluated without error"
    ours = [rule for rule in rules if rule.group in names]
    if not ours:
        step = "see the case of the rules themselves first"
        return [inconclusive("rules-not-loaded", expected, "none of our groups is loaded", next_step=step)]
    sick = [rule for rule in ours if rule.health == "err"]
    step = "mend what it says: a rule that fails never fires"
    if sick:
        return [
            fail("rule-unhealthy", expected, f"{rule.name} of {rule.group}: {rule.error}", next_step=step)
            for rule in sick[:_SHOWN]
        ]
    unknown = sum(1 for rule in ours if rule.health != "ok")
    if unknown:
        observed = f"{unknown} of {len(ours)} were not evaluated yet"
        return [inconclusive("rules-not-evaluated", expected, observed, next_step="wait for the first evaluation")]
    return [info("rules-healthy", expected, f"{len(ours)} are")]


def judge_quiet(
    patterns: Sequence[str], rules: Collection[Rule], alerts: Collection[Alert], target: str
) -> list[Finding]:
    """
    None of the alerts that must not fire does; each pattern means an alert that is loaded and could fire.

    One Prometheus may have our rules of several targets: an alert by those of another than ``target`` is not meant.
    """
    found: list[Finding] = []
    others = {rule.labels.get("target", target) for rule in rules if "slos" in rule.annotations} - {target}
    known = {rule.name for rule in rules if rule.alerting and rule.labels.get("target") not in others}
    alerts = [alert for alert in alerts if alert.labels.get("target") not in others]
    for pattern in patterns:
        meant = re.compile("[A-Za-z0-9_]*".join(map(re.escape, pattern.split("*"))))
        expected = f"no alert {pattern} fires"
        firing = [alert for alert in alerts if meant.fullmatch(alert.name) and alert.state == "firing"]
        found += _firing(firing, expected)
        if not firing and not any(meant.fullmatch(name) for name in known):
            step = "correct quiet in [monitoring], or load the rule: what is not there cannot fire"
            found.append(inconclusive("alert-unknown", expected, "no such alert is loaded", next_step=step))
    return found or [info("alerts-quiet", f"none of {', '.join(patterns)} fires", f"none of {len(known)} alerts does")]


def judge_alertmanager(status: int, version: str) -> list[Finding]:
    """Alertmanager says that it is ready: ``status``, 0 where no answer came; ``version`` is empty where it is not."""
    expected = "Alertmanager is ready: 200 at /-/ready"
    if status == 0:
        step = "start it, or correct its address in [secrets]: nobody is told of any alert meanwhile"
        return [fail("alertmanager-away", expected, "nothing answers there in time", next_step=step)]
    if 300 <= status < 400 or status in (401, 403, 404, 429):
        step = "correct the address in [secrets], its path and its credential"
        return [inconclusive("alertmanager-refuses", expected, f"status {status}", next_step=step)]
    if status != 200:
        step = "see its own log: until it is ready nobody is told of any alert"
        return [fail("alertmanager-not-ready", expected, f"status {status}", next_step=step)]
    return [info("alertmanager-ready", expected, f"version {version}")]


def judge_delivery(known: Alertmanagers) -> list[Finding]:
    """Prometheus has an Alertmanager to send alerts to."""
    expected = "Prometheus sends alerts to an Alertmanager"
    step = "name it under alerting in prometheus.yml, and see that its name resolves from where Prometheus runs"
    if not known.active:
        observed = f"none, {len(known.dropped)} were dropped" if known.dropped else "it knows none"
        return [fail("alertmanager-unknown", expected, observed, next_step=step)]
    return [info("alertmanager-known", expected, f"it knows {len(known.active)}")]


def _gone(seen: Scraped, expected: str) -> Finding:
    if seen.last_at is not None:
        return _stale(expected, seen.clock.told - seen.last_at)
    step = (
        "correct job in [monitoring], or the address of Prometheus in [secrets]: it has had no such series for a month"
    )
    return inconclusive("scrape-no-data", expected, f"no series for {seen.query}", next_step=step)


def _stale(expected: str, age_seconds: float) -> Finding:
    step = "see whether the job still stands in prometheus.yml, and whether Prometheus keeps up with its scrapes"
    return fail("scrape-stale", expected, f"the newest value is {age_seconds:,.1f} s old", next_step=step)


def _clocks(clock: Clock) -> Iterator[Finding]:
    """Its clock and ours agree: windows, ages and the hours of an alert are told by it."""
    ahead = clock.told - clock.answered_at
    behind = clock.asked_at - clock.told
    apart = max(ahead, behind)
    if apart > CLOCK_SECONDS:
        observed = f"it is {apart:.1f} s {'ahead' if ahead > behind else 'behind'}"
        step = "set both machines' clocks by NTP"
        yield warn("clock-differs", f"Prometheus' clock is ours within {CLOCK_SECONDS:g} s", observed, next_step=step)


def _firing(alerts: Sequence[Alert], expected: str) -> Iterator[Finding]:
    for name in sorted({alert.name for alert in alerts}):
        number = sum(1 for alert in alerts if alert.name == name)
        observed = f"{name} fires" + (f", {number} times" if number > 1 else "")
        yield fail("alert-fires", expected, observed, next_step="follow the alert's own runbook")
