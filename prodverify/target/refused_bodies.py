"""``[errors.bodies]``: an endpoint that reads a JSON body, and what it says to bodies that nobody can mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from prodverify.target.section import Name, Section

Refusing = tuple[Annotated[int, Field(ge=400, lt=500)], ...]


BODY_REFUSALS = ("too-large", "unsupported", "unprocessable")
"""Kinds of refusal of a body that nobody can mean."""


class RefusedBodies(Section):
    """Bodies that are sent carry no JSON that could be read, so that no service does anything with them."""

    endpoint: Name = Field(description="endpoint that reads a JSON body and is asked with bodies that nobody can mean")
    max_kilobytes: Annotated[int, Field(gt=0, le=16_384)] | None = Field(
        None, description="largest body that is read, in KiB; absent: none larger is sent"
    )
    too_large_statuses: Refusing = Field((413,), min_length=1, description="statuses that refuse a larger one")
    media_type: str = Field("text/plain", description="media type that is not read there")
    unsupported_statuses: Refusing = Field(
        (415,), description="statuses that refuse a body of that media type; empty: none is sent"
    )
    unprocessable_statuses: Refusing = Field(
        (400, 422), description="statuses that refuse a body that says it is JSON and is none; empty: none is sent"
    )

    @property
    def statuses(self) -> Mapping[str, tuple[int, ...]]:
        """The kinds of body that are sent, and the statuses that refuse each."""
        large = self.too_large_statuses if self.max_kilobytes else ()
        all_kinds = dict(
            zip(BODY_REFUSALS, (large, self.unsupported_statuses, self.unprocessable_statuses), strict=True)
        )
        return {kind: statuses for kind, statuses in all_kinds.items() if statuses}

    @property
    def otherwise(self) -> Mapping[str, tuple[int, ...]]:
        """
        Statuses that refuse a kind of body, too, where the file promises none: RFC 9110 section 15.5.16 has 415 for
        another media type, and services that read it as JSON all the same refuse it for what is in it.
        """
        return {} if "unsupported_statuses" in self.model_fields_set else {"unsupported": (400, 422)}
