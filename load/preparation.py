"""A target turned into what an agent needs: the server, and the bytes of every request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from load.arrivals import Plan
from load.closed import users_in
from load.connection import Server
from load.counts import Book
from load.credentials import journey_of, logs_in, most_of_users, most_requests, role_of_users, roles_of
from load.heads import Heads
from load.journeys import JSON, Step, Work
from load.sessions import Sessions
from load.target import judged_slos, longest_of, plan_of
from load.thinking import Crowd
from load.written import module_of, writing_of
from prodverify.target.load import Target
from prodverify.target.load_run import DEFAULT_PROFILE
from prodverify.target.slos import Slo
from prodverify.wire.address import split
from prodverify.wire.run import Run
from prodverify.wire.transport import trust

if TYPE_CHECKING:
    from locust import FastHttpUser

LEAST_LAG_MS = 2.0
"""No generator is asked to be more punctual: a timer of one millisecond alone costs half of it."""
LAG_WITHOUT_LATENCY_MS = 50.0
"""Where no objective is about latency, lag matters only for the shape of the load."""
TOO_MANY_REQUESTS = 429
"""RFC 6585 section 4."""
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    One load run, ready to be sent by any process.

    ``longest`` is ``plan`` gone on as far as the target allows, ``most_requests`` what that may send at most.
    ``sessions``, ``crowds`` and ``closed`` are what goes on beside the arrivals: roles that log in, thinking users, and
    Locust's own users.
    """

    plan: Plan
    server: Server
    works: dict[str, Work]
    slos: tuple[Slo, ...]
    thresholds: dict[str, tuple[float, ...]]
    lag_limit_ms: float
    longest: Plan
    most_requests: int
    sessions: Sessions
    crowds: tuple[Crowd, ...] = ()
    closed: tuple[type[FastHttpUser], ...] = ()
    base_url: str = ""
    writes: bool = False
    profile: str = DEFAULT_PROFILE

    def book(self) -> Book:
        """Counts at zero."""
        return Book(self.thresholds, self.lag_limit_ms)

    @property
    def drain_seconds(self) -> float:
        """After so long every answer that can still come has come."""
        return self.server.deadline_seconds * max(work.most_requests for work in self.works.values()) + 0.5


def prepare(target: Target, *, run_id: str, seed: int, plan: Plan | None = None, run: Run | None = None) -> Prepared:
    """
    What ``target`` promises about load. Its address and secrets must be known.

    ``plan`` stands in for that of its file. ``run`` is the one whose folder keeps the sessions of roles that log in,
    which happens here; without it no role may need that.

    Raises ValueError, with a sentence, where a credential cannot stand in a header or a file of hand-written arrivals
    cannot be used; Unjudged where a log-in does not work.
    """
    declared = target.promises.load
    assert declared is not None
    asking = target.promises.asking
    address, _ = split(target.base_url)
    server = Server(
        address=address,
        tls=trust(asking, Path(target.folder)) if address.scheme == "https" else None,
        connect_timeout_seconds=asking.connect_timeout_seconds,
        deadline_seconds=asking.deadline_seconds,
        most_bytes=asking.max_wire_kilobytes * 1024 + _HEAD_BYTES,
    )
    sessions = Sessions(target, run, (role for role in roles_of(declared) if logs_in(target.promises, role)))
    heads = Heads(target, run_id, sessions)
    slos = judged_slos(target.promises, target.profile)
    thresholds = {name: _thresholds(name, slos) for name in declared.shares}
    tightest = min((threshold for each in thresholds.values() for threshold in each), default=None)
    plan = plan or plan_of(declared, seed)
    longest = longest_of(target.promises, plan)
    return Prepared(
        plan=plan,
        server=server,
        works={name: _work(target, heads, name, declared.role_of(name)) for name in declared.shares},
        slos=slos,
        thresholds=thresholds,
        lag_limit_ms=LAG_WITHOUT_LATENCY_MS if tightest is None else max(LEAST_LAG_MS, tightest / 10.0),
        longest=longest,
        most_requests=declared.max_requests or most_requests(target.promises, longest),
        sessions=sessions,
        crowds=tuple(
            Crowd(
                users.name,
                users.count,
                users.think_seconds,
                _work(target, heads, users.name, role_of_users(declared, users)),
                seed=seed + number,
                most=most_of_users(users, longest.duration_seconds),
            )
            for number, users in enumerate(declared.users)
        ),
        closed=users_in(module_of(name, path, target.folder) for name, path in declared.written.items()),
        base_url=target.base_url,
        writes=target.permits.writes,
        profile=target.profile,
    )


def _thresholds(name: str, slos: tuple[Slo, ...]) -> tuple[float, ...]:
    """Milliseconds beyond which some objective or agreement takes an answer of ``name`` for late."""
    given = [(slo.threshold_ms, slo.agreement_threshold_ms) for slo in slos if name in slo.endpoints]
    return tuple(sorted({threshold for pair in given for threshold in pair if threshold}))


def _work(target: Target, heads: Heads, name: str, role: str) -> Work:
    """What one arrival of ``name`` asks as ``role``."""
    promises = target.promises
    limited = frozenset(promises.rate_limit.statuses) if promises.rate_limit else frozenset()
    work = partial(
        Work,
        name,
        limiter_statuses=limited | {TOO_MANY_REQUESTS},
        application_header=promises.asking.application_header,
    )
    assert promises.load is not None
    if name in promises.load.written:
        site = heads.site("POST", role)
        writing = writing_of(
            name, promises.load.written[name], Path(target.folder), writes=promises.permits.writes, site=site
        )
        stand_in = Step(name, "GET", heads.unfinished(name, role), body=None, take=(), statuses=frozenset())
        return work(steps=(stand_in,), writing=writing)
    journey = journey_of(promises, name)
    if journey is not None:
        steps = tuple(
            Step(
                label=f"{name} {number} of {len(journey.steps)}" if number < len(journey.steps) else name,
                method=step.method,
                heads=heads.of(name, step.method, step.path, role),
                body=step.body if step.body or step.method not in {"GET", "HEAD"} else None,
                take=step.take,
                statuses=frozenset({step.status}),
            )
            for number, step in enumerate(journey.steps, 1)
        )
        return work(steps=steps)
    endpoint = next(endpoint for endpoint in promises.endpoints if endpoint.name == name)
    expected = endpoint.roles.get(role)
    only = Step(
        label=name,
        method=endpoint.method,
        heads=heads.of(name, endpoint.method, endpoint.path, role, endpoint.lines),
        body=endpoint.body,
        take=(),
        statuses=frozenset() if expected is None else frozenset({expected}),
        kind=b"" if any(header.lower() == "content-type" for header in endpoint.headers) else JSON,
    )
    return work(steps=(only,))
