"""
What the master and its workers say to each other, over Locust's own connection.

ZeroMQ neither encrypts nor asks who speaks: no message carries a secret's value, each worker reads those itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from load.arrivals import Plan

PING = "prodverify-ping"
"""From the master: what is your clock? ``{"number"}``."""
PONG = "prodverify-pong"
"""From a worker: ``{"number", "clock", "host", "pid"}``, ``clock`` in seconds of its ``perf_counter``."""
BEGIN = "prodverify-begin"
"""From the master: a Share."""
REFUSED = "prodverify-refused"
"""From a worker that does not begin: ``{"why"}``."""
COUNTS = "prodverify-counts"
"""From a worker, each second and once more at its end: all that it has counted since it began."""
UNTIL = "prodverify-until"
"""From the master: ``{"seconds"}``, the moment of the plan from which on nothing more is sent."""
LAST = "prodverify-last"
"""From the master: stop at once and report for the last time."""


@dataclass(frozen=True, slots=True)
class Share:
    """
    One worker's part of the plan, and what it must have in common with the master.

    It sends the arrivals of number ``index`` of ``workers`` that are due before ``until_seconds``, beginning
    ``delay_seconds`` after it hears of it, so that all begin together. ``said`` are hashes of what the master's target
    file says, ``version`` is its prodverify, ``profile`` its arrivals of ``[load]``. ``handed_over`` is the file with
    what an embedded service made up, on this machine alone, and empty where there is none.
    """

    index: int
    workers: int
    plan: Plan
    until_seconds: float
    delay_seconds: float
    run_id: str
    said: Mapping[str, str]
    version: str
    profile: str
    handed_over: str = ""

    def beyond(self, own: Plan) -> str:
        """
        What of its plan is not within ``own``, the longest that the worker's file allows; nothing where all is.

        Whoever speaks for the master may not make a worker send more than was permitted where it is; other shares may
        be more than its rate limit accepts.
        """
        if dict(self.plan.shares) != dict(own.shares):
            return "other shares"
        wanted, allowed = self.plan.rate_per_second, own.rate_per_second
        if wanted > allowed:
            return f"{wanted:g} arrivals/s instead of {allowed:g}"
        if self.plan.duration_seconds > own.duration_seconds:
            return f"{self.plan.duration_seconds:g} s instead of {own.duration_seconds:g}"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values that cross to another process."""
        return {
            "index": self.index,
            "workers": self.workers,
            "plan": self.plan.as_dict(),
            "until_seconds": self.until_seconds,
            "delay_seconds": self.delay_seconds,
            "run_id": self.run_id,
            "said": dict(self.said),
            "version": self.version,
            "profile": self.profile,
            "handed_over": self.handed_over,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Share:
        """The share that ``as_dict`` described."""
        return cls(**{**values, "plan": Plan.from_dict(values["plan"])})
