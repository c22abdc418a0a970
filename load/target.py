"""Which target a load run is for, and every reason why it may not run against it, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from load.arrivals import Plan
from load.credentials import (
    journey_of,
    limited_names,
    logs_in,
    most_requests,
    names_of,
    needed,
    role_of_users,
    roles_of,
)
from load.journeys import SAFE
from load.shapes import Shape
from load.written import WrittenError, writing_of
from prodverify.target.load import Target, load
from prodverify.target.load_run import DEFAULT_PROFILE, Load
from prodverify.target.model import Promises
from prodverify.target.section import ANONYMOUS
from prodverify.target.slos import Slo
from prodverify.target.wording import came, nearest

ROOT = Path(__file__).resolve().parent.parent
REFUSED = 4
"""Exit status of a run that was refused before its first request, as pytest's for wrong usage."""


class Refused(Exception):  # noqa: N818 - it is not an error of the program
    """The load run may not start. The text has one sentence for each reason."""


def choose(
    named: str | None,
    *,
    read_only: bool,
    environ: Mapping[str, str],
    profile: str | None = None,
    written: str | None = None,
) -> Target:
    """
    The target named by an option or by PRODVERIFY_TARGET, or else the embedded default, under one of its profiles.

    ``written`` is a file that has all hand-written arrivals in place of those that its own file names.

    Raises Refused where none is named and CI is set, or where its file does not permit such a run; TargetError where
    its file is wrong.
    """
    name = named or environ.get("PRODVERIFY_TARGET")
    if not name:
        if environ.get("CI"):
            raise Refused("no target is named; where CI is set, say --target NAME or set PRODVERIFY_TARGET.")
        name = "local"
    target = load(name, root=ROOT, environ=environ)
    if target.promises.load is not None:
        target = _under(target, profile or DEFAULT_PROFILE)
        if written is not None:
            target = _written(target, Path(written).absolute())
    promises = target.read_only().promises if read_only else target.promises
    reasons = list(_reasons(promises, target.profile, read_only=read_only))
    reasons += _reasons_of_written(target)
    if reasons:
        raise Refused("\n".join(f"{target.path}: {reason}" for reason in reasons))
    return target


def _under(target: Target, profile: str) -> Target:
    try:
        return target.under(profile)
    except KeyError:
        assert target.promises.load is not None
        known = (DEFAULT_PROFILE, *target.promises.load.profiles)
        raise Refused(
            f"{target.path}: --profile: [load] has no profile {came(profile)}{nearest(profile, known)}"
        ) from None


def _written(target: Target, file: Path) -> Target:
    promises, declared = target.promises, target.promises.load
    assert declared is not None
    if not declared.written:
        raise Refused(
            f"{target.path}: --written: [load] has no hand-written arrivals; name them in load.written and load.shares."
        )
    moved = declared.model_copy(update={"written": dict.fromkeys(declared.written, str(file))})
    return replace(target, promises=promises.model_copy(update={"load": moved}))


def plan_of(declared: Load, seed: int) -> Plan:
    """The arrivals that ``[load]`` declares."""
    return Plan(_shape(declared), declared.warm_up_seconds, tuple(declared.shares.items()), seed)


def _shape(declared: Load) -> Shape:
    rate, seconds = declared.rate_per_second or 0.0, declared.duration_seconds
    if declared.shape == "stages":
        return Shape.stages((stage.seconds, stage.rate_per_second) for stage in declared.stages)
    if declared.shape == "ramp":
        return Shape.ramp(rate, seconds)
    if declared.shape == "spike":
        return Shape.spike(rate, declared.spike_per_second or rate, seconds)
    return Shape.constant(rate, seconds)


def longest_of(promises: Promises, plan: Plan) -> Plan:
    """``plan`` gone on as long as ``max_duration_seconds`` and ``max_requests`` allow."""
    declared = promises.load
    if declared is None or declared.max_duration_seconds is None:
        return plan
    longest = plan.lengthened(declared.max_duration_seconds)
    while declared.max_requests is not None and most_requests(promises, longest) > declared.max_requests:
        spare = (longest.duration_seconds - plan.duration_seconds) * 0.9
        longest = plan.lengthened(plan.duration_seconds + spare) if spare > 0.5 else plan
        if longest is plan:
            break
    return longest


