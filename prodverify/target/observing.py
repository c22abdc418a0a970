"""Rules of ``[logs]``, ``[traces]`` and ``[error_tracker]``: references, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prodverify.target.addresses import CREDENTIALS, FRAMING, OURS, VALUE, wrong_header, wrong_path
from prodverify.target.asking import CookieRole, Endpoint, TokenRole
from prodverify.target.observability import Store
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises
    from prodverify.target.observability import ErrorTracker, Logs

POINTER = re.compile(r"(/([^/~]|~[01])*)*")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What these sections cannot mean, references by name apart."""
    if promises.logs:
        yield from _logs(promises.logs, promises)
    if traces := promises.traces:
        yield from _path(("traces", "path"), traces.path, "{trace_id}")
        yield from _asked(("traces",), traces.endpoint, traces.role, promises)
        for key, names in (("spans", traces.spans), ("attributes", traces.attributes)):
            yield from _once(("traces", key), names)
    if promises.error_tracker:
        yield from _error_tracker(promises.error_tracker, promises)
    for place, store in _stores(promises):
        yield from _lines((*place, "headers"), store.headers)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a role, and the name."""
    for name, section in _sections(promises):
        yield (name, "role"), section.role


def endpoints_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names an endpoint, and the name."""
    for name, section in _sections(promises):
        yield (name, "endpoint"), section.endpoint


def secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a secret, and the name."""
    for place, store in _stores(promises):
        yield (*place, "address"), store.address
        if store.token is not None:
            yield (*place, "token"), store.token


def _sections(promises: Promises) -> Iterator[tuple[str, Logs | ErrorTracker]]:
    for name in ("logs", "traces", "error_tracker"):
        if (section := getattr(promises, name)) is not None:
            yield name, section


def _stores(promises: Promises) -> Iterator[tuple[Place, Store]]:
    if promises.logs and promises.logs.loki:
        yield ("logs", "loki"), promises.logs.loki
    for name in ("traces", "error_tracker"):
        if (section := getattr(promises, name)) is not None:
            yield (name,), section


def _logs(logs: Logs, promises: Promises) -> Iterator[Complaint]:
    given = [key for key in ("file", "command", "loki") if getattr(logs, key)]
    if len(given) > 1 or not (given or promises.embedded):
        text = f"expected exactly one of file, command and [logs.loki], came {' and '.join(given) or 'none'}"
        yield Complaint(("logs", given[0] if given else "file"), text)
    if "\0" in (logs.file or ""):
        yield Complaint(("logs", "file"), f"expected the path of a file, came {came(logs.file)}")
    if logs.command and not logs.command[0].strip():
        yield Complaint(("logs", "command", 0), "expected the name of a program")
    for number, argument in enumerate(logs.command):
        if "\0" in argument:
            yield Complaint(("logs", "command", number), f"expected an argument without NUL, came {came(argument)}")
    if "command_deadline_seconds" in logs.model_fields_set and not logs.command:
        yield Complaint(("logs", "command_deadline_seconds"), "means nothing without command")
    if logs.loki and not logs.loki.query.strip().startswith("{"):
        text = f'expected a selector of LogQL, as {{app="shop"}}, came {came(logs.loki.query)}'
        yield Complaint(("logs", "loki", "query"), text)
    if wrong := wrong_header(logs.request_id_header):
        yield Complaint(("logs", "request_id_header"), wrong)
    if logs.time_at is None and "max_clock_skew_seconds" in logs.model_fields_set:
        yield Complaint(("logs", "max_clock_skew_seconds"), "is that of the time at time_at, which is missing")
    yield from _asked(("logs",), logs.endpoint, logs.role, promises)
    yield from _members(("logs", "members"), logs.members)
    yield from _once(("logs", "planted_in"), logs.planted_in)
    malformed = any(endpoint.malformed for endpoint in promises.endpoints)
    if "planted_in" in logs.model_fields_set and "body" in logs.planted_in and not malformed:
        text = 'names "body", and no endpoint has malformed, a body that is refused, to send it with'
        yield Complaint(("logs", "planted_in"), text)
    for kind in ("answered", "log_in"):
        yield from _members(("logs", "events", kind), getattr(logs.events, kind))
    logging_in = any(isinstance(role, CookieRole | TokenRole) for role in promises.roles.values())
    for place, said in ((("events", "log_in"), logs.events.log_in), (("planted_in",), "password" in logs.planted_in)):
        if said and not logging_in:
            yield Complaint(("logs", *place), 'speaks of a log-in, and no role has the scheme "cookie" or "token"')
    for kind, expected in (("unauthenticated", 401), ("forbidden", 403)):
        words = getattr(logs.events, kind)
        yield from _members(("logs", "events", kind), words)
        if words and not any(expected in endpoint.roles.values() for endpoint in promises.endpoints):
            text = f"no endpoint promises {expected} to any role, so that nothing leaves this line"
            yield Complaint(("logs", "events", kind), text)


def _error_tracker(tracker: ErrorTracker, promises: Promises) -> Iterator[Complaint]:
    yield from _path(("error_tracker", "path"), tracker.path, "")
    other = "{trace_id}" if tracker.found_by == "request_id" else "{request_id}"
    if other in tracker.path:
        text = f'holds {other}, while found_by says "{tracker.found_by}"; expected one of the two'
        yield Complaint(("error_tracker", "path"), text)
    if wrong := wrong_header(tracker.request_id_header):
        yield Complaint(("error_tracker", "request_id_header"), wrong)
    for key in ("provoke", "provoke_other"):
        yield from _lines(("error_tracker", key), getattr(tracker, key))
    if tracker.provoke_other and tracker.provoke_other == tracker.provoke:
        yield Complaint(("error_tracker", "provoke_other"), "is provoke; expected an error of another kind")
    if tracker.provoke_other and tracker.group_at is None:
        yield Complaint(("error_tracker", "group_at"), "is missing; provoke_other is told from provoke by its group")
    yield from _members(("error_tracker", "members"), tracker.members)


def _path(place: Place, path: str, needed: str) -> Iterator[Complaint]:
    if not path.startswith("/") or needed not in path:
        holding = f" and holds {needed}" if needed else ""
        yield Complaint(place, f"expected a path that begins with /{holding}, came {came(path)}")
        return
    for placeholder in ("{request_id}", "{trace_id}"):
        path = path.replace(placeholder, "0")
    if wrong := wrong_path(path):
        yield Complaint(place, wrong)


def _asked(place: Place, name: str, role: str, promises: Promises) -> Iterator[Complaint]:
    endpoint = next((each for each in promises.endpoints if each.name == name), None)
    if endpoint is None:
        return
    if endpoint.method not in ("GET", "HEAD"):
        yield Complaint(
            (*place, "endpoint"), f"expected an endpoint that is read, came one of method {endpoint.method}"
        )
    elif not _opens(endpoint, role):
        text = f'role "{role}" gets {endpoint.roles[role]} from endpoint "{endpoint.name}"; name one that gets 2xx'
        yield Complaint((*place, "role"), text)


def _opens(endpoint: Endpoint, role: str) -> bool:
    return 200 <= endpoint.roles.get(role, 200) < 300


def _members(place: Place, names: tuple[str, ...] | Mapping[str, str]) -> Iterator[Complaint]:
    for number, name in enumerate(names):
        if not name or (name.startswith("/") and not POINTER.fullmatch(name)):
            at = name if isinstance(names, Mapping) else number
            yield Complaint((*place, at), "expected the name of a member, or a JSON Pointer (RFC 6901) to it")
    if not isinstance(names, Mapping):
        yield from _once(place, names)


def _once(place: Place, names: tuple[str, ...]) -> Iterator[Complaint]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Complaint((*place, number), f"names {came(name)} a second time")


def _lines(place: Place, headers: Mapping[str, str]) -> Iterator[Complaint]:
    for header, value in headers.items():
        if wrong := wrong_header(header):
            yield Complaint(place, wrong)
        elif header.lower() in CREDENTIALS:
            yield Complaint((*place, header), "carries a credential; name a secret, which stands in no file")
        elif header.lower() in FRAMING | OURS:
            yield Complaint((*place, header), f"{header} is sent by itself; it stays")
        elif not VALUE.fullmatch(value):
            yield Complaint((*place, header), "expected visible ASCII characters, spaces only inside")
