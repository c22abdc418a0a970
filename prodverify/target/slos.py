"""Objectives, and the arrivals under which they are judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Name, PositiveFloat, PositiveInt, Section


class Slo(Section):
    """One of ``[[slos]]``: the share of good answers."""

    name: Name = Field(description="name of this objective in the evidence")
    endpoints: tuple[Name, ...] = Field(
        min_length=1, description="endpoints, or journeys by their last request, that it covers"
    )
    role: str = Field(description="role that samples it")
    kind: Literal["latency", "success"] = Field(
        "latency", description="good means answered in time, or answered without error"
    )
    threshold_ms: PositiveFloat | None = Field(None, description="an answer is in time within this many milliseconds")
    objective_percent: float = Field(gt=0, lt=100, description="share of good answers that the team aims at")
    agreement_percent: float | None = Field(None, gt=0, lt=100, description="looser share that customers were promised")
    confidence_percent: float = Field(95.0, gt=50, lt=100, description="confidence of the verdict")
    window_days: PositiveInt = Field(30, description="window of the objective")
    sample: PositiveInt | None = Field(
        None, description="requests that the gate samples for it; absent: only load runs judge it"
    )
    max_sample: PositiveInt | None = Field(
        None, description="requests after which it is judged again where sample could not tell; absent: it is not"
    )


class Load(Section):
    """``[load]``: arrivals of a load run."""

    rate_per_second: PositiveFloat = Field(description="arrivals a second, whatever the answers take")
    duration_seconds: float = Field(20.0, gt=0, le=600, description="length of the run")
    warm_up_seconds: float = Field(2.0, ge=0, description="first seconds that are not judged")
    role: str = Field(description="role that asks; its credentials share the work")
    shares: dict[str, PositiveFloat] = Field(
        min_length=1, description="endpoint or journey, and its share of the arrivals"
    )
