"""Whom a load run asks as: the credentials that share the work, and how many of them the rate limit needs."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

from load.arrivals import Plan
from prodverify.target.asking import BasicRole, BearerRole, HeaderRole, Role
from prodverify.target.model import Promises
from prodverify.target.promises import Journey
from prodverify.target.section import ANONYMOUS

SCHEMES = ("header", "bearer", "basic")
"""Schemes whose credential goes with every request as it is. Others log in first, which a load run does not do."""


def names_of(role: Role) -> tuple[str, ...]:
    """The names of the secrets that ``role`` asks with."""
    if isinstance(role, HeaderRole | BearerRole) and role.credentials:
        return role.credentials
    return (role.credential,) if role.credential else ()


def lines_of(promises: Promises, name: str, secret: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """One header line for each credential of the role ``name``; none for the role without credential."""
    if name == ANONYMOUS:
        return ()
    role = promises.roles[name]
    return tuple(_line(role, secret(credential)) for credential in names_of(role))


def _line(role: Role, value: str) -> tuple[str, str]:
    if isinstance(role, HeaderRole):
        return role.header, f"{role.prefix}{value}"
    if isinstance(role, BearerRole):
        return "Authorization", f"Bearer {value}"
    if isinstance(role, BasicRole):
        pair = base64.b64encode(f"{role.username}:{value}".encode()).decode("ascii")
        return "Authorization", f"Basic {pair}"
    raise ValueError(f"a load run cannot ask by the scheme {role.scheme}")


def limited_names(promises: Promises) -> tuple[str, ...]:
    """The endpoints and journeys that end in the request which the rate limit counts."""
    limit = promises.rate_limit
    if limit is None:
        return ()
    counted = last_request(promises, limit.journey)
    names = [journey.name for journey in promises.journeys] + [endpoint.name for endpoint in promises.endpoints]
    return tuple(name for name in names if counted is not None and last_request(promises, name) == counted)


def last_request(promises: Promises, name: str) -> tuple[str, str] | None:
    """Method and path, without its query, of what ``name`` is about; None where nothing has that name."""
    journey = journey_of(promises, name)
    if journey is not None:
        return journey.steps[-1].method, journey.steps[-1].path.split("?")[0]
    endpoint = next((endpoint for endpoint in promises.endpoints if endpoint.name == name), None)
    return (endpoint.method, endpoint.path.split("?")[0]) if endpoint is not None else None


def journey_of(promises: Promises, name: str) -> Journey | None:
    """The journey of that name."""
    return next((journey for journey in promises.journeys if journey.name == name), None)


def needed(promises: Promises, plan: Plan) -> int:
    """
    The credentials that keep every one of them within the rate limit, used in turn; 1 where nothing is limited.

    What a stretch as long as the window holds at most is what a window may hold, wherever windows start and however
    they are refilled.
    """
    limit = promises.rate_limit
    if limit is None:
        return 1
    most = [plan.most_within(name, limit.window_seconds) for name in limited_names(promises)]
    enough = math.ceil(sum(most) / limit.requests) or 1
    while sum(math.ceil(count / enough) for count in most) > limit.requests and enough <= sum(most):
        enough += 1
    return enough
