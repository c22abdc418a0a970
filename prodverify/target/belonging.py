"""Rules of ``[sessions]``, ``[cookies]``, ``[[objects]]``, ``[openapi]``, ``[cache]``: references, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodverify.target import cache, recovery
from prodverify.target.asking import CookieRole, Endpoint, TokenRole
from prodverify.target.objects import PLACEHOLDER, Object
from prodverify.target.section import ANONYMOUS
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises

_IDENTIFIER = re.compile(r"(?!\.+$)[!-~]+")
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What these sections cannot mean, references by name apart."""
    yield from _sessions(promises)
    yield from _cookies(promises)
    for declared in promises.objects:
        yield from _object(declared)
    yield from _openapi(promises)
    yield from cache.complaints(promises)
    yield from recovery.complaints(promises)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a role, and the name."""
    if promises.sessions:
        yield ("sessions", "role"), promises.sessions.role
    for declared in promises.objects:
        place: Place = ("objects", declared.name)
        if declared.owner is not None:
            yield (*place, "owner"), declared.owner
        for number, role in enumerate(declared.strangers):
            yield (*place, "strangers", number), role
        for number, write in enumerate(declared.writes):
            for index, role in enumerate(write.roles):
                yield (*place, "writes", number, "roles", index), role
    if promises.openapi:
        yield ("openapi", "role"), promises.openapi.role
        yield ("openapi", "generated_role"), promises.openapi.generated_role
    if promises.cache:
        yield ("cache", "role"), promises.cache.role


def endpoints_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names an endpoint, and the name."""
    if promises.sessions and promises.sessions.protected is not None:
        yield ("sessions", "protected"), promises.sessions.protected
    if promises.cache and promises.cache.endpoint is not None:
        yield ("cache", "endpoint"), promises.cache.endpoint


