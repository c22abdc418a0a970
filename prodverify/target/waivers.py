"""Failures that somebody answers for."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import Day, Section


class Waiver(Section):
    """One of ``[[waivers]]``: a failure that somebody answers for, until a day."""

    check: str = Field(min_length=3, description="node id of the case, or of the check without its brackets")
    reason: str = Field(min_length=10, description="why the failure is accepted")
    ticket: str = Field(min_length=1, description="where it is being mended")
    owner: str = Field(min_length=1, description="who answers for it")
    until: Day = Field(description="last day on which it holds, YYYY-MM-DD")
