"""What a judge found: one deviation from one rule, with what was expected and what was observed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; a case takes the state of its worst finding."""

    INFO = "info"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One rule that one observation does not keep, or keeps with a remark.

    ``rule`` is kebab-case with its subject first (``hsts-max-age-short``). ``expected`` and ``observed`` are short
    texts for a person; they may quote header lines and never hold a whole body. ``clause`` names the authority where
    it is narrower than the check's own; ``next_step`` is one sentence that says what to do.
    """

    severity: Severity
    rule: str
    expected: str
    observed: str
    clause: str = ""
    next_step: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain values for the record."""
        return {key: str(value) for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> Finding:
        """The finding that ``as_dict`` wrote."""
        return cls(**{**values, "severity": Severity(values["severity"])})  # type: ignore[arg-type]


def fail(rule: str, expected: str, observed: str, *, clause: str = "", next_step: str = "") -> Finding:
    """A promise is broken."""
    return Finding(Severity.FAIL, rule, expected, observed, clause, next_step)


def warn(rule: str, expected: str, observed: str, *, clause: str = "", next_step: str = "") -> Finding:
    """The promise is kept, and a person should see this."""
    return Finding(Severity.WARN, rule, expected, observed, clause, next_step)


def info(rule: str, expected: str, observed: str, *, clause: str = "", next_step: str = "") -> Finding:
    """A fact worth keeping in the evidence."""
    return Finding(Severity.INFO, rule, expected, observed, clause, next_step)


def inconclusive(rule: str, expected: str, observed: str, *, clause: str = "", next_step: str = "") -> Finding:
    """Asked, but the answer cannot be judged."""
    return Finding(Severity.INCONCLUSIVE, rule, expected, observed, clause, next_step)


class Unjudged(Exception):  # noqa: N818 - it is not an error of the program
    """
    The question could not be asked, or its answer cannot be judged: the case is inconclusive.

    ``finding`` says what was wanted, what came instead, and what to do next.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.expected}; {finding.observed}. {finding.next_step}".rstrip())
        self.finding = finding
