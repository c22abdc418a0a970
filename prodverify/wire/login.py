"""Log-ins of the suite itself: a session cookie, or an OAuth 2 token by client credentials."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from prodverify.record.findings import Unjudged, inconclusive
from prodverify.target.asking import CookieRole, OAuth2Role
from prodverify.wire.address import split, visible
from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.question import Question, lines

_ACCEPT = (("Accept", "application/json"),)
_JSON = (("Content-Type", "application/json"),)
_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)

Ask = Callable[[Question], Exchange]


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a log-in gave: one header line, and the seconds that it is good for."""

    header: str
    value: str
    expires_in_seconds: float = math.inf


def with_cookie(role: str, declared: CookieRole, password: str, base_url: str, ask: Ask) -> Grant:
    """All cookies that the log-in sets, as one Cookie line. Raises Unjudged where it refuses or sets none."""
    members = {declared.username_member: declared.username} if declared.username else {}
    members[declared.password_member] = password
    if declared.encoding == "json":
        kind, body = _JSON, json.dumps(members).encode()
    else:
        kind, body = _FORM, urlencode(members).encode()
    endpoint = base_url.rstrip("/") + declared.login_path
    address, _ = split(base_url)
    question = Question("POST", address, visible(declared.login_path), lines(_ACCEPT, kind), body, role=role, own=True)
    answer = _answered(role, endpoint, question, ask)
    if not 200 <= answer.status < 400:
        raise _failed(role, endpoint, "a log-in that succeeds", f"status {answer.status}")
    cookies, life = _cookies(answer.headers)
    if not cookies:
        raise _failed(role, endpoint, "a log-in that sets a cookie", f"status {answer.status} without Set-Cookie")
    return Grant("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()), life)


def with_client_credentials(role: str, declared: OAuth2Role, secret: str, ask: Ask) -> Grant:
    """A bearer token, RFC 6749 section 4.4. Raises Unjudged where none is given."""
    # RFC 6749 section 2.3.1: identifier and secret are form-encoded before they make a Basic credential.
    pair = f"{quote_plus(declared.client_id)}:{quote_plus(secret)}".encode("ascii")
    authorization = (("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}"),)
    form = {"grant_type": "client_credentials"} | ({"scope": declared.scope} if declared.scope else {})
    try:
        address, target = split(declared.token_url)
    except ValueError as error:
        raise _failed(role, "token_url", "an http or https address", str(error)) from None
    question = Question(
        "POST",
        address,
        visible(target),
        lines(_ACCEPT, _FORM, authorization),
        urlencode(form).encode(),
        role=role,
        own=True,
    )
    endpoint = f"{address}{target.split('?')[0]}"
    answer = _answered(role, endpoint, question, ask)
    if answer.status != 200:
        raise _failed(role, endpoint, "a token", f"status {answer.status}")
    try:
        members = answer.json()
    except ValueError:
        raise _failed(role, endpoint, "a token as JSON", "another body") from None
    token = members.get("access_token") if isinstance(members, dict) else None
    if not isinstance(token, str) or not token:
        raise _failed(role, endpoint, "a member access_token", "none")
    life = members.get("expires_in")
    # RFC 6749 section 5.1: seconds; some servers write them as a string, some leave them out.
    seconds = float(life) if isinstance(life, int | float) or (isinstance(life, str) and life.isdecimal()) else math.inf
    return Grant("Authorization", f"Bearer {token}", seconds)


def _answered(role: str, endpoint: str, question: Question, ask: Ask) -> Exchange:
    try:
        return ask(question)
    except Unjudged as error:
        raise _failed(role, endpoint, "an answer", error.finding.observed) from error


def _failed(role: str, endpoint: str, expected: str, observed: str) -> Unjudged:
    return Unjudged(
        inconclusive(
            "log-in-failed",
            f"{expected} for role {role} from {endpoint}",
            observed,
            next_step=f"Check [roles.{role}] of the target file, its secret, and that endpoint.",
        )
    )


def _cookies(headers: HeaderList) -> tuple[dict[str, str], float]:
    """Cookies that are set, and the seconds of the shortest-lived; those that are deleted are left out."""
    cookies: dict[str, str] = {}
    life = math.inf
    for line in headers.all("set-cookie"):
        pair, *attributes = line.split(";")
        name, equals, value = pair.strip().partition("=")
        age = _max_age(attributes)
        if not equals or age <= 0:
            cookies.pop(name, None)
        else:
            cookies[name] = value
            life = min(life, age)
    return cookies, life


def _max_age(attributes: list[str]) -> float:
    for attribute in attributes:
        name, _, seconds = attribute.strip().partition("=")
        if name.lower() == "max-age" and seconds.strip().lstrip("-").isdecimal():
            return float(seconds)
    return math.inf
