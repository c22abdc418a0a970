"""Rules of a target file that go beyond the type of one key: what sections say of themselves and of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from prodverify.target import (
    aiming,
    backing_up,
    belonging,
    database_reading,
    database_schema,
    delivering,
    drilling,
    keeping,
    log_in_limit,
    migrating,
    observing,
    quantities,
    reach,
    receiving,
    refusing,
    transport,
    watching,
)
from prodverify.target.asking import BasicRole, BearerRole, CookieRole, HeaderRole
from prodverify.target.body_schema import wrong_schema
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, Place, came

POINTER = re.compile(r"(/([^/~]|~[01])*)*")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``promises`` that cannot be meant, references apart."""
    yield from reach.complaints(promises)
    yield from _secrets(promises)
    yield from _roles(promises)
    yield from _schemas(promises)
    yield from _handshakes(promises)
    yield from _components(promises)
    yield from _errors(promises)
    yield from refusing.complaints(promises)
    yield from quantities.complaints(promises)
    yield from log_in_limit.complaints(promises)
    yield from _audit(promises)
    yield from _revocation(promises)
    yield from belonging.complaints(promises)
    yield from transport.complaints(promises)
    yield from delivering.complaints(promises)
    yield from receiving.complaints(promises)
    yield from aiming.complaints(promises)
    yield from migrating.complaints(promises)
    yield from database_reading.complaints(promises)
    yield from database_schema.complaints(promises)
    yield from keeping.complaints(promises)
    yield from backing_up.complaints(promises)
    yield from drilling.complaints(promises)
    yield from observing.complaints(promises)
    yield from watching.complaints(promises)
    yield from _waivers(promises)


def _secrets(promises: Promises) -> Iterator[Complaint]:
    for name, source in promises.secrets.items():
        if source.embedded is not None and not promises.embedded:
            text = "only a target with [embedded] has values of its own; say env or file"
            yield Complaint(("secrets", name, "embedded"), text)


def _roles(promises: Promises) -> Iterator[Complaint]:
    for name, role in promises.roles.items():
        if isinstance(role, HeaderRole | BearerRole):
            place: Place = ("roles", name, "credential")
            if role.credential is None and not role.credentials:
                yield Complaint(place, "is missing; expected credential, or credentials for several")
            if role.credential is not None and role.credentials:
                yield Complaint(place, "expected either credential or credentials, came both")
            if len(set(role.credentials)) < len(role.credentials):
                yield Complaint(("roles", name, "credentials"), "expected each secret once")
        if isinstance(role, BasicRole) and ":" in role.username:
            yield Complaint(("roles", name, "username"), "expected a name without colon (RFC 7617 section 2)")
        if isinstance(role, CookieRole):
            yield from _anti_forgery(name, role)


def _anti_forgery(name: str, role: CookieRole) -> Iterator[Complaint]:
    if role.csrf_header and not role.csrf_cookie:
        text = "is missing; csrf_header repeats the value of that cookie"
        yield Complaint(("roles", name, "csrf_cookie"), text)
    if role.csrf_cookie and not (role.csrf_header or role.csrf_member):
        text = "is sent nowhere; expected csrf_member for the log-in, csrf_header for requests, or both"
        yield Complaint(("roles", name, "csrf_cookie"), text)
    if role.session_cookie and role.session_cookie == role.csrf_cookie:
        yield Complaint(("roles", name, "session_cookie"), "is csrf_cookie, which is set before anybody logs in")


def _schemas(promises: Promises) -> Iterator[Complaint]:
    for health in promises.health:
        if health.json_schema is not None and (wrong := wrong_schema(health.json_schema)):
            yield Complaint(("health", health.name, "schema"), wrong)
    for endpoint in promises.endpoints:
        if endpoint.json_schema is not None and (wrong := wrong_schema(endpoint.json_schema)):
            yield Complaint(("endpoints", endpoint.name, "schema"), wrong)


def _handshakes(promises: Promises) -> Iterator[Complaint]:
    for endpoint in promises.endpoints:
        if endpoint.websocket and (endpoint.method != "GET" or endpoint.body is not None):
            text = "expected method GET and no body: a handshake has no other (RFC 6455 section 4.1)"
            yield Complaint(("endpoints", endpoint.name, "websocket"), text)


def _components(promises: Promises) -> Iterator[Complaint]:
    for health in promises.health:
        for name in health.components:
            if name.startswith("/") and not POINTER.fullmatch(name):
                text = "expected the name of a component, or a JSON Pointer (RFC 6901) to it"
                yield Complaint(("health", health.name, "components", name), text)


def _errors(promises: Promises) -> Iterator[Complaint]:
    errors = promises.errors
    if errors and errors.members and "members" in errors.model_fields_set and not errors.is_json:
        text = f"{came(errors.media_type)} has no members; expected a media type of JSON, or no members"
        yield Complaint(("errors", "members"), text)
    if errors and errors.request_id_inbound and not errors.request_id_header:
        text = "is missing; request_id_inbound speaks of the header of that name"
        yield Complaint(("errors", "request_id_header"), text)


def _audit(promises: Promises) -> Iterator[Complaint]:
    if promises.audit and promises.audit.role in promises.audit.refused:
        yield Complaint(("audit", "refused"), f'role "{promises.audit.role}" is the one that may read it')


def _revocation(promises: Promises) -> Iterator[Complaint]:
    if not promises.revocation:
        return
    for endpoint in promises.endpoints:
        if endpoint.name == promises.revocation.probe and endpoint.method not in {"GET", "HEAD"}:
            text = f'expected an endpoint that is read by GET or HEAD; "{endpoint.name}" says {endpoint.method}'
            yield Complaint(("revocation", "probe"), text)


def _waivers(promises: Promises) -> Iterator[Complaint]:
    for waiver in promises.waivers:
        try:
            date.fromisoformat(waiver.until)
        except ValueError:
            text = f"expected a day of the calendar as YYYY-MM-DD, came {came(waiver.until)}"
            yield Complaint(("waivers", waiver.check, "until"), text)
