"""Names in a target file that are declared twice, or that name nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prodverify.target import (
    aiming,
    arriving,
    belonging,
    cors,
    drilling,
    keeping,
    observing,
    policies,
    probes,
    receiving,
    watching,
)
from prodverify.target.asking import BearerRole, HeaderRole, Role
from prodverify.target.model import Promises
from prodverify.target.promises import REFUSALS
from prodverify.target.section import ANONYMOUS
from prodverify.target.wording import Complaint, Place, came, nearest


@dataclass(frozen=True, slots=True)
class Declared:
    """The names that a file declares, also those of entries with mistakes in them."""

    roles: tuple[str, ...]
    secrets: tuple[str, ...]
    endpoints: tuple[str, ...]
    journeys: tuple[str, ...]

    @classmethod
    def by(cls, said: Mapping[str, Any]) -> Declared:
        """The names in ``said``, whatever else is wrong with it."""
        return cls(
            roles=_keys(said, "roles"),
            secrets=_keys(said, "secrets"),
            endpoints=_names(said, "endpoints"),
            journeys=_names(said, "journeys"),
        )


def complaints(promises: Promises, said: Mapping[str, Any]) -> Iterator[Complaint]:
    """Names that are declared twice, and references that name nothing."""
    declared = Declared.by(said)
    yield from _twice(said)
    yield from _repeated(promises)
    yield from _called_alike(promises)
    if ANONYMOUS in declared.roles:
        yield Complaint(("roles", ANONYMOUS), "anonymous is the role without credential; give this one another name")
    for place, role in roles_used(promises):
        if role not in declared.roles and role != ANONYMOUS:
            yield Complaint(place, f"no role {came(role)}{nearest(role, (*declared.roles, ANONYMOUS))}")
    for place, journey in _journeys_used(promises):
        if journey not in declared.journeys:
            yield Complaint(place, f"no journey {came(journey)}{nearest(journey, declared.journeys)}")
    requests = (*declared.endpoints, *declared.journeys, *arriving.written_names(promises))
    for place, request in _requests_used(promises):
        if request not in requests:
            yield Complaint(place, f"no endpoint or journey {came(request)}{nearest(request, requests)}")
    if promises.revocation and (probe := promises.revocation.probe) not in declared.endpoints:
        yield Complaint(("revocation", "probe"), f"no endpoint {came(probe)}{nearest(probe, declared.endpoints)}")
    for place, endpoint_named in (*belonging.endpoints_used(promises), *observing.endpoints_used(promises)):
        if endpoint_named not in declared.endpoints:
            yield Complaint(place, f"no endpoint {came(endpoint_named)}{nearest(endpoint_named, declared.endpoints)}")
    mistakes = [endpoint.name for endpoint in promises.endpoints if endpoint.profile == "error"]
    for name in (name for name in mistakes if name in REFUSALS):
        text = f'is a kind of refusal; an endpoint with profile "error" needs a name of its own: {", ".join(REFUSALS)}'
        yield Complaint(("endpoints", name, "name"), f"{text} are taken")
    refusals = (*REFUSALS, *mistakes)
    for number, exception in enumerate(promises.errors.exceptions if promises.errors else ()):
        if exception.refusal not in refusals:
            text = f"no kind of refusal {came(exception.refusal)}{nearest(exception.refusal, refusals)}"
            yield Complaint(("errors", "exceptions", number, "refusal"), text)
    if promises.cors:
        methods = {endpoint.name: endpoint.method for endpoint in promises.endpoints}
        yield from cors.complaints(promises.cors, declared.endpoints, methods, promises.base_url)
    yield from probes.complaints(promises, declared.endpoints)
    if headers := promises.headers:
        words = policies.named(headers.policy).words
        for number, rule in ((n, e.rule) for n, e in enumerate(headers.exceptions) if e.rule not in words):
            text = f'policy "{headers.policy}" has no rule or finding {came(rule)}{nearest(rule, words)}'
            yield Complaint(("headers", "exceptions", number, "rule"), text)
        if headers.on_all_answers and not headers.asked.on_all_answers:
            text = f'means nothing with policy "{headers.policy}", which says itself what it asks of which answers'
            yield Complaint(("headers", "on_all_answers"), text)
    for place, secret in _secrets_used(promises):
        if secret not in declared.secrets:
            # What stands here is not quoted: it may be the secret itself, written where its name belongs.
            yield Complaint(place, f"names no secret of [secrets]{nearest(secret, declared.secrets)}")


def credentials_of(role: Role) -> tuple[str, ...]:
    """The names of the secrets that a role uses."""
    if isinstance(role, HeaderRole | BearerRole):
        return ((role.credential,) if role.credential is not None else ()) + role.credentials
    return (role.credential,)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place that names a role, and the name."""
    for health in promises.health:
        yield ("health", health.name, "role"), health.role
    for endpoint in promises.endpoints:
        for role in endpoint.roles:
            yield ("endpoints", endpoint.name, "roles", role), role
    if limit := promises.rate_limit:
        yield ("rate_limit", "role"), limit.role
        if limit.other_role is not None:
            yield ("rate_limit", "other_role"), limit.other_role
        if limit.second_role is not None:
            yield ("rate_limit", "second_role"), limit.second_role
    if promises.log_in_limit:
        yield ("log_in_limit", "role"), promises.log_in_limit.role
    for number, tokens in enumerate(promises.tokens):
        yield ("tokens", number, "role"), tokens.role
    for webhook in promises.webhooks:
        yield ("webhooks", webhook.name, "role"), webhook.role
        if webhook.other_role is not None:
            yield ("webhooks", webhook.name, "other_role"), webhook.other_role
        if webhook.pull:
            yield ("webhooks", webhook.name, "pull", "role"), webhook.pull.role
    yield from receiving.roles_used(promises)
    yield from aiming.roles_used(promises)
    if audit := promises.audit:
        yield ("audit", "role"), audit.role
        for number, role in enumerate(audit.refused):
            yield ("audit", "refused", number), role
    if promises.revocation:
        yield ("revocation", "role"), promises.revocation.role
    yield from belonging.roles_used(promises)
    yield from observing.roles_used(promises)
    yield from watching.roles_used(promises)
    for entry in promises.migrations:
        yield ("migrations", entry.label, "role"), entry.role
    for slo in promises.slos:
        yield ("slos", slo.name, "role"), slo.role
    yield from arriving.roles_used(promises)


