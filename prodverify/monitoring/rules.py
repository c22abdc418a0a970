"""
The rule file of a target: what Prometheus records and when it tells somebody, from ``[[slos]]`` and ``[monitoring]``.

Each alert's annotation ``slos``, and the label of that name of the recorded series ``slo:info``, hold the hash of the
objectives, by which a rule file that is older than the target file is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodverify.monitoring import recording, sli
from prodverify.monitoring.objective_alerts import objective_alerts, windows
from prodverify.monitoring.rule import Alert, Group, Recording
from prodverify.monitoring.service_alerts import HOUR, left_out, service_alerts, traffic_alert
from prodverify.monitoring.telling import Speaker
from prodverify.monitoring.yaml_text import written
from prodverify.target.model import Promises
from prodverify.target.slos import Slo

INTERVAL_SECONDS, LONG_INTERVAL_SECONDS = 30, 120
"""Of one evaluation; well under the five minutes for which Prometheus looks back for a value."""


def rule_groups(promises: Promises) -> tuple[Group, ...]:
    """The groups of all rules: for each objective that Prometheus can tell of, then those of what it stands on."""
    speaker = Speaker.of(promises)
    groups = [group for slo in promises.slos if not sli.unmeasurable(slo) for group in _of_objective(slo, speaker)]
    if of_service := tuple(service_alerts(promises, speaker)):
        groups.append(Group(f"prodverify-{promises.name}.service", INTERVAL_SECONDS, of_service))
    return tuple(groups)


def groups(promises: Promises) -> list[dict[str, Any]]:
    """The groups as they stand in the rule file."""
    return [group.as_dict() for group in rule_groups(promises)]


def text(promises: Promises) -> str:
    """The rule file: YAML for Prometheus 2.42 and later. Raises MissingExtra."""
    return _comments(promises) + written({"groups": groups(promises)})


def remarks(promises: Promises) -> tuple[str, ...]:
    """What the rule file does not hold, and why: a sentence each."""
    unmeasured = ((slo.name, sli.unmeasurable(slo)) for slo in promises.slos)
    nothing = tuple(
        f'objective "{name}" has no rules: the target has no {missing}' for name, missing in unmeasured if missing
    )
    return (*nothing, *left_out(promises))


def _of_objective(slo: Slo, speaker: Speaker) -> Iterator[Group]:
    job, target = speaker.monitoring.job, speaker.target
    looked_at = windows(slo, speaker.monitoring.breach_seconds) | {HOUR, recording.window(slo)}
    quick = {seconds for seconds in looked_at if seconds <= recording.QUICK_SECONDS}
    rules: list[Recording | Alert] = [
        *recording.of_meaning(slo, target, speaker.slos),
        *recording.of_windows(slo, quick, target, job),
        *objective_alerts(slo, speaker),
        traffic_alert(slo, speaker),
    ]
    name = f"prodverify-{target}-{slo.name}"
    yield Group(name, _interval(quick), tuple(rules))
    slow = (*recording.of_windows(slo, looked_at - quick, target, job), recording.of_budget(slo, target))
    # No objective's name has a dot: "a.long" is never the group of an objective "a-long".
    yield Group(f"{name}.long", LONG_INTERVAL_SECONDS, slow)


def _interval(looked_at: set[int]) -> int:
    """Seconds between two evaluations: four within the shortest window, so that none is missed."""
    return max(1, min([INTERVAL_SECONDS, *(seconds // 4 for seconds in looked_at)]))


def _comments(promises: Promises) -> str:
    speaker = Speaker.of(promises)
    lines = (
        f'Rules of target "{promises.name}", as python -m prodverify alerts writes them',
        f"Hash of its objectives: {speaker.slos}",
        *remarks(promises),
    )
    return "".join(f"# {line}\n" for line in lines)
