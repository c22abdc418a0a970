"""Rules about where requests go: addresses, hosts, header names and paths of a target file."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.target import belonging
from prodverify.target.addresses import (
    CREDENTIALS,
    FRAMING,
    OURS,
    VALUE,
    is_loopback,
    origin_of,
    wrong_header,
    wrong_host,
    wrong_listener,
    wrong_path,
    wrong_url,
)
from prodverify.target.asking import CookieRole, HeaderRole, OAuth2Role, TokenRole
from prodverify.target.model import Promises
from prodverify.target.probing import Callback
from prodverify.target.webhooks import Webhook
from prodverify.target.wording import Complaint, Place, came

_DATA = {"database", "migrations", "database_schema", "cache", "backups", "recovery", "monitoring"}
_OF_ANY_TARGET = {"version", "name", "environment", "owner", "permits", "asking", "secrets", "waivers", "slos"}


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Addresses, hosts, header names and paths that nothing can be sent to or read from."""
    yield from _base_url(promises)
    yield from _asking(promises)
    yield from _token_urls(promises)
    for webhook in promises.webhooks:
        if webhook.pull:
            yield from _pull(webhook, promises)
        else:
            yield from listener(("webhooks", webhook.name), webhook, promises.base_url)
    for place, header in _headers(promises):
        if wrong := wrong_header(header):
            # What stands here is not quoted: it may be a whole header line, credential included.
            yield Complaint(place, wrong)
    for place, header in _carriers(promises):
        if header.lower() in FRAMING:
            yield Complaint(place, f"{header} frames the message; it cannot carry a credential")
    yield from _lines(promises)
    for place, path in _paths(promises):
        if wrong := wrong_path(path):
            yield Complaint(place, wrong)


def _lines(promises: Promises) -> Iterator[Complaint]:
    for name, role in promises.roles.items():
        if isinstance(role, HeaderRole | TokenRole) and role.prefix and not VALUE.fullmatch(role.prefix.rstrip(" ")):
            yield Complaint(("roles", name, "prefix"), 'expected visible ASCII characters, as "Token "')
    for header in promises.asking.headers:
        if header.lower() in OURS:
            yield Complaint(("asking", "headers", header), f"{header} is what the suite says of itself; it stays")
    sent: list[tuple[Place, dict[str, str]]] = [(("asking", "headers"), promises.asking.headers)]
    sent += [(("endpoints", endpoint.name, "headers"), endpoint.headers) for endpoint in promises.endpoints]
    if promises.monitoring:
        sent.append((("monitoring", "headers"), promises.monitoring.headers))
    for place, headers in sent:
        for header, value in headers.items():
            if wrong := wrong_header(header):
                yield Complaint(place, wrong)
            elif header.lower() in CREDENTIALS:
                yield Complaint(
                    (*place, header), "carries a credential; declare a role, whose secret stands in no file"
                )
            elif header.lower() in FRAMING:
                yield Complaint((*place, header), f"{header} frames the message; it is sent by itself")
            elif not VALUE.fullmatch(value):
                yield Complaint((*place, header), "expected visible ASCII characters, spaces only inside")


def _base_url(promises: Promises) -> Iterator[Complaint]:
    if promises.embedded:
        if promises.base_url is not None:
            text = "forbidden beside [embedded]: the embedded service makes up its own; remove one of the two"
            yield Complaint(("base_url",), text)
    elif promises.base_url is None:
        if not _about_data_alone(promises):
            yield Complaint(("base_url",), 'is missing; expected the address of the service, as "https://api.example"')
    elif wrong := wrong_url(promises.base_url, origin_only=True):
        yield Complaint(("base_url",), wrong)


def _about_data_alone(promises: Promises) -> bool:
    """Whether nothing is promised of any HTTP service, so that none needs to be asked."""
    said = promises.model_fields_set
    return bool(said & _DATA) and said <= _DATA | _OF_ANY_TARGET


def _asking(promises: Promises) -> Iterator[Complaint]:
    asking = promises.asking
    for number, host in enumerate(asking.hosts):
        if wrong := wrong_host(host):
            yield Complaint(("asking", "hosts", number), wrong)
    if asking.proxy and (wrong := wrong_url(asking.proxy, origin_only=True)):
        yield Complaint(("asking", "proxy"), wrong)
    if asking.client_key and not asking.client_certificate:
        yield Complaint(("asking", "client_certificate"), "is missing; client_key is the key of a certificate")


def _token_urls(promises: Promises) -> Iterator[Complaint]:
    for name, role in promises.roles.items():
        if not isinstance(role, OAuth2Role):
            continue
        place = ("roles", name, "token_url")
        if role.token_url.startswith("/"):
            if wrong := wrong_path(role.token_url):
                yield Complaint(place, wrong)
        elif wrong := wrong_url(role.token_url, origin_only=False):
            yield Complaint(place, wrong)
        elif not may_be_asked(origin_of(role.token_url), promises):
            host = allowing(origin_of(role.token_url))[-1]
            yield Complaint(place, f'its host may not be asked; add "{host}" to hosts in [asking]')