def judged_slos(promises: Promises, profile: str = DEFAULT_PROFILE) -> tuple[Slo, ...]:
    """The objectives that ``profile`` is judged by, and of which at least one endpoint or journey is in the run."""
    shares = promises.load.shares if promises.load else {}
    return tuple(
        slo
        for slo in promises.slos
        if any(name in shares for name in slo.endpoints) and (not slo.profiles or profile in slo.profiles)
    )


def _reasons(promises: Promises, profile: str, *, read_only: bool) -> Iterator[str]:
    """What the loader does not see: names, roles and numbers of the file agree with each other already."""
    declared = promises.load
    if not promises.permits.loads:
        why = "--read-only drops every permit" if read_only else "say loads = true in [permits]"
        yield f"a load run needs the permit loads, and it is not given; {why}."
    if declared is None:
        yield "a load run needs the section [load], and there is none; declare its rate_per_second, role and shares."
        return
    asked = dict.fromkeys(declared.shares, "load.shares") | {users.name: "load.users" for users in declared.users}
    for name, key in asked.items():
        unsafe = sorted(_methods(promises, name) - SAFE)
        if unsafe and not promises.permits.writes:
            yield f"{key} names {name}, which sends {' and '.join(unsafe)} and needs the permit writes."
        if any(endpoint.name == name and endpoint.websocket for endpoint in promises.endpoints):
            yield f"{key} names {name}, which opens a WebSocket; a load run sends requests that are answered."
    if not judged_slos(promises, profile):
        under = "" if profile == DEFAULT_PROFILE else f" under profile {profile}"
        covered = f"covers an endpoint or journey of load.shares{under}"
        yield f"no entry of [[slos]] {covered}, so that nothing would be judged."
    if promises.asking.proxy:
        yield "asking.proxy is set, and a load run asks the service itself; measure from where no proxy is needed."
    plan = plan_of(declared, 0)
    asks = most_requests(promises, plan)
    if declared.max_requests is not None and asks > declared.max_requests:
        yield (
            f"load.max_requests allows {declared.max_requests:,} requests, and this run may send {asks:,}:"
            " raise it, or lower the rate or the duration."
        )
    yield from _reasons_of_limit(promises, declared, longest_of(promises, plan))


def _reasons_of_written(target: Target) -> Iterator[str]:
    declared = target.promises.load
    for name, path in declared.written.items() if declared else ():
        try:
            writing_of(name, path, target.folder, writes=target.permits.writes)
        except WrittenError as wrong:
            yield str(wrong)


def _methods(promises: Promises, name: str) -> set[str]:
    journey = journey_of(promises, name)
    if journey is not None:
        return {step.method for step in journey.steps}
    return {endpoint.method for endpoint in promises.endpoints if endpoint.name == name}


def _reasons_of_limit(promises: Promises, declared: Load, longest: Plan) -> Iterator[str]:
    """Each role whose credentials are fewer than the rate limit needs."""
    limit = promises.rate_limit
    limited = [name for name in limited_names(promises) if name in declared.all_shares()]
    if limit is None or not limited:
        return
    at = longest.words if longest.shape.word == "constant" else f"up to {longest.rate_per_second:g} arrivals/s"
    everybody = limit.scope == "address"
    for role in [None] if everybody else roles_of(declared):
        wanted, there = needed(promises, longest, role), 1 if role is None else _credentials(promises, role)
        if wanted <= there:
            continue
        names = dict.fromkeys(
            name
            for name, asking in (
                *((name, declared.role_of(name)) for name in declared.shares),
                *((users.name, role_of_users(declared, users)) for users in declared.users),
            )
            if name in limited and role in (None, asking)
        )
        counted = "all credentials together" if role is None else f"each {limit.scope}"
        who = f"load.role {declared.role}" if role in (None, declared.role) else f"role {role}"
        yield (
            f"{' and '.join(names)} at {at} needs {wanted} credentials, because {limit.requests} requests in"
            f" {limit.window_seconds:g} s are accepted from {counted}; {who} has {there}:"
            " give it more, or lower the rate or the share."
        )


def _credentials(promises: Promises, role: str) -> int:
    if role == ANONYMOUS or logs_in(promises, role):
        return 1
    return max(1, len(names_of(promises.roles[role])))
