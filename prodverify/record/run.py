"""The record of a run: the one source that every report renders."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from prodverify.record.findings import Finding
from prodverify.record.roster import Comparison
from prodverify.record.states import State
from prodverify.record.waivers import WaiverUse

FORMAT = 1
"""Version of ``record.json``. It grows by one with each change that an older reader would misunderstand."""

_FIRST = ("verdict", "rule", "exit_status")
_IDENTITY = ("requests", "target", "mode", "versions")


def counted(states: Iterable[State]) -> dict[str, int]:
    """Cases by state, with exactly the seven keys of the record's ``counts``."""
    found = Counter(states)
    return {state.value: found[state] for state in State}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """
    What became of one case.

    ``id`` is the pytest node id, ``check`` the same without brackets, ``claim`` one sentence. ``exchanges`` are
    redacted already, oldest first, with the keys of ``Redactor.exchange``. ``reason`` is the missing word of a case
    that did not run, the waiver's reason, or the text of an error. ``facts`` are measured numbers whose names carry
    their unit (``rto_seconds``).
    """

    id: str
    check: str
    state: State
    claim: str
    clause: str = ""
    findings: tuple[Finding, ...] = ()
    duration_ms: float = 0.0
    exchanges: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    runbook: str = ""
    worker: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    retried: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``record.json``."""
        return _members(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CaseRecord:
        """The case that ``as_dict`` wrote."""
        return cls(
            **{
                **values,
                "state": State(values["state"]),
                "findings": tuple(Finding.from_dict(finding) for finding in values["findings"]),
                "exchanges": tuple(values["exchanges"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """
    One run: who was verified, how, what became of it, and the sentence that decided.

    ``started_at`` and ``ended_at`` are ISO 8601 in UTC. ``requests`` were sent of ``budget``. ``collected`` cases ran
    of the ``expected`` ones. ``versions`` holds ``service`` (a list of those seen) and one text for each tool.
    ``practice`` says that the target is the embedded service. ``verdict`` is one of the four words, PARTIAL without its
    numbers. ``load`` is present after a load run: ``objectives``, a list of objects with ``name``, ``state``,
    ``observed``, ``limit``, ``n``, ``bad``, ``bounds`` and ``sentence``, and ``facts``, a mapping of measured numbers.
    ``slos_hash`` is that of ``objectives.fingerprint``, as rules and dashboards carry it; empty without objectives, and
    in records of before there was one. ``timing`` holds seconds: of the embedded service's boot, and of the worker that
    asked and waited longest.
    """

    run_id: str
    target: str
    target_path: str = ""
    target_sha256: str = ""
    slos_hash: str = ""
    base_url: str = ""
    environment: str = ""
    owner: str = ""
    mode: str = "gate"
    practice: bool = False
    permits: tuple[str, ...] = ()
    narrowed: bool = False
    collected: int = 0
    expected: int = 0
    versions: Mapping[str, Any] = field(default_factory=dict)
    started_at: str = ""
    ended_at: str = ""
    duration_ms: float = 0.0
    requests: int = 0
    budget: int = 0
    expected_version: str = ""
    command: str = ""
    seed: int | None = None
    checks: tuple[CaseRecord, ...] = ()
    verdict: str = ""
    rule: str = ""
    exit_status: int = 10
    roster: Comparison = field(default_factory=Comparison)
    waivers: tuple[WaiverUse, ...] = ()
    notes: tuple[str, ...] = ()
    aborted: bool = False
    load: Mapping[str, Any] | None = None
    timing: Mapping[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Cases by state: the totals that every report tells."""
        return counted(case.state for case in self.checks)

    def with_state(self, *states: State) -> tuple[CaseRecord, ...]:
        """The cases in one of ``states``, in the order of the run."""
        return tuple(case for case in self.checks if case.state in states)

    def as_dict(self) -> dict[str, Any]:
        """``record.json``: the verdict first, the cases last."""
        plain: dict[str, Any] = {**_members(self), "format": FORMAT, "counts": self.counts}
        first = ("format", *_FIRST, "counts", *_IDENTITY)
        rest = (key for key in plain if key not in first and key != "checks")
        return {key: plain[key] for key in (*first, *rest, "checks")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunRecord:
        """The record that ``as_dict`` wrote. Raises ValueError for another format."""
        if values.get("format") != FORMAT:
            raise ValueError(f"expected a record of format {FORMAT}, found {values.get('format')!r}")
        known = {key: value for key, value in values.items() if key not in {"format", "counts"}}
        return cls(
            **{
                **known,
                "permits": tuple(values["permits"]),
                "notes": tuple(values["notes"]),
                "checks": tuple(CaseRecord.from_dict(case) for case in values["checks"]),
                "roster": Comparison.from_dict(values["roster"]),
                "waivers": tuple(WaiverUse(**waiver) for waiver in values["waivers"]),
            }
        )


def _plain(value: Any) -> Any:
    """
    JSON's own types, whatever a check measured.

    Half a surrogate pair becomes its escape, a number that is not finite its name: neither is JSON.
    """
    if isinstance(value, str):
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        inner_values = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(inner) for inner in inner_values]
    if is_dataclass(value) and not isinstance(value, type):
        return _members(value)
    return _plain(str(value))


def _members(value: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