def may_be_asked(origin: str, promises: Promises) -> bool:
    """Whether requests may go to ``origin``, which is ``host:port``."""
    if promises.base_url is None or wrong_url(promises.base_url, origin_only=True):
        return True  # which hosts may be asked is not known yet
    allowed = {host.lower() for host in promises.asking.hosts} | {origin_of(promises.base_url)}
    return not allowed.isdisjoint(allowing(origin))


def allowing(origin: str) -> tuple[str, ...]:
    """What allows ``origin`` in the list of hosts, the shortest last: a host alone stands for its usual ports."""
    host, _, port = origin.rpartition(":")
    return (origin, host) if port in {"80", "443"} else (origin,)


def listener(place: Place, ours: Webhook | Callback, base_url: str | None) -> Iterator[Complaint]:
    """What is wrong about where we listen, and how the service would reach us there."""
    if wrong := wrong_listener(ours.listen):
        yield Complaint((*place, "listen"), f"{wrong}, came {came(ours.listen)}")
        return
    if ours.public_url:
        if wrong := wrong_url(ours.public_url, origin_only=False):
            yield Complaint((*place, "public_url"), wrong)
        return
    host = ours.listen.rpartition(":")[0].strip("[]")
    if host in {"0.0.0.0", "::"}:
        text = f"is missing; {host} means every address of this machine, and no service can deliver to that"
        yield Complaint((*place, "public_url"), text)
    elif is_loopback(host) and base_url and not _is_here(base_url):
        text = f"is missing; the service is elsewhere and cannot deliver to {host}: name the address that reaches us"
        yield Complaint((*place, "public_url"), text)


def _pull(webhook: Webhook, promises: Promises) -> Iterator[Complaint]:
    assert webhook.pull is not None
    place, address = ("webhooks", webhook.name, "pull", "address"), webhook.pull.address
    if address.startswith("/"):
        if wrong := wrong_path(address):
            yield Complaint(place, wrong)
    elif wrong := wrong_url(address, origin_only=False):
        yield Complaint(place, f"{wrong}, or a path of the service itself")
    elif not may_be_asked(origin_of(address), promises):
        host = allowing(origin_of(address))[-1]
        yield Complaint(place, f'its host may not be asked; add "{host}" to hosts in [asking]')
    if webhook.public_url and (wrong := wrong_url(webhook.public_url, origin_only=False)):
        yield Complaint(("webhooks", webhook.name, "public_url"), wrong)


def _is_here(base_url: str) -> bool:
    return bool(wrong_url(base_url, origin_only=True)) or is_loopback(origin_of(base_url).rpartition(":")[0])


def _headers(promises: Promises) -> Iterator[tuple[Place, str]]:
    asking = promises.asking
    for key, header in (("application_header", asking.application_header), ("version_header", asking.version_header)):
        if header:
            yield ("asking", key), header
    yield from _carriers(promises)
    for name, role in promises.roles.items():
        if isinstance(role, CookieRole) and role.csrf_header:
            yield ("roles", name, "csrf_header"), role.csrf_header
    if limit := promises.rate_limit:
        for number, header in enumerate(limit.headers):
            yield ("rate_limit", "headers", number), header
        for number, header in enumerate(limit.accepted_headers):
            yield ("rate_limit", "accepted_headers", number), header
    for number, header in enumerate(promises.log_in_limit.headers if promises.log_in_limit else ()):
        yield ("log_in_limit", "headers", number), header
    if promises.errors and promises.errors.request_id_header:
        yield ("errors", "request_id_header"), promises.errors.request_id_header
    for webhook in promises.webhooks:
        for key in ("header", "timestamp_header", "id_header", "request_id_header"):
            if header := getattr(webhook, key):
                yield ("webhooks", webhook.name, key), header


def _carriers(promises: Promises) -> Iterator[tuple[Place, str]]:
    for name, role in promises.roles.items():
        if isinstance(role, HeaderRole | TokenRole):
            yield ("roles", name, "header"), role.header
    if promises.revocation:
        yield ("revocation", "header"), promises.revocation.header


def _paths(promises: Promises) -> Iterator[tuple[Place, str]]:
    for name, role in promises.roles.items():
        if isinstance(role, CookieRole | TokenRole):
            yield ("roles", name, "login_path"), role.login_path
    for health in promises.health:
        yield ("health", health.name, "path"), health.path
    for endpoint in promises.endpoints:
        yield ("endpoints", endpoint.name, "path"), endpoint.path
    for journey in promises.journeys:
        for number, step in enumerate(journey.steps):
            yield ("journeys", journey.name, "steps", number, "path"), step.path
    if promises.headers and promises.headers.redirect_path:
        yield ("headers", "redirect_path"), promises.headers.redirect_path
    if promises.errors and promises.errors.missing_path:
        yield ("errors", "missing_path"), promises.errors.missing_path
    if promises.audit:
        yield ("audit", "path"), promises.audit.path
    if promises.revocation:
        yield ("revocation", "create", "path"), promises.revocation.create.path
        yield ("revocation", "revoke_path"), promises.revocation.revoke_path
    yield from belonging.paths(promises)
    for entry in promises.migrations:
        if entry.reported_path:
            yield ("migrations", entry.label, "reported_path"), entry.reported_path
        if entry.code_path:
            yield ("migrations", entry.label, "code_path"), entry.code_path
