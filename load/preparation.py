"""A target turned into what an agent needs: the server, and the bytes of every request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from load.arrivals import Plan
from load.connection import Server
from load.counts import Book
from load.credentials import journey_of, lines_of
from load.journeys import Step, Work
from load.target import judged_slos, plan_of
from prodverify import __version__
from prodverify.target.load import Target
from prodverify.target.model import Promises
from prodverify.target.slos import Slo
from prodverify.wire.address import split, visible
from prodverify.wire.client import RUN_HEADER
from prodverify.wire.transport import trust

LEAST_LAG_MS = 2.0
"""No generator is asked to be more punctual: a timer of one millisecond alone costs half of it."""
LAG_WITHOUT_LATENCY_MS = 50.0
"""Where no objective is about latency, lag matters only for the shape of the load."""
TOO_MANY_REQUESTS = 429
"""RFC 6585 section 4."""
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """One load run, ready to be sent by any process."""

    plan: Plan
    server: Server
    works: dict[str, Work]
    slos: tuple[Slo, ...]
    thresholds: dict[str, tuple[float, ...]]
    lag_limit_ms: float

    def book(self) -> Book:
        """Counts at zero."""
        return Book(self.thresholds, self.lag_limit_ms)

    @property
    def drain_seconds(self) -> float:
        """After so long every answer that can still come has come."""
        return self.server.deadline_seconds * max(len(work.steps) for work in self.works.values()) + 0.5


def prepare(target: Target, *, run_id: str, seed: int) -> Prepared:
    """
    What ``target`` promises about load. Its address and secrets must be known.

    Raises ValueError, with a sentence, where a credential cannot stand in a header.
    """
    promises = target.promises
    assert promises.load is not None
    address, _ = split(target.base_url)
    server = Server(
        address=address,
        tls=trust(promises.asking, Path(target.folder)) if address.scheme == "https" else None,
        connect_timeout_seconds=promises.asking.connect_timeout_seconds,
        deadline_seconds=promises.asking.deadline_seconds,
        most_bytes=promises.asking.max_wire_kilobytes * 1024 + _HEAD_BYTES,
    )
    credentials = lines_of(promises, promises.load.role, target.secret)
    common = f"Host: {address.authority}\r\nUser-Agent: {_user_agent(run_id)}\r\n{RUN_HEADER}: {run_id}\r\n"
    common += "".join(f"{name}: {value}\r\n" for name, value in promises.asking.headers.items())
    slos = judged_slos(promises)
    thresholds = {
        name: tuple(sorted({slo.threshold_ms for slo in slos if slo.threshold_ms and name in slo.endpoints}))
        for name in promises.load.shares
    }
    tightest = min((threshold for each in thresholds.values() for threshold in each), default=None)
    return Prepared(
        plan=plan_of(promises.load, seed),
        server=server,
        works={name: _work(promises, name, common, credentials) for name in promises.load.shares},
        slos=slos,
        thresholds=thresholds,
        lag_limit_ms=LAG_WITHOUT_LATENCY_MS if tightest is None else max(LEAST_LAG_MS, tightest / 10.0),
    )


def _user_agent(run_id: str) -> str:
    return f"prodverify/{__version__} (load; run {run_id})"


def _work(promises: Promises, name: str, common: str, credentials: tuple[tuple[str, str], ...]) -> Work:
    assert promises.load is not None
    limited = frozenset(promises.rate_limit.statuses) if promises.rate_limit else frozenset()
    statuses = limited | {TOO_MANY_REQUESTS}
    journey = journey_of(promises, name)
    if journey is not None:
        steps = tuple(
            Step(
                label=f"{name} {number} of {len(journey.steps)}" if number < len(journey.steps) else name,
                method=step.method,
                heads=_heads(step.method, step.path, common, credentials),
                body=step.body if step.body or step.method not in {"GET", "HEAD"} else None,
                take=step.take,
                statuses=frozenset({step.status}),
            )
            for number, step in enumerate(journey.steps, 1)
        )
        return Work(name, steps, statuses)
    endpoint = next(endpoint for endpoint in promises.endpoints if endpoint.name == name)
    expected = endpoint.roles.get(promises.load.role)
    only = Step(
        label=name,
        method=endpoint.method,
        heads=_heads(endpoint.method, endpoint.path, common, credentials, endpoint.lines),
        body=endpoint.body,
        take=(),
        statuses=frozenset() if expected is None else frozenset({expected}),
    )
    return Work(name, (only,), statuses)


def _heads(
    method: str,
    path: str,
    common: str,
    credentials: tuple[tuple[str, str], ...],
    declared: tuple[tuple[str, str], ...] = (),
) -> tuple[bytes, ...]:
    lines = {"accept": ("Accept", "*/*"), "accept-encoding": ("Accept-Encoding", "identity")}
    lines |= {name.lower(): (name, value) for name, value in declared}
    start = f"{method} {visible(path).decode('ascii')} HTTP/1.1\r\n{common}"
    start += "".join(f"{name}: {value}\r\n" for name, value in lines.values())
    return tuple(_head(start, name, value) for name, value in credentials) or (start.encode("latin-1"),)


def _head(start: str, name: str, value: str) -> bytes:
    if not value or not value.isprintable() or value != value.strip():
        raise ValueError(f"a credential for the header {name} is empty or holds characters that no header can carry.")
    return f"{start}{name}: {value}\r\n".encode()
