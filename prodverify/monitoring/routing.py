"""
An example of Alertmanager's configuration for one target: whom each severity reaches, and what is not said twice.

Slack's address and PagerDuty's key are read from files, so that no secret stands in the text; Alertmanager 0.25 and
later take both.
"""

from __future__ import annotations

from typing import Any

from prodverify.monitoring.promql import quoted
from prodverify.monitoring.telling import Speaker
from prodverify.monitoring.yaml_text import written
from prodverify.target.model import Promises

SECRETS = "/etc/alertmanager/secrets"
"""Where the files with Slack's address and PagerDuty's key are expected."""
CHANNEL = "#alerts"
REPEATED = {"page": "1h", "critical": "4h", "warning": "12h", "info": "1d"}
"""After which time an alert that goes on is said again, by severity."""
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ .Annotations.action }}\n"
    "{{ with .Annotations.runbook_url }}{{ . }}\n{{ end }}{{ end }}"
)


def text(promises: Promises) -> str:
    """The configuration, in YAML, for `amtool check-config`. Raises MissingExtra."""
    speaker = Speaker.of(promises)
    remarks = (
        f'Routing of the alerts of target "{promises.name}": an example to begin with.',
        f"{SECRETS}/slack-url and {SECRETS}/pagerduty-key are files with nothing but the secret, readable by",
        "Alertmanager alone.",
        f"Hash of the objectives: {speaker.slos}",
    )
    return "".join(f"# {line}\n" for line in remarks) + written(_configuration(promises, speaker))


def receiver(target: str, severity: str) -> str:
    """The name of the receiver that alerts of ``severity`` reach."""
    return f"{target}-{severity}"


def _configuration(promises: Promises, speaker: Speaker) -> dict[str, Any]:
    ours = f"target={quoted(promises.name)}"
    channel = speaker.monitoring.slack_channel or CHANNEL
    return {
        "route": {
            "receiver": receiver(promises.name, "info"),
            "group_by": ["alertname", "target", "slo"],
            "group_wait": "10s",
            "group_interval": "5m",
            "repeat_interval": "1d",
            "routes": [
                {
                    "receiver": receiver(promises.name, severity),
                    "matchers": [ours, f'severity="{severity}"'],
                    "repeat_interval": repeated,
                }
                for severity, repeated in REPEATED.items()
            ],
        },
        # Nobody is told that answers are late by a service that is down, or of a slow fire where a quick one burns.
        "inhibit_rules": [
            {
                "source_matchers": [ours, 'alertname="ServiceDown"'],
                "target_matchers": ['slo=~".+"'],
                "equal": ["target"],
            },
            {
                "source_matchers": [ours, 'severity="page"', 'slo=~".+"'],
                "target_matchers": ['severity=~"warning|critical"', 'slo=~".+"'],
                "equal": ["target", "slo"],
            },
        ],
        "receivers": [_receiver(promises.name, severity, channel) for severity in REPEATED],
    }


def _receiver(target: str, severity: str, channel: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": receiver(target, severity)}
    if severity == "page":
        said["pagerduty_configs"] = [
            {
                "routing_key_file": f"{SECRETS}/pagerduty-key",
                "severity": "critical",
                "description": "{{ .CommonAnnotations.summary }}",
                "details": {
                    "action": "{{ .CommonAnnotations.action }}",
                    "runbook": "{{ .CommonAnnotations.runbook_url }}",
                },
                "send_resolved": True,
            }
        ]
    said["slack_configs"] = [
        {
            "api_url_file": f"{SECRETS}/slack-url",
            "channel": channel,
            "title": f"[{severity}] {{{{ .GroupLabels.alertname }}}} ({{{{ .Status }}}})",
            "text": _TEXT,
            "send_resolved": severity != "info",
        }
    ]
    return said
