"""The HTTP Observatory's published table, as data: what each result of each test adds, and the grades."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from prodverify.target.section import Section

FILE = Path(__file__).with_suffix(".toml")


class Result(Section):
    """What one result of one test means."""

    adds: int = Field(description="what it adds to the score")
    passes: bool = Field(False, description="whether the test counts as passed")


class Grades(Section):
    """The whole table."""

    bonuses_from: int = Field(description="score without bonuses from which bonuses count")
    letters: dict[str, str] = Field(description="grade by score, in steps of five")
    tests: dict[str, dict[str, Result]] = Field(description="tests, and the results of each")

    def letter(self, score: int) -> str:
        """The grade that a score means."""
        return self.letters[str(min(score - score % 5, 100))]


@cache
def grades() -> Grades:
    """The table, read once. Raises ValueError, or OSError, where its file is wrong."""
    return Grades.model_validate_json(json.dumps(tomllib.loads(FILE.read_text(encoding="utf-8"))))
