"""Whom a load run asks as: the credentials that share the work, and how many of them the rate limit needs."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping

from load.arrivals import Plan
from prodverify.target.asking import BasicRole, BearerRole, CookieRole, HeaderRole, OAuth2Role, Role, TokenRole
from prodverify.target.load_run import Load, ThinkingUsers
from prodverify.target.model import Promises
from prodverify.target.promises import Journey
from prodverify.target.section import ANONYMOUS

LOGGING_IN = (CookieRole, OAuth2Role, TokenRole)
"""Schemes whose credential is given for another one, which is done before the run."""


def names_of(role: Role) -> tuple[str, ...]:
    """The names of the secrets that ``role`` asks with."""
    if isinstance(role, HeaderRole | BearerRole) and role.credentials:
        return role.credentials
    return (role.credential,) if role.credential else ()


def roles_of(declared: Load) -> tuple[str, ...]:
    """Every role that asks in the run, thinking users included, each once."""
    roles = [declared.role_of(name) for name in declared.shares]
    return tuple(dict.fromkeys([*roles, *(role_of_users(declared, users) for users in declared.users)]))


def role_of_users(declared: Load, users: ThinkingUsers) -> str:
    """The role that ``users`` ask as."""
    return users.role or declared.role_of(users.name)


def logs_in(promises: Promises, name: str) -> bool:
    """Whether the role ``name`` has to log in before it asks."""
    return isinstance(promises.roles.get(name), LOGGING_IN)


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
    assert isinstance(role, BasicRole), "other roles log in"
    pair = base64.b64encode(f"{role.username}:{value}".encode()).decode("ascii")
    return "Authorization", f"Basic {pair}"


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


def steps_of(promises: Promises, name: str) -> int:
    """Requests of one arrival; 1 for one that is written by hand, which nobody can tell beforehand."""
    journey = journey_of(promises, name)
    return len(journey.steps) if journey is not None else 1


def most_requests(promises: Promises, plan: Plan) -> int:
    """An upper bound of the requests that ``plan``, and the thinking users beside it, may send."""
    declared, seconds = promises.load, plan.duration_seconds
    arrivals = {name: min(plan.total, plan.most_within(name, seconds)) for name, _ in plan.shares}
    # Together they are the plan; what bounds each name apart may be more.
    excess = max(0, sum(arrivals.values()) - plan.total)
    asked = sum(count * steps_of(promises, name) for name, count in arrivals.items())
    asked -= excess * min(steps_of(promises, name) for name in arrivals)
    for users in declared.users if declared else ():
        asked += most_of_users(users, seconds) * steps_of(promises, users.name)
    return asked


def most_of_users(users: ThinkingUsers, seconds: float) -> int:
    """
    What ``users`` ask at most in any stretch of ``seconds``: each its first question, and five standard deviations
    above the mean of those that exponential think times make, if answers took no time at all.
    """
    mean = users.count * seconds / users.think_seconds
    return math.ceil(users.count + mean + 5.0 * math.sqrt(mean))


def needed(promises: Promises, plan: Plan, role: str | None = None) -> int:
    """
    The credentials that keep every one of them within the rate limit, used in turn; 1 where nothing is limited.

    What a stretch as long as the window holds at most is what a window may hold, wherever windows start and however
    they are refilled. ``role`` is the one whose arrivals are counted; None is all of them.
    """
    limit, declared = promises.rate_limit, promises.load
    if limit is None or declared is None:
        return 1
    limited = limited_names(promises)
    asked: Mapping[str, str] = {name: declared.role_of(name) for name in limited}
    most = [plan.most_within(name, limit.window_seconds) for name in limited if role in (None, asked[name])]
    for users in declared.users:
        if users.name in limited and role in (None, role_of_users(declared, users)):
            most.append(most_of_users(users, limit.window_seconds))
    enough = math.ceil(sum(most) / limit.requests) or 1
    while sum(math.ceil(count / enough) for count in most) > limit.requests and enough <= sum(most):
        enough += 1
    return enough
