"""
What is odd about objectives although it can be meant: alerts that can never fire, windows that nobody asks within.

Each remark says what to do. Those of the target file alone are said on standard error by the verbs; what needs the
metrics page or Prometheus is asked for by whoever has read them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from prodverify.monitoring import sli
from prodverify.monitoring.objective_alerts import plain_alerts, waiting
from prodverify.monitoring.promql import duration, number
from prodverify.monitoring.telling import percent
from prodverify.objectives.burn import budget, burns, limit, rate
from prodverify.target.model import Promises
from prodverify.target.monitoring import Monitoring
from prodverify.target.slos import Burn, Slo


@dataclass(frozen=True, slots=True)
class Remark:
    """One odd thing: ``rule`` names its kind, subject first; ``text`` is a sentence with what to do."""

    rule: str
    slo: str
    text: str

    def __str__(self) -> str:
        return f'[[slos]] "{self.slo}": {self.text}'


def remarks(promises: Promises) -> tuple[Remark, ...]:
    """What the target file alone tells."""
    monitoring = promises.monitoring or Monitoring()
    return tuple(remark for slo in promises.slos for remark in _of_slo(slo, monitoring))


def thresholds(slo: Slo) -> dict[str, Decimal]:
    """
    Every threshold that ``slo`` and its alerts count at, by the words for it, in its histogram's unit.

    Each must be an edge of the histogram: what is between two edges cannot be counted, so that an alert at any other
    threshold never fires.
    """
    if slo.kind != "latency" or slo.threshold_ms is None:
        return {}
    wanted = {"threshold_ms": sli.threshold(slo)}
    if slo.agreement_threshold_ms is not None:
        wanted["agreement_threshold_ms"] = sli.threshold(slo, agreement=True)
    for alert in plain_alerts(slo, Monitoring().breach_seconds):  # no threshold depends on it
        if (own := sli.threshold(alert.slo)) not in wanted.values():
            wanted[f"threshold_ms of alert {alert.name}"] = own
    return wanted


def of_traffic(slo: Slo, events_per_second: float, breach_seconds: int) -> tuple[Remark, ...]:
    """Windows of its alerts that see fewer than ``min_events`` at the usual traffic: those alerts never fire."""
    if events_per_second <= 0:
        text = "nobody asks what it is about: its alerts can say nothing; ask by a probe, or mend its labels"
        return (Remark("window-no-traffic", slo.name, text),)
    needed = math.ceil(slo.min_events / events_per_second)
    return tuple(
        Remark(
            "min-events-unreachable",
            slo.name,
            f"within {duration(seconds)} there usually are {events_per_second * seconds:,.0f} events, and min_events "
            f"is {slo.min_events:,}: an alert of that window never fires; say fewer, or windows of {needed:,} seconds",
        )
        for seconds in sorted(waiting(slo, breach_seconds))
        if events_per_second * seconds < slo.min_events
    )


def _of_slo(slo: Slo, monitoring: Monitoring) -> Iterator[Remark]:
    if (missing := sli.unmeasurable(slo)) and monitoring != Monitoring():
        text = f"Prometheus cannot tell of it: the target has no {missing}; alerts, dashboard and canary leave it out"
        yield Remark("slo-unmeasured", slo.name, text)
    if missing:
        return
    for burn in burns(slo):
        yield from _of_burn(burn, slo)
    for alert in plain_alerts(slo, monitoring.breach_seconds):
        if alert.limit >= 1:
            text = f"alert {alert.name} would need more bad events than there are events: say a smaller bad_percent"
            yield Remark("alert-never-fires", slo.name, text)
        elif alert.limit * slo.min_events < 1:
            text = (
                f"one bad event of {slo.min_events} fires alert {alert.name}, which allows {percent(alert.limit)}: say "
                f"min_events = {math.ceil(1 / alert.limit)} or more"
            )
            yield Remark("min-events-few", slo.name, text)


def _of_burn(burn: Burn, slo: Slo) -> Iterator[Remark]:
    share, stated = limit(burn, slo), "burns" in slo.model_fields_set
    window = duration(burn.long_seconds)
    if share >= 1:
        most = 100 * burn.long_seconds / (slo.window_days * 86_400) / budget(slo)
        spent = number(float(f"{burn.budget_percent:.3g}"))
        text = (
            f"the alert for {spent} % of the budget within {window} can never fire: "
            f"it would need {percent(share)} bad events; within {window} at most "
            f"{number(float(f'{most:.3g}'))} % of the budget can be spent. It is left out of the rules: "
            + ("say less, or remove it" if stated else "a plain alert stands in for it, or state burns of your own")
        )
        yield Remark("alert-never-fires", slo.name, text)
    elif stated and rate(burn, slo) < 1:
        even = 100 * burn.long_seconds / (slo.window_days * 86_400)
        text = (
            f"the alert for {burn.budget_percent:g} % of the budget within {window} fires while the objective is met: "
            f"{number(float(f'{even:.3g}'))} % is what an even spending takes; say more"
        )
        yield Remark("alert-within-budget", slo.name, text)
