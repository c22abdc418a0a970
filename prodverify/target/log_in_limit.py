"""What is promised about one caller who tries wrong passwords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from prodverify.target.asking import BasicRole, BearerRole, HeaderRole, OAuth2Role
from prodverify.target.section import ANONYMOUS, Name, PositiveFloat, Section, Status
from prodverify.target.wording import Complaint, came, nearest

if TYPE_CHECKING:
    from prodverify.target.model import Promises

MOST_TRIES = 10
"""Wrong log-ins that a service which limits nothing is asked to bear."""

Tries = Annotated[int, Field(ge=1, le=MOST_TRIES)]


class LogInLimit(Section):
    """
    ``[log_in_limit]``: how often one caller may try to log in and fail.

    Nobody has to promise it. Whoever does breaks the promise where nothing is refused, so that is a failure and no
    advice.
    """

    role: str = Field(description="role whose log-in is tried, with user names that nobody has")
    endpoint: Name | None = Field(
        None, description="endpoint that the role reads, where it presents its credential with every request"
    )
    tries: Tries = Field(description="wrong log-ins that are answered; the next one is refused by the limiter")
    window_seconds: PositiveFloat = Field(description="time after which a wrong log-in counts no more")
    scope: Literal["username", "address"] = Field("username", description="what is counted apart")
    statuses: tuple[Status, ...] = Field((429,), min_length=1, description="statuses that mean refused by the limiter")
    headers: tuple[str, ...] = Field(("Retry-After",), description="headers that a refusal carries")
    usernames: tuple[str, ...] = Field((), description="two user names that nobody has; absent: two are made up")
    max_wait_seconds: PositiveFloat = Field(
        5.0, description="longest window of an address that is waited for, so that others may log in afterwards"
    )


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What ``[log_in_limit]`` cannot mean."""
    limit = promises.log_in_limit
    if limit is None:
        return
    if limit.role == ANONYMOUS:
        yield Complaint(("log_in_limit", "role"), "expected a role that has a credential to be wrong")
    if 401 in limit.statuses:
        text = "401 is what a wrong log-in gets; expected what the limiter answers"
        yield Complaint(("log_in_limit", "statuses"), text)
    if limit.usernames and len(set(limit.usernames)) != 2:
        text = f"expected two different user names, came {len(set(limit.usernames))}"
        yield Complaint(("log_in_limit", "usernames"), text)
    role = promises.roles.get(limit.role)
    if role is None:
        return
    if isinstance(role, OAuth2Role):
        text = f'expected a role with a user name, a key or a token of its own; "{limit.role}" is {role.scheme}'
        yield Complaint(("log_in_limit", "role"), text)
        return
    username = "" if isinstance(role, HeaderRole | BearerRole) else role.username
    if limit.scope == "username" and not username:
        text = f'role "{limit.role}" has no username; expected "address"'
        yield Complaint(("log_in_limit", "scope"), text)
    if username and username in limit.usernames:
        yield Complaint(("log_in_limit", "usernames"), f'is the name of role "{limit.role}"')
    yield from _endpoint(limit, promises, every_request=isinstance(role, BasicRole | HeaderRole | BearerRole))


def _endpoint(limit: LogInLimit, promises: Promises, *, every_request: bool) -> Iterator[Complaint]:
    place = ("log_in_limit", "endpoint")
    if not every_request:
        if limit.endpoint is not None:
            yield Complaint(place, f'means nothing: role "{limit.role}" logs in at its login_path; remove it')
        return
    if limit.endpoint is None:
        yield Complaint(place, f'is missing; role "{limit.role}" presents its credential with every request')
        return
    endpoints = {endpoint.name: endpoint for endpoint in promises.endpoints}
    named = endpoints.get(limit.endpoint)
    if named is None:
        yield Complaint(place, f"no endpoint {came(limit.endpoint)}{nearest(limit.endpoint, endpoints)}")
        return
    status, without = named.roles.get(limit.role, 0), named.roles.get(ANONYMOUS, 200)
    if named.method != "GET" or not 200 <= status < 300 or 200 <= without < 300:
        text = f'expected an endpoint with method GET that "{limit.role}" gets 2xx from and anonymous does not'
        yield Complaint(place, text)
