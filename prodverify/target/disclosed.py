"""Header fields that tell how a service is made, as data: what each tells about, and how much that weighs."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from prodverify.target.section import Section

FILE = Path(__file__).with_suffix(".toml")
About = Literal["debug", "software", "source", "product", "gateway", "realm"]


class Names(Section):
    """Names that tell about one thing."""

    weight: Literal["fail", "warn", "info"] = Field(description="how much it weighs that one of them is there")
    names: tuple[str, ...] = Field(min_length=1, description="names; a star at the end stands for any ending")

    def has(self, name: str) -> bool:
        """Whether ``name``, whatever its case, is one of them."""
        lowered = name.lower()
        return any(
            lowered.startswith(known[:-1]) if known.endswith("*") else lowered == known for known in self._lowered()
        )

    def _lowered(self) -> tuple[str, ...]:
        return _lower(self.names)


@cache
def _lower(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


@cache
def disclosed() -> dict[About, Names]:
    """The whole list by what it tells about, read once. Raises ValueError, or OSError, where its file is wrong."""
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {about: Names.model_validate_json(json.dumps(names)) for about, names in said.items()}  # type: ignore[misc]
