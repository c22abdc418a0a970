"""
The tests that stand beside the rules, for `promtool test rules`: each alert fires once, and once does not.

What an alert is at a moment is asked of Prometheus' own series ALERTS, so that alerts of one name do not disturb each
other and no share is compared digit by digit (promtool 2.42 knows no tolerance).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prodverify.monitoring.promql import duration, matchers, selector
from prodverify.monitoring.rule import Alert, Group, Trial
from prodverify.monitoring.telling import expanded
from prodverify.monitoring.yaml_text import written


def texts(groups: Sequence[Group], rule_file: str) -> dict[str, str]:
    """
    File name and text of each test file, for the rules in ``rule_file`` beside it. Raises MissingExtra.

    One for each step in which the rules are evaluated: three days in minutes would take long.
    """
    tried = [(alert, trial) for group in groups for alert in group.alerts for trial in alert.trials]
    return {
        f"{rule_file.removesuffix('.yaml')}-{duration(step)}.test.yaml": written(
            {
                "rule_files": [rule_file],
                "evaluation_interval": duration(step),
                "tests": [_test(alert, trial) for alert, trial in tried if trial.evaluated_seconds == step],
            }
        )
        for step in sorted({trial.evaluated_seconds for _, trial in tried})
    }


def _test(alert: Alert, trial: Trial) -> dict[str, Any]:
    about = {name: expanded(value) for name, value in {**trial.labels, **alert.labels}.items()}
    asked = {"alertname": alert.alert, "alertstate": "firing", **about}
    firing = [{"labels": selector("ALERTS", *matchers(_sorted(asked))), "value": 1}] if trial.fires else []
    series = [{"series": one.name, "values": one.values} for one in trial.series]
    return {
        "name": f"{alert.alert} ({_whom(about)}) {'fires' if trial.fires else 'does not fire'} {trial.why}".rstrip(),
        "interval": duration(trial.step_seconds),
        # promtool takes a test without any series, and then evaluates nothing.
        "input_series": series
        or [{"series": "nothing_else", "values": f"0+0x{trial.at_seconds // trial.step_seconds}"}],
        "promql_expr_test": [
            {
                "expr": selector("ALERTS", *matchers(_sorted(asked))),
                "eval_time": duration(trial.at_seconds),
                "exp_samples": firing,
            }
        ],
    }


def _whom(labels: Mapping[str, str]) -> str:
    return ", ".join(labels[name] for name in ("target", "slo", "severity", "window") if name in labels)


def _sorted(labels: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(labels.items()))
