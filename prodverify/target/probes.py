"""Rules of ``[identity]`` and ``[[tokens]]``: endpoints that can be probed, and tokens that can be forged upon."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from prodverify.target.addresses import FRAMING, VALUE, origin_of, wrong_header, wrong_path, wrong_url
from prodverify.target.asking import BasicRole, Endpoint
from prodverify.target.model import Promises
from prodverify.target.probing import Callback
from prodverify.target.reach import allowing, listener, may_be_asked
from prodverify.target.section import ANONYMOUS
from prodverify.target.wording import Complaint, Place, came, nearest

# RFC 9110 sections 11.1 and 5.6.2.
_SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER = re.compile(r"[A-Za-z0-9._\[\]-]+")


def complaints(promises: Promises, declared: Collection[str]) -> Iterator[Complaint]:
    """What the two sections say and cannot mean; ``declared`` are the names of all endpoints."""
    yield from _endpoints(promises, declared)
    for number, scheme in enumerate(promises.identity.schemes):
        if scheme and not _SCHEME.fullmatch(scheme):
            yield Complaint(
                ("identity", "schemes", number), f'expected the name of a scheme, as "Token", came {came(scheme)}'
            )
    for number, name in enumerate(promises.identity.cookies):
        if not _SCHEME.fullmatch(name):  # both are tokens
            text = f'expected the name of a cookie (RFC 6265 section 4.1.1), as "api_key", came {came(name)}'
            yield Complaint(("identity", "cookies", number), text)
    for number, name in enumerate(promises.identity.query_parameters):
        if not _PARAMETER.fullmatch(name):
            text = f'expected the name of a parameter, as "api_key", came {came(name)}'
            yield Complaint(("identity", "query_parameters", number), text)
    yield from _edge_headers(promises)
    yield from _tokens(promises)


def _endpoints(promises: Promises, declared: Collection[str]) -> Iterator[Complaint]:
    right = {endpoint.name: endpoint for endpoint in promises.endpoints}
    for number, name in enumerate(promises.identity.endpoints):
        place: Place = ("identity", "endpoints", number)
        if name not in declared:
            yield Complaint(place, f"no endpoint {came(name)}{nearest(name, tuple(declared))}")
        elif name in promises.identity.endpoints[:number]:
            yield Complaint(place, f"names {came(name)} a second time")
        elif name in right and not _closed(right[name]):
            text = "expected an endpoint with method GET that a role gets 2xx from and anonymous does not"
            yield Complaint(place, f'{text}; "{name}" is none')


def _closed(endpoint: Endpoint) -> bool:
    """Whether a refusal can be told from a success there."""
    accepted = any(200 <= status < 300 for status in endpoint.roles.values())
    return endpoint.method == "GET" and accepted and not 200 <= endpoint.roles.get(ANONYMOUS, 401) < 300


def _edge_headers(promises: Promises) -> Iterator[Complaint]:
    for header, value in promises.identity.edge_headers.items():
        place: Place = ("identity", "edge_headers", header)
        if wrong := wrong_header(header):
            yield Complaint(("identity", "edge_headers"), wrong)
        elif header.lower() in FRAMING:
            yield Complaint(place, f"{header} frames the message; it is sent by itself")
        elif not VALUE.fullmatch(value):
            yield Complaint(place, "expected visible ASCII characters, spaces only inside")


def _tokens(promises: Promises) -> Iterator[Complaint]:
    seen: set[str] = set()
    for number, tokens in enumerate(promises.tokens):
        place: Place = ("tokens", number)
        if tokens.role in seen:
            yield Complaint((*place, "role"), f"names {came(tokens.role)} a second time")
        seen.add(tokens.role)
        if tokens.role == ANONYMOUS or isinstance(promises.roles.get(tokens.role), BasicRole):
            yield Complaint((*place, "role"), f"{came(tokens.role)} presents no token")
        if tokens.callback:
            yield from _callback((*place, "callback"), tokens.callback, promises)
        if not tokens.jwks:
            continue
        relative = tokens.jwks.startswith("/")
        if wrong := wrong_path(tokens.jwks) if relative else wrong_url(tokens.jwks, origin_only=False):
            yield Complaint((*place, "jwks"), wrong)
        elif not relative and not may_be_asked(origin_of(tokens.jwks), promises):
            host = allowing(origin_of(tokens.jwks))[-1]
            yield Complaint((*place, "jwks"), f'its host may not be asked; add "{host}" to hosts in [asking]')


def _callback(place: Place, callback: Callback, promises: Promises) -> Iterator[Complaint]:
    wrong = list(listener(place, callback, promises.base_url))
    yield from wrong
    if callback.public_url and not wrong and not may_be_asked(origin_of(callback.public_url), promises):
        host = allowing(origin_of(callback.public_url))[-1]
        text = f'cannot be tried, so that its silence would prove nothing; add "{host}" to hosts in [asking]'
        yield Complaint((*place, "public_url"), text)
