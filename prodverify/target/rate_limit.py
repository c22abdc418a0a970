"""What is promised about one caller who asks too often."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Name, PositiveFloat, PositiveInt, Section, Status

Kind = Literal["clock", "first_request", "sliding_log", "sliding_counter", "continuous", "unknown"]

Bypass = Literal["forwarded_for", "query", "trailing_slash", "double_slash", "case", "head"]


class RateLimit(Section):
    """``[rate_limit]``: how often one caller may ask, and what it is told when it asked too often."""

    requests: PositiveInt = Field(description="requests accepted in one window")
    window_seconds: PositiveFloat = Field(description="length of the window")
    window: Kind = Field(
        "unknown",
        description="kind of limiter: clock (windows at multiples of their length), first_request (windows from a first "
        "request on), sliding_log, sliding_counter, continuous (tokens are refilled), or unknown",
    )
    scope: Literal["workspace", "key", "address"] = Field("key", description="what is counted apart")
    role: str = Field(description="role that burns its limit; nothing else of a run uses it")
    other_role: str | None = Field(None, description="role of another scope that must stay untouched")
    second_role: str | None = Field(
        None, description="role with another key of the same workspace; it shares the limit where scope is workspace"
    )
    journey: Name = Field(description="journey whose last request is limited")
    headers: tuple[str, ...] = Field(("Retry-After",), description="headers that a refusal carries")
    accepted_headers: tuple[str, ...] = Field((), description="headers that an accepted answer carries too")
    statuses: tuple[Status, ...] = Field((429,), min_length=1, description="statuses that mean refused by the limiter")
    bypasses: tuple[Bypass, ...] = Field(
        ("forwarded_for", "query", "trailing_slash", "double_slash", "case", "head"),
        description="disguises that a refused caller tries once each: forwarded_for, query, trailing_slash, "
        "double_slash, case, head",
    )
    boundary_burst: Literal["told", "refused"] | None = Field(
        None,
        description="where two windows of the clock meet, twice the limit may be served at once: told, where that is "
        "known; refused, where it is not to be; absent: not asked",
    )
    max_requests: PositiveInt = Field(
        120, description="largest limit that is driven into refusal; above it, headers only"
    )
    max_window_seconds: PositiveFloat = Field(
        300.0, description="longest window that is driven into refusal; above it, headers only"
    )
    max_wait_seconds: PositiveFloat = Field(
        5.0, description="longest time that a check waits for recovery, or to tell which kind of limiter it is"
    )

    @property
    def driven(self) -> bool:
        """Whether the limit is small enough to be driven into refusal."""
        return self.requests <= self.max_requests and self.window_seconds <= self.max_window_seconds