def _journeys_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    if promises.rate_limit:
        yield ("rate_limit", "journey"), promises.rate_limit.journey
    for webhook in promises.webhooks:
        yield ("webhooks", webhook.name, "journey"), webhook.journey


def _requests_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    for slo in promises.slos:
        for number, name in enumerate(slo.endpoints):
            yield ("slos", slo.name, "endpoints", number), name
    yield from arriving.requests_used(promises)


def _secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    for name, role in promises.roles.items():
        if isinstance(role, HeaderRole | BearerRole):
            for number, secret in enumerate(role.credentials):
                yield ("roles", name, "credentials", number), secret
        if role.credential is not None:
            yield ("roles", name, "credential"), role.credential
    for number, tokens in enumerate(promises.tokens):
        for key, held in tokens.worthless.items():
            if held is not None:
                yield ("tokens", number, key), held
    for webhook in promises.webhooks:
        for key in ("secret", "previous_secret", "other_secret"):
            if (named := getattr(webhook, key)) is not None:
                yield ("webhooks", webhook.name, key), named
    yield from receiving.secrets_used(promises)
    yield from keeping.secrets_used(promises)
    yield from drilling.secrets_used(promises)
    yield from observing.secrets_used(promises)
    yield from watching.secrets_used(promises)
    if promises.database:
        yield ("database", "dsn"), promises.database.dsn
        for pool in promises.database.pools:
            yield ("database", "pools", pool.name, "dsn"), pool.dsn
    if promises.cache:
        yield ("cache", "address"), promises.cache.address


def _twice(said: Mapping[str, Any]) -> Iterator[Complaint]:
    for section in ("health", "endpoints", "journeys", "webhooks", "receivers", "slos", "objects"):
        for name, entries in Counter(_names(said, section)).items():
            if entries > 1:
                yield Complaint((section, name, "name"), f"{entries} entries have this name; expected one")
    both = set(_names(said, "endpoints")) & set(_names(said, "journeys"))
    for name in sorted(both):
        yield Complaint(
            ("journeys", name, "name"), "an endpoint has this name too; [[slos]] and [load] could mean either"
        )


def _repeated(promises: Promises) -> Iterator[Complaint]:
    lists: list[tuple[Place, tuple[str, ...]]] = [
        (("slos", slo.name, "endpoints"), slo.endpoints) for slo in promises.slos
    ]
    if promises.audit:
        lists.append((("audit", "refused"), promises.audit.refused))
    for place, names in lists:
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Complaint((*place, number), f"names {came(name)} a second time")


def _called_alike(promises: Promises) -> Iterator[Complaint]:
    """Two names joined by - make the name of a case, which no other case may have."""
    endpoints = {endpoint.name: endpoint.roles for endpoint in promises.endpoints}
    cells = [("endpoints", name, role) for name, roles in endpoints.items() for role in roles]
    samples = [
        ("slos", slo.name, name) for slo in promises.slos if slo.sample for name in slo.endpoints if name in endpoints
    ]
    owners: dict[tuple[str, str], str] = {}
    for section, owner, name in (*cells, *samples):
        case = f"{owner}-{name}"
        other = owners.setdefault((section, case), owner)
        if other != owner:
            text = f'its case "{case}" is called like one of "{other}"; give one of the two another name'
            yield Complaint((section, owner, "name"), text)


def _keys(said: Mapping[str, Any], section: str) -> tuple[str, ...]:
    table = said.get(section)
    return tuple(table) if isinstance(table, dict) else ()


def _names(said: Mapping[str, Any], section: str) -> tuple[str, ...]:
    entries = said.get(section)
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return tuple(name for name in names if isinstance(name, str))
