"""Rules about numbers and shares: the rate limit, the objectives, the load run, and the budget that all of them spend."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.target.model import Promises
from prodverify.target.rate_limit import RateLimit
from prodverify.target.references import credentials_of, roles_used
from prodverify.target.section import ANONYMOUS
from prodverify.target.slos import Slo
from prodverify.target.wording import Complaint, Place

BURST_MARGIN = 5
"""Requests of a burst beyond the limit."""
BOUNDARY_WINDOWS = 3
"""Windows until one ends that nobody used, and another that nobody uses begins."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Numbers that contradict each other, and work that its role cannot do."""
    yield from _workers(promises)
    yield from _rate_limit(promises)
    for slo in promises.slos:
        yield from _slo(slo, promises)
    if (load := promises.load) and load.warm_up_seconds >= load.duration_seconds:
        text = f"expected less than duration_seconds ({load.duration_seconds:g}), came {load.warm_up_seconds:g}"
        yield Complaint(("load", "warm_up_seconds"), text)


def _workers(promises: Promises) -> Iterator[Complaint]:
    for place, name in roles_used(promises):
        role = promises.roles.get(name)
        if role and role.expect == "rejected" and place[0] != "endpoints" and "refused" not in place:
            yield Complaint(place, f'role "{name}" is expected to be rejected; name one whose credential is accepted')


def _rate_limit(promises: Promises) -> Iterator[Complaint]:
    limit, asking = promises.rate_limit, promises.asking
    if limit is None:
        return
    if limit.other_role == limit.role:
        yield Complaint(("rate_limit", "other_role"), "expected another role than the one that burns its limit")
    if limit.scope == "address" and limit.other_role is not None:
        text = 'means nothing for scope "address": all roles ask from one address; remove it'
        yield Complaint(("rate_limit", "other_role"), text)
    if limit.second_role is not None and limit.second_role in (limit.role, limit.other_role):
        text = "expected another role than role and other_role: another key of the workspace that burns its limit"
        yield Complaint(("rate_limit", "second_role"), text)
    if limit.scope == "address" and limit.second_role is not None:
        text = 'means nothing for scope "address": all roles ask from one address; remove it'
        yield Complaint(("rate_limit", "second_role"), text)
    burst = limit.requests + BURST_MARGIN if limit.driven else 0
    if promises.permits.bursts and burst > asking.requests:
        text = f"expected at least {burst}, which one burst takes, came {asking.requests}"
        yield Complaint(("asking", "requests"), text)
    yield from _boundary(limit)
    if limit.role == ANONYMOUS:
        return
    for place, name in roles_used(promises):
        if name == limit.role and place[0] not in {"rate_limit", "endpoints"}:
            yield Complaint(place, f'role "{name}" burns its rate limit; name another one here')
    yield from _shared(limit.role, promises)


def _boundary(limit: RateLimit) -> Iterator[Complaint]:
    if limit.boundary_burst is None:
        return
    if limit.window != "clock":
        text = f'means nothing for window "{limit.window}", whose windows do not end for all at a time; remove it'
        yield Complaint(("rate_limit", "boundary_burst"), text)
    requests, seconds = 2 * limit.requests + 1, BOUNDARY_WINDOWS * limit.window_seconds
    if requests > limit.max_requests:
        text = f"expected at least {requests}, which boundary_burst takes, came {limit.max_requests}"
        yield Complaint(("rate_limit", "max_requests"), text)
    if seconds > limit.max_wait_seconds:
        text = f"expected at least {seconds:g}, which boundary_burst takes, came {limit.max_wait_seconds:g}"
        yield Complaint(("rate_limit", "max_wait_seconds"), text)


def _shared(burner: str, promises: Promises) -> Iterator[Complaint]:
    burnt = set(credentials_of(promises.roles[burner])) if burner in promises.roles else set()
    for name, role in promises.roles.items():
        if name != burner and burnt & set(credentials_of(role)):
            text = f'shares a secret with role "{name}"; the role that burns its rate limit needs one of its own'
            yield Complaint(("roles", burner, "credential"), text)


def _slo(slo: Slo, promises: Promises) -> Iterator[Complaint]:
    place: Place = ("slos", slo.name)
    if slo.kind == "latency" and slo.threshold_ms is None:
        yield Complaint(
            (*place, "threshold_ms"), 'is missing; kind "latency" needs the milliseconds of a timely answer'
        )
    if slo.kind == "success" and slo.threshold_ms is not None:
        yield Complaint((*place, "threshold_ms"), 'means nothing for kind "success"; remove it or say kind = "latency"')
    if slo.agreement_percent is not None and slo.agreement_percent > slo.objective_percent:
        text = (
            f"expected at most objective_percent ({slo.objective_percent:g}), came {slo.agreement_percent:g}: "
            "an agreement is looser than the objective"
        )
        yield Complaint((*place, "agreement_percent"), text)
    for key, asked in (("sample", slo.sample), ("max_sample", slo.max_sample)):
        if asked is not None and asked > promises.asking.requests:
            text = f"expected at most requests of [asking] ({promises.asking.requests}), came {asked}"
            yield Complaint((*place, key), text)
    if slo.max_sample is not None and slo.max_sample <= (slo.sample or slo.max_sample):
        text = f"expected more than sample ({slo.sample or 'missing'}), came {slo.max_sample}"
        yield Complaint((*place, "max_sample"), text)
    endpoints = {endpoint.name for endpoint in promises.endpoints}
    journeys = {journey.name for journey in promises.journeys}
    if slo.sample is not None and not endpoints & set(slo.endpoints) and journeys & set(slo.endpoints):
        text = "means nothing for journeys, which only load runs judge; name an endpoint, or remove it"
        yield Complaint((*place, "sample"), text)
    for endpoint in promises.endpoints:
        status = endpoint.roles.get(slo.role)
        if endpoint.name in slo.endpoints and status is not None and status >= 400:
            text = f'role "{slo.role}" gets {status} from endpoint "{endpoint.name}"; name one that is answered'
            yield Complaint((*place, "role"), text)