def paths(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every path of these sections; an id's place in it is held by a zero."""
    if promises.sessions:
        if promises.sessions.visitor_path is not None:
            yield ("sessions", "visitor_path"), promises.sessions.visitor_path
        if promises.sessions.log_out:
            yield ("sessions", "log_out", "path"), promises.sessions.log_out.path
    for declared in promises.objects:
        place: Place = ("objects", declared.name)
        yield (*place, "path"), declared.path.replace(PLACEHOLDER, "0")
        if declared.listed_path is not None:
            yield (*place, "listed_path"), declared.listed_path
        for number, write in enumerate(declared.writes):
            if write.path is not None:
                yield (*place, "writes", number, "path"), write.path.replace(PLACEHOLDER, "0")
    if promises.openapi:
        for key, path in (("path", promises.openapi.path), ("base_path", promises.openapi.base_path)):
            if path:
                yield ("openapi", key), path


def protected(promises: Promises, role: str) -> Endpoint | None:
    """The endpoint that tells whether a session is open: the declared one, else the first that only a session opens."""
    named = promises.sessions.protected if promises.sessions else None
    for endpoint in promises.endpoints:
        if named in (None, endpoint.name) and _tells(endpoint, role):
            return endpoint
    return None


def _tells(endpoint: Endpoint, role: str) -> bool:
    status, without = endpoint.roles.get(role, 0), endpoint.roles.get(ANONYMOUS, 200)
    return endpoint.method == "GET" and 200 <= status < 300 and not 200 <= without < 300


def _sessions(promises: Promises) -> Iterator[Complaint]:
    declared = promises.sessions
    if not declared or not (role := promises.roles.get(declared.role)):
        return
    if not isinstance(role, CookieRole | TokenRole):
        text = f'expected a role of scheme "cookie" or "token"; "{declared.role}" is {role.scheme}'
        yield Complaint(("sessions", "role"), text)
        return
    if isinstance(role, TokenRole) and declared.visitor_path is not None:
        text = f'means nothing: role "{declared.role}" is given a token, and visitors have none'
        yield Complaint(("sessions", "visitor_path"), text)
    known = declared.protected is None or any(one.name == declared.protected for one in promises.endpoints)
    if known and protected(promises, declared.role) is None:
        key = "is missing; expected" if declared.protected is None else "expected"
        text = f'{key} an endpoint with method GET that "{declared.role}" gets 2xx from and anonymous does not'
        yield Complaint(("sessions", "protected"), text)
    if not role.username:
        for name, given in (("tries", declared.tries), ("timing_pairs", declared.timing_pairs)):
            if given:
                text = f'means nothing: role "{declared.role}" has no username that could be unknown'
                yield Complaint(("sessions", name), text)
    if declared.unknown_username and declared.unknown_username == role.username:
        yield Complaint(("sessions", "unknown_username"), f'is the name of role "{declared.role}"')


def _cookies(promises: Promises) -> Iterator[Complaint]:
    for number, name in enumerate(promises.cookies.session if promises.cookies else ()):
        if not _COOKIE_NAME.fullmatch(name):
            text = f"expected the name of a cookie (RFC 6265 section 4.1.1), came {came(name)}"
            yield Complaint(("cookies", "session", number), text)


def _object(declared: Object) -> Iterator[Complaint]:
    place: Place = ("objects", declared.name)
    if PLACEHOLDER not in declared.path:
        yield Complaint((*place, "path"), f"expected {PLACEHOLDER} where the id stands, came {came(declared.path)}")
    for key, value in (("id", declared.id), ("missing_id", declared.missing_id)):
        if value is not None and not _IDENTIFIER.fullmatch(value):
            yield Complaint((*place, key), "expected visible ASCII characters, and more than dots")
    for number, write in enumerate(declared.writes):
        if write.path is not None and PLACEHOLDER not in write.path:
            text = f"expected {PLACEHOLDER} where the id stands, came {came(write.path)}"
            yield Complaint((*place, "writes", number, "path"), text)
        if write.method in ("GET", "HEAD", "OPTIONS"):
            text = f"expected a method that writes; {write.method} reads, which [[endpoints]] judges by roles"
            yield Complaint((*place, "writes", number, "method"), text)
        for index, role in enumerate(write.roles):
            if role in write.roles[:index]:
                yield Complaint((*place, "writes", number, "roles", index), f"names {came(role)} a second time")
    yield from _reading(declared, place)


def _reading(declared: Object, place: Place) -> Iterator[Complaint]:
    if declared.strangers:
        if declared.owner is None:
            yield Complaint((*place, "owner"), "is missing; strangers are told apart from the role that may read it")
        if bool(declared.listed_path) == bool(declared.id):
            came_what = "both" if declared.id else "neither"
            yield Complaint((*place, "listed_path"), f"expected either listed_path or id, came {came_what}")
        if declared.owner in declared.strangers:
            yield Complaint((*place, "strangers"), f'role "{declared.owner}" is the owner')
    elif not declared.writes:
        yield Complaint((*place, "strangers"), "is missing; expected strangers, writes or both")
    if bool(declared.listed_path) != (declared.id_at is not None):
        missing = "id_at" if declared.listed_path else "listed_path"
        yield Complaint((*place, missing), "is missing; listed_path and id_at belong together")
    if declared.writes and not declared.strangers and declared.missing_id is None:
        yield Complaint((*place, "missing_id"), "is missing; nothing tells the shape of an id here")


def _openapi(promises: Promises) -> Iterator[Complaint]:
    declared = promises.openapi
    if declared and bool(declared.path) == bool(declared.file):
        came_what = "both" if declared.file else "neither"
        yield Complaint(("openapi", "path"), f"expected either path or file, came {came_what}")
    for number, method in enumerate(declared.generated_methods if declared else ()):
        if declared and method in declared.generated_methods[:number]:
            yield Complaint(("openapi", "generated_methods", number), f"names {came(method)} a second time")
    if declared and declared.base_path and not declared.base_path.startswith("/"):
        yield Complaint(
            ("openapi", "base_path"), f"expected a path that begins with /, came {came(declared.base_path)}"
        )
