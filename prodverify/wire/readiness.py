"""Readiness is polled once, before the checks: is the service up, and is it the version that was deployed."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodverify.record.findings import Finding, Unjudged, fail, inconclusive
from prodverify.target.asking import Health
from prodverify.target.load import Target
from prodverify.wire import clock
from prodverify.wire.client import Client
from prodverify.wire.exchange import Exchange
from prodverify.wire.unjudged import Refused, Unanswered

CONSECUTIVE = 3
"""Answers in a row, each on a new connection, that carry the version: behind a balancer one proves little."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_PAUSE_GROWS = 1.5


@dataclass(frozen=True, slots=True)
class Readiness:
    """
    What polling came to.

    ``version`` is the last one seen, empty where none is told; ``versions`` are all. Where it is not ``ready``,
    ``finding`` says what was missing, and ``ours`` whether our own network, name resolution, credentials or
    declaration is at fault.
    """

    ready: bool
    version: str
    attempts: int
    seconds: float
    finding: Finding | None = None
    ours: bool = False
    versions: tuple[str, ...] = ()


@dataclass(slots=True)
class _Poll:
    """What was seen so far."""

    attempts: int = 0
    version: str = ""
    versions: dict[str, None] = field(default_factory=dict)
    finding: Finding | None = None
    ours: bool = False

    def failed(self, finding: Finding, *, ours: bool = False) -> None:
        self.finding, self.ours = finding, ours


def wait_until_ready(client: Client, target: Target, *, expect_version: str | None = None) -> Readiness:
    """
    Polls until the service is ready, or ``ready_within_seconds`` have passed.

    The health path of kind ready is asked, else the first one; without any, an answer of whatever status to GET /
    is enough. With ``expect_version`` three answers in a row carry that version, at the ``version_at`` of a health
    path or in the declared version header. Pauses grow to a second, to spare the request budget.
    """
    promises = target.promises
    ready = next((health for health in promises.health if health.kind == "ready"), None) or next(
        iter(promises.health), None
    )
    versioned = [health for health in promises.health if health.version_at is not None]
    teller = ready if ready in versioned else next(iter(versioned), None)
    poll = _Poll()
    started = clock.monotonic()
    until = started + promises.asking.ready_within_seconds
    pause = _FIRST_PAUSE_SECONDS
    if expect_version and teller is None and not promises.asking.version_header:
        poll.failed(_no_teller(expect_version), ours=True)
        return _result(poll, False, started)
    while True:
        left = max(until - clock.monotonic(), pause)
        try:
            done = _looked(client, target, ready, teller, expect_version, poll, left)
        except Refused as error:
            poll.failed(error.finding, ours=True)
            return _result(poll, False, started)
        left = until - clock.monotonic()
        if done or left <= 0:
            return _result(poll, done, started)
        clock.sleep(min(pause, left), "the service to become ready")
        pause = min(pause * _PAUSE_GROWS, _LONGEST_PAUSE_SECONDS)


def _looked(
    client: Client,
    target: Target,
    ready: Health | None,
    teller: Health | None,
    expected: str | None,
    poll: _Poll,
    seconds: float,
) -> bool:
    """One look; what is missing goes to ``poll``."""
    poll.attempts += 1
    header = target.promises.asking.version_header
    deadline = min(seconds, target.promises.asking.deadline_seconds)
    try:
        answer = _asked(client, ready, deadline)
        if ready is not None and answer.status != ready.status:
            poll.failed(_not_ready(answer, ready))
            return False
        if teller is None and not header:
            return True
        for number in range(CONSECUTIVE if expected else 1):
            if teller is not None and teller != ready:
                answer = _asked(client, teller, deadline)
            elif number:
                answer = _asked(client, ready, deadline)
            poll.version = client.shown(_version(answer, teller, header))
            if poll.version:
                poll.versions[poll.version] = None
            if expected and poll.version != expected:
                poll.failed(_other_version(expected, poll.version, answer))
                return False
    except Refused:
        raise
    except Unanswered as error:
        # Nothing of ours is in doubt: not answering is the opposite of ready.
        finding = error.finding
        poll.failed(
            finding
            if error.ours
            else fail("not-ready", finding.expected, finding.observed, next_step=finding.next_step),
            ours=error.ours,
        )
        return False
    except Unjudged as error:
        poll.failed(error.finding, ours=True)
        return False
    return True


def _asked(client: Client, health: Health | None, deadline_seconds: float) -> Exchange:
    path, role = ("/", "anonymous") if health is None else (health.path, health.role)
    return client.ask("GET", path, role=role, retry=False, fresh=True, deadline_seconds=deadline_seconds)


def _version(answer: Exchange, teller: Health | None, header: str) -> str:
    if teller is None or teller.version_at is None:
        return answer.headers.first(header)
    if teller.version_at == "" and not answer.media_type.endswith("json"):
        return answer.text.strip() if answer.status == teller.status else ""
    try:
        value = answer.json()
    except ValueError:
        return ""
    # RFC 6901: each part of the pointer is a member or an index, "~1" is "/" and "~0" is "~".
    for part in teller.version_at.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _not_ready(answer: Exchange, health: Health) -> Finding:
    return fail(
        "not-ready",
        f"status {health.status} from {health.path}",
        f"status {answer.status}",
        next_step="Look at the components that this path reports and at the service's log.",
    )


def _other_version(expected: str, seen: str, answer: Exchange) -> Finding:
    return fail(
        "version-not-deployed",
        f"version {expected} in {CONSECUTIVE} answers in a row",
        f"version {seen}" if seen else f"no version in status {answer.status} from {answer.url.split('?')[0]}",
        next_step="Wait for the deployment to finish, or look for replicas that were not replaced.",
    )


def _no_teller(expected: str) -> Finding:
    return inconclusive(
        "version-not-declared",
        f"version {expected} where the service tells it",
        "the target file does not say where",
        next_step="Declare version_at in one of [[health]], or version_header in [asking].",
    )


def _result(poll: _Poll, ready: bool, started: float) -> Readiness:
    return Readiness(
        ready=ready,
        version=poll.version,
        attempts=poll.attempts,
        seconds=clock.monotonic() - started,
        finding=None if ready else poll.finding,
        ours=not ready and poll.ours,
        versions=tuple(poll.versions),
    )
