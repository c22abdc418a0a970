"""What is promised about refusals that look like answers."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import Pointer, Section, Word


class Refusals(Section):
    """``[refusals]``: what tells a refusal from an answer where both come with a status of success."""

    at: Pointer = Field(
        min_length=1, description="JSON Pointer of what only refusals have, as /error, or of what says so, as /ok"
    )
    accepted: tuple[Word, ...] = Field(
        (), description="what stands there where nothing is refused, as true; null and what is empty never refuse"
    )
    forbidden: tuple[Word, ...] = Field(
        (), description="what stands there where the role may not; without it a refused write does not tell why"
    )
