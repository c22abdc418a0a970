"""A target that is started by us."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Section


class Embedded(Section):
    """``[embedded]``: this target is started by us."""

    service: Literal["relay"] = Field("relay", description="the practice service, with a PostgreSQL of its own")
