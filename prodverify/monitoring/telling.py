"""What an alert says to the person who is woken: what is wrong, what to do, where to read on."""

from __future__ import annotations

from dataclasses import dataclass

from prodverify.monitoring.promql import number
from prodverify.objectives.fingerprint import slos_hash
from prodverify.target.model import Promises
from prodverify.target.monitoring import Monitoring
from prodverify.target.slos import Severity

SHARE = "{{ $value | humanizePercentage }}"
"""The measured share, as Prometheus fills it in."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What all alerts of one target have in common."""

    target: str
    slos: str
    """Hash of the objectives."""
    monitoring: Monitoring

    @classmethod
    def of(cls, promises: Promises) -> Speaker:
        """That of a target file; one without [monitoring] has its defaults."""
        return cls(promises.name, slos_hash(promises.slos), promises.monitoring or Monitoring())

    def labels(self, severity: Severity, **more: str) -> dict[str, str]:
        """The labels of an alert: those that route it. The hash is none of them: a new one would end what is firing."""
        team = {"team": self.monitoring.team} if self.monitoring.team else {}
        own = {"severity": severity, "target": self.target, **team, **more}
        return {**{name: plain(value) for name, value in self.monitoring.service_label.items()}, **own}

    def annotations(self, alert: str, summary: str, description: str, action: str) -> dict[str, str]:
        """The sentences of an alert, with its runbook where [monitoring] says where runbooks are."""
        said = {"summary": summary, "description": description, "action": action}
        if self.monitoring.runbooks:
            said["runbook_url"] = f"{plain(self.monitoring.runbooks).rstrip('/')}/{alert}.md"
        return {**said, "slos": self.slos}


def percent(share: float) -> str:
    """0.0144 is 1.44 %."""
    return f"{number(float(f'{share * 100:.6g}'))} %"


def camel(name: str) -> str:
    """light-endpoints is LightEndpoints."""
    return "".join(word[:1].upper() + word[1:] for word in name.replace("_", "-").split("-"))


def plain(text: str) -> str:
    """``text`` of a target file where Prometheus expects a template: braces of its own stay braces."""
    return text.replace("{{", '{{ "{{" }}')


def expanded(text: str) -> str:
    """What Prometheus makes of a label that plain() wrote."""
    return text.replace('{{ "{{" }}', "{{")
