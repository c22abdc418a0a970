"""Which target a load run is for, and every reason why it may not run against it, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from load.arrivals import Plan
from load.credentials import SCHEMES, journey_of, limited_names, names_of, needed
from load.journeys import SAFE
from prodverify.target.load import Target, load
from prodverify.target.load_run import Load
from prodverify.target.model import Promises
from prodverify.target.section import ANONYMOUS
from prodverify.target.slos import Slo

ROOT = Path(__file__).resolve().parent.parent
REFUSED = 4
"""Exit status of a run that was refused before its first request, as pytest's for wrong usage."""


class Refused(Exception):  # noqa: N818 - it is not an error of the program
    """The load run may not start. The text has one sentence for each reason."""


def choose(named: str | None, *, read_only: bool, environ: Mapping[str, str]) -> Target:
    """
    The target named by an option or by PRODVERIFY_TARGET, or else the embedded default.

    Raises Refused where none is named and CI is set, or where its file does not permit such a run; TargetError where
    its file is wrong.
    """
    name = named or environ.get("PRODVERIFY_TARGET")
    if not name:
        if environ.get("CI"):
            raise Refused("no target is named; where CI is set, say --target NAME or set PRODVERIFY_TARGET.")
        name = "local"
    target = load(name, root=ROOT, environ=environ)
    reasons = list(_reasons(target.read_only().promises if read_only else target.promises, read_only=read_only))
    if reasons:
        raise Refused("\n".join(f"{target.path}: {reason}" for reason in reasons))
    return target


def plan_of(declared: Load, seed: int) -> Plan:
    """The arrivals that ``[load]`` declares."""
    return Plan.of(
        declared.shares,
        rate=declared.rate_per_second,
        duration=declared.duration_seconds,
        warm_up=declared.warm_up_seconds,
        seed=seed,
    )


def judged_slos(promises: Promises) -> tuple[Slo, ...]:
    """The objectives of which at least one endpoint or journey is in the run."""
    shares = promises.load.shares if promises.load else {}
    return tuple(slo for slo in promises.slos if any(name in shares for name in slo.endpoints))


def _reasons(promises: Promises, *, read_only: bool) -> Iterator[str]:
    """What the loader does not see: names, roles and numbers of the file agree with each other already."""
    declared = promises.load
    if not promises.permits.loads:
        why = "--read-only drops every permit" if read_only else "say loads = true in [permits]"
        yield f"a load run needs the permit loads, and it is not given; {why}."
    if declared is None:
        yield "a load run needs the section [load], and there is none; declare its rate_per_second, role and shares."
        return
    for name in declared.shares:
        unsafe = sorted(_methods(promises, name) - SAFE)
        if unsafe and not promises.permits.writes:
            yield f"load.shares names {name}, which sends {' and '.join(unsafe)} and needs the permit writes."
    if not judged_slos(promises):
        yield "no entry of [[slos]] covers an endpoint or journey of load.shares, so that nothing would be judged."
    if promises.asking.proxy:
        yield "asking.proxy is set, and a load run asks the service itself; measure from where no proxy is needed."
    yield from _reasons_of_role(promises, declared)


def _methods(promises: Promises, name: str) -> set[str]:
    journey = journey_of(promises, name)
    if journey is not None:
        return {step.method for step in journey.steps}
    return {endpoint.method for endpoint in promises.endpoints if endpoint.name == name}


def _reasons_of_role(promises: Promises, declared: Load) -> Iterator[str]:
    credentials = 1
    if declared.role != ANONYMOUS:
        role = promises.roles[declared.role]
        if role.scheme not in SCHEMES:
            yield (
                f"load.role {declared.role} has the scheme {role.scheme}; a load run asks by {', '.join(SCHEMES)},"
                " because it does not log in."
            )
            return
        credentials = max(1, len(names_of(role)))
    limit, limited = promises.rate_limit, [name for name in limited_names(promises) if name in declared.shares]
    if limit is None or not limited:
        return
    wanted = needed(promises, plan_of(declared, 0))
    if limit.scope == "address":
        credentials = 1
    if wanted > credentials:
        counted = "all credentials together" if limit.scope == "address" else f"each {limit.scope}"
        yield (
            f"{' and '.join(limited)} at {declared.rate_per_second:g} arrivals/s needs {wanted} credentials, because"
            f" {limit.requests} requests in {limit.window_seconds:g} s are accepted from {counted};"
            f" load.role {declared.role} has {credentials}: give it more, or lower the rate or the share."
        )
