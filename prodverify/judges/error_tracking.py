"""
An error of the service arrives at the tracker: once for each time, equal ones in one group, and without secrets.

SPEC M5; ASVS 5.0 16.2.5. Local variables hold whatever passed through the code, tokens and personal data among it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodverify.judges import pointer, secrecy
from prodverify.judges.logs import member, named_in
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, info
from prodverify.target.observability import ErrorTracker

CLAUSE = "SPEC M5"

_LOCALS = frozenset({"vars", "locals", "local_variables", "localVariables"})
"""Members by which Sentry, Rollbar, Honeybadger and their kin hold the variables of a frame."""


@dataclass(frozen=True, slots=True)
class Provoked:
    """What was found of one provoked error, by the id of its request: each error as the tracker tells it."""

    request_id: str
    errors: tuple[Any, ...]


def errors_in(document: Any, at: str, named: str) -> tuple[Any, ...] | pointer.Absent:
    """
    The errors at ``at`` in what the tracker answered, a list or one alone, that name the id ``named``.

    The newest errors of a project are those of others, too, and an object that says "none found" is no error.
    """
    found = pointer.lookup(document, at)
    if isinstance(found, pointer.Absent):
        return found
    errors = found if isinstance(found, list) else [found]
    return tuple(error for error in errors if any(named_in(told, named) for _, told in _texts(error)))


def judge(provoked: Sequence[Provoked], tracker: ErrorTracker) -> list[Finding]:
    """Each provoked error is there, once, with the members that were promised."""
    found: list[Finding] = []
    for one in provoked:
        if not one.errors:
            return [_missing(one, tracker)]
        if len(one.errors) > 1:
            found.append(info("error-several", "one error for one request", f"{len(one.errors)}"))
    whole = [error for one in provoked for error in one.errors]
    absent = [name for name in tracker.members if not all(_has(error, name) for error in whole)]
    if absent:
        found.append(fail("error-member-missing", f"{listed(absent, 120)} in each error", "not in all of them"))
    return found


def judge_groups(provoked: Sequence[Provoked], tracker: ErrorTracker) -> list[Finding]:
    """Equal errors have one group."""
    groups = _groups(provoked, tracker)
    if isinstance(groups, Finding):
        return [groups]
    if len(groups) > 1:
        observed = f"{len(groups)}: {listed(sorted(groups), 120)}"
        step = "group by type and place: ids, times and what callers sent make every error a new one"
        return [fail("error-ungrouped", "equal errors in one group", observed, next_step=step)]
    return []


def judge_other(provoked: Sequence[Provoked], other: Sequence[Provoked], tracker: ErrorTracker) -> list[Finding]:
    """Another kind of error has another group."""
    groups, others = _groups(provoked, tracker), _groups(other, tracker)
    for seen in (groups, others):
        if isinstance(seen, Finding):
            return [seen]
    assert not isinstance(groups, Finding)
    assert not isinstance(others, Finding)
    if both := groups & others:
        step = "group by type and place, and by no more than that"
        observed = f"both in {listed(sorted(both), 80)}"
        return [fail("error-groups-merged", "errors of two kinds in two groups", observed, next_step=step)]
    return []


def judge_secrets(provoked: Sequence[Provoked], tracker: ErrorTracker, forms: secrecy.Forms) -> list[Finding]:
    """No error tells a secret, and none holds the local variables of the code."""
    whole = [error for one in provoked for error in one.errors]
    if not whole:
        return [_missing(one, tracker) for one in provoked[:1]]
    found = secrecy.held((told for error in whole for told in _texts(error)), forms, rule="error-secret")
    if not tracker.local_variables and (place := next(filter(None, map(_locals, whole)), "")):
        step = "switch them off, as with include_local_variables=False; or say local_variables = true"
        observed = f"at {quote(place, 120)}"
        found.append(fail("error-local-variables", "no local variables in an error", observed, next_step=step))
    return found or secrecy.unmasked((("the error", error) for error in whole), rule="error-member-unmasked")


def _groups(provoked: Sequence[Provoked], tracker: ErrorTracker) -> set[str] | Finding:
    at = tracker.group_at or ""
    groups: set[str] = set()
    for one in provoked:
        if not one.errors:
            return _missing(one, tracker)
        for error in one.errors:
            said = pointer.lookup(error, at)
            if isinstance(said, pointer.Absent) or said in (None, ""):
                return fail("error-group-missing", f"a group at {quote(at, 60)}", str(said) or "nothing")
            groups.add(str(said))
    return groups


def _missing(one: Provoked, tracker: ErrorTracker) -> Finding:
    wanted = f"the error of {quote(one.request_id, 60)} within {tracker.within_seconds:g} s"
    step = (
        "see that the service reports errors, that nothing filters or samples them, which id they bear, and that path "
        "in [error_tracker] is the tracker's"
    )
    return fail("error-missing", wanted, "none at the tracker names it", next_step=step)


def _texts(error: object) -> Iterable[tuple[str, str]]:
    """Every text in it, the names of members too, since header lines and variables stand there by their names."""
    waiting: list[tuple[str, object]] = [("", error)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield f"{place}, a name", str(name)
                waiting.append((place + pointer.build((name,)), inner))
        elif isinstance(value, list):
            waiting.extend((f"{place}/{number}", inner) for number, inner in enumerate(value))
        elif value is not None:
            yield place or "the error", str(value)


def _locals(error: object) -> str:
    """Where the first local variables stand; empty where none do."""
    waiting: list[tuple[str, object]] = [("", error)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            for name, inner in value.items():
                at = place + pointer.build((name,))
                if name in _LOCALS and inner:
                    return at
                waiting.append((at, inner))
        elif isinstance(value, list):
            waiting.extend((f"{place}/{number}", inner) for number, inner in enumerate(value))
    return ""


def _has(error: object, name: str) -> bool:
    value = member(error, name)
    return not isinstance(value, pointer.Absent) and value not in (None, "", [], {})
