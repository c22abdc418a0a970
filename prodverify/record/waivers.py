"""Waivers: a failure that somebody answers for until a day. One that is stale blocks the release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from prodverify.record.states import State

_KEPT = (State.PASS, State.WARN)


class Waiver(Protocol):
    """What this module reads of a ``[[waivers]]`` entry; ``until`` is YYYY-MM-DD, that day included, in UTC."""

    @property
    def check(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def ticket(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def until(self) -> str: ...


class Use(StrEnum):
    """What became of a waiver in one run."""

    USED = "used"
    EXPIRED = "expired"
    UNNEEDED = "unneeded"
    UNKNOWN = "unknown"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """One waiver of the target file and what became of it, as the record holds it."""

    check: str
    reason: str
    ticket: str
    owner: str
    until: str
    use: str

    @property
    def sentence(self) -> str:
        """What a person has to know or do."""
        who = f"waiver of {self.owner} for {self.check} ({self.ticket}, until {self.until})"
        return {
            Use.USED: f"{who} holds: {self.reason}",
            Use.EXPIRED: f"{who} has expired; mend the failure, or renew the waiver with a new reason",
            Use.UNNEEDED: f"{who} is no longer needed: its check ran and passed; remove it",
            Use.UNKNOWN: f"{who} names no case of this run; correct its check, or remove it",
            Use.IDLE: f"{who} was not needed: its check did not come to a judgement",
        }[Use(self.use)]


def covers(waiver: Waiver, case_id: str) -> bool:
    """Whether the waiver names this case, by its node id or by that without the brackets."""
    return waiver.check in (case_id, check_of(case_id))


def check_of(case_id: str) -> str:
    """The node id without the brackets of its parameters."""
    path, separator, rest = case_id.partition("::")
    return f"{path}{separator}{rest.partition('[')[0]}"


def valid(waiver: Waiver, day: date) -> bool:
    """Whether the waiver still holds on ``day`` (UTC). Raises ValueError for a day that no calendar has."""
    return date.fromisoformat(waiver.until) >= day


def waiver_for(case_id: str, waivers: Iterable[Waiver], day: date) -> Waiver | None:
    """The first waiver that turns a failure of ``case_id`` on ``day`` (UTC) into waived."""
    return next((one for one in waivers if covers(one, case_id) and valid(one, day)), None)


def uses(
    waivers: Iterable[Waiver], states: Mapping[str, State], day: date, *, narrowed: bool = False
) -> tuple[WaiverUse, ...]:
    """
    What became of each waiver in a run whose cases ended in ``states`` (node id to state).

    A waiver is unneeded where all cases that it covers ran and kept their promise. A narrowed run does not see all
    cases: it calls no waiver unknown, and none that covers a whole check unneeded.
    """
    return tuple(
        WaiverUse(one.check, one.reason, one.ticket, one.owner, one.until, _use(one, states, day, narrowed).value)
        for one in waivers
    )


def of_use(uses: Iterable[WaiverUse], use: Use) -> tuple[str, ...]:
    """The checks whose waivers ended in ``use``, for the verdict."""
    return tuple(one.check for one in uses if one.use == use)


def _use(waiver: Waiver, states: Mapping[str, State], day: date, narrowed: bool) -> Use:
    if not valid(waiver, day):
        return Use.EXPIRED
    covered = [state for case_id, state in states.items() if covers(waiver, case_id)]
    if not covered:
        return Use.IDLE if narrowed else Use.UNKNOWN
    if State.WAIVED in covered or State.FAIL in covered:
        return Use.USED
    whole = waiver.check in states or not narrowed
    return Use.UNNEEDED if whole and all(state in _KEPT for state in covered) else Use.IDLE
