"""Rules about numbers and shares: the rate limit, the objectives, the load run, and the budget that all of them spend."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.target import arriving, measuring
from prodverify.target.model import Promises
from prodverify.target.rate_limit import RateLimit
from prodverify.target.references import credentials_of, roles_used
from prodverify.target.section import ANONYMOUS
from prodverify.target.wording import Complaint

BURST_MARGIN = 5
"""Requests of a burst beyond the limit."""
BOUNDARY_WINDOWS = 3
"""Windows until one ends that nobody used, and another that nobody uses begins."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Numbers that contradict each other, and work that its role cannot do."""
    yield from _workers(promises)
    yield from _rate_limit(promises)
    yield from measuring.complaints(promises)
    yield from arriving.complaints(promises)


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
