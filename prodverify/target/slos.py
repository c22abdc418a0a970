"""Objectives: one promise that the gate, load runs, the canary, alerts and the error budget are all judged by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from prodverify.target.section import Name, Percent, PositiveFloat, PositiveInt, Section

MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)]
LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]


def _several(value: object) -> object:
    """One value is a list of one."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
AlertName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]
FEWEST_SECONDS = 2
"""Of a window that alerts look at: in one second are two values for Prometheus 2 and one for 3, which is no increase."""
Severity = Literal["info", "warning", "critical", "page"]


class SloMetrics(Section):
    """``slos.metrics``: where Prometheus has what this objective is about."""

    durations: MetricName | None = Field(
        None, description='histogram of the times to answer, without "_bucket"; a latency objective needs it'
    )
    requests: MetricName | None = Field(
        None, description="counter of answers; absent: that of the histogram, which then needs status_label too"
    )
    unit: Literal["seconds", "milliseconds"] = Field("seconds", description="unit of the histogram's edges")
    labels: dict[LabelName, Values] = Field(
        {}, description="labels of the answers that it is about, each with its value, or several"
    )
    status_label: LabelName = Field("status", description="label that holds the status")
    errors: tuple[Annotated[str, Field(pattern=r"^[1-5]([0-9]{2}|xx)$")], ...] = Field(
        ("5xx",), min_length=1, description="statuses that are errors of the service, as 503 or 5xx"
    )


class Burn(Section):
    """One of ``slos.burns``: an alert for an error budget that is spent too fast."""

    budget_percent: Percent = Field(description="share of the error budget that is spent when it fires")
    long_seconds: PositiveInt = Field(description="window within which so much is spent")
    short_seconds: PositiveInt = Field(
        ge=FEWEST_SECONDS, description="shorter window that must agree, so that it ends soon after the cause"
    )
    severity: Severity = Field("page", description="how urgent it is")


class PlainAlert(Section):
    """One of ``slos.alerts``: it fires while the share of bad events stays above a limit."""

    name: AlertName | None = Field(
        None, description="its name; absent: made of the objective's, as LightEndpointsLatencyHigh"
    )
    bad_percent: Percent | None = Field(
        None, description="share of bad events above which it fires; absent: what the objective leaves"
    )
    threshold_ms: PositiveFloat | None = Field(
        None, description="milliseconds of a timely answer for it; absent: those of the objective"
    )
    for_seconds: PositiveInt | None = Field(
        None, ge=FEWEST_SECONDS, description="seconds for which it must be so; absent: breach_seconds of [monitoring]"
    )
    severity: Severity | None = Field(
        None, description="how urgent it is; absent: warning for latency, critical for success"
    )


class Slo(Section):
    """One of ``[[slos]]``: the share of good answers."""

    name: Name = Field(description="name of this objective in the evidence")
    endpoints: tuple[Name, ...] = Field(
        (), description="endpoints, or journeys, that it covers; absent: only the canary judges it"
    )
    role: str = Field("anonymous", description="role that samples it")
    kind: Literal["latency", "success"] = Field(
        "latency", description="good means answered in time, or answered without error"
    )
    threshold_ms: PositiveFloat | None = Field(None, description="an answer is in time within this many milliseconds")
    objective_percent: float = Field(gt=0, lt=100, description="share of good answers that the team aims at")
    agreement_percent: float | None = Field(None, gt=0, lt=100, description="looser share that customers were promised")
    agreement_threshold_ms: PositiveFloat | None = Field(
        None, description="milliseconds of a timely answer in the agreement; absent: those of the objective"
    )
    confidence_percent: float = Field(95.0, gt=50, lt=100, description="confidence of the verdict")
    indifference_percent: tuple[Percent, Percent] | None = Field(
        None,
        description="two shares around the objective: from the first on it should pass, down from the second fail, and"
        " between them either is right; verdicts of runs that may stop early then need fewer requests",
    )
    margin_percent: Percent | None = Field(
        None,
        description="points of the share of good answers that a candidate may lose against its baseline; absent: half of"
        " what the objective allows to be bad",
    )
    window_days: PositiveInt = Field(30, le=366, description="window of the objective")
    min_events: PositiveInt = Field(
        300, description="events that a window must have before the canary tells or an alert fires"
    )
    sample: PositiveInt | None = Field(
        None, description="requests that the gate samples for it; absent: only load runs judge it"
    )
    max_sample: PositiveInt | None = Field(
        None,
        description="requests up to which it asks, and no more than it needs to tell; absent: it judges sample of them, once",
    )
    burst_requests: PositiveInt = Field(
        1,
        description="requests in a row that one cause may spoil while the gate samples or compares, so that as many tell"
        " no more than one; load runs have burst_seconds",
    )
    profiles: tuple[Name, ...] = Field(
        (), description="load profiles under which it is judged; absent: all that ask one of its endpoints"
    )
    metrics: SloMetrics | None = Field(None, description="where Prometheus has what it is about")
    burns: tuple[Burn, ...] = Field(
        (
            Burn(budget_percent=2.0, long_seconds=3600, short_seconds=300, severity="page"),
            Burn(budget_percent=5.0, long_seconds=21600, short_seconds=1800, severity="page"),
            Burn(budget_percent=10.0, long_seconds=86400, short_seconds=7200, severity="warning"),
            Burn(budget_percent=10.0, long_seconds=259200, short_seconds=21600, severity="warning"),
        ),
        description="alerts for an error budget that is spent too fast; absent: the four burn rates of the SRE Workbook,"
        " chapter 5, which for 30 days are 2 % in an hour, 5 % in 6 hours, 10 % in a day and 10 % in 3 days",
    )
    alerts: tuple[PlainAlert, ...] | None = Field(
        None, description="alerts for too many bad events; absent: one for the objective, and one for the agreement"
    )
