"""Log-ins of the suite itself: a session cookie, or an OAuth 2 token by client credentials."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote, urlencode

from prodverify.record.findings import Unjudged, inconclusive
from prodverify.target.asking import CookieRole, OAuth2Role, TokenRole
from prodverify.wire.address import Address, split, visible
from prodverify.wire.attribution import TOO_MANY_REQUESTS
from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.page import field_value
from prodverify.wire.question import Question, lines

Pairs = tuple[tuple[str, str], ...]

_ACCEPT: Pairs = (("Accept", "application/json"),)
# What a browser's form asks for; a service may answer 406 to whoever takes JSON alone.
_ACCEPT_PAGE: Pairs = (("Accept", "text/html, application/json;q=0.9, */*;q=0.8"),)
_JSON: Pairs = (("Content-Type", "application/json"),)
_FORM: Pairs = (("Content-Type", "application/x-www-form-urlencoded"),)

_NOT_NOW = frozenset({404, 408, 425, TOO_MANY_REQUESTS})
"""Statuses below 500 of a service that is not up yet, or that asks for patience."""

# RFC 6749 appendix A.12: visible ASCII.
TOKEN = re.compile(r"[!-~]+")
_SECONDS = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_MAX_AGE = re.compile(r"-?[0-9]+")

Ask = Callable[[Question], Exchange]


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a log-in gave: header lines, and the seconds that they are good for."""

    lines: tuple[tuple[str, str], ...]
    expires_in_seconds: float = math.inf


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One log-in as it went: the cookies that came with it, and its answer, whatever that is."""

    presented: Mapping[str, str]
    answer: Exchange
    token: str
    """The anti-forgery token that was sent; empty where none is declared."""

    @property
    def cookies(self) -> dict[str, str]:
        """What a browser holds afterwards; what the answer deletes is gone."""
        set_now, _ = _cookies(self.answer.headers)
        deleted = _named(self.answer.headers) - set_now.keys()
        return {**{name: value for name, value in self.presented.items() if name not in deleted}, **set_now}

    def lines(self, declared: CookieRole) -> Pairs:
        """The header lines of a request after it: its cookies, and the anti-forgery token where one is declared."""
        return _presented(declared, self.cookies, self.token)


class LogInRefused(Unjudged):
    """The service answered and did not let us in."""


def with_cookie(
    role: str, declared: CookieRole, password: str, base_url: str, ask: Ask, *, browser: Pairs = ()
) -> Grant:
    """
    All cookies that the log-in sets, as one Cookie line, and the anti-forgery line where one is declared.

    ``browser``: the lines by which a browser says which site it is at.

    Raises LogInRefused where the service does not let us in, Unjudged where it does not answer.
    """
    tried = attempt(role, declared, password, base_url, ask, browser=browser)
    before, answer, endpoint = tried.presented, tried.answer, _place(declared, base_url)[0]
    if not 200 <= answer.status < 400:
        raise failed(role, endpoint, "a log-in that succeeds", f"status {answer.status}", answer.status)
    cookies, life = _cookies(answer.headers)
    new = {name for name, value in cookies.items() if before.get(name) != value and name != declared.csrf_cookie}
    if not ({declared.session_cookie} <= cookies.keys() if declared.session_cookie else new):
        wanted = f"the cookie {declared.session_cookie}" if declared.session_cookie else "a cookie"
        raise failed(
            role, endpoint, f"a log-in that sets {wanted}", f"status {answer.status} without it", answer.status
        )
    return Grant(_presented(declared, {**before, **cookies}, tried.token), life)


def attempt(
    role: str,
    declared: CookieRole,
    password: str,
    base_url: str,
    ask: Ask,
    *,
    username: str | None = None,
    cookies: Mapping[str, str] | None = None,
    browser: Pairs = (),
) -> Attempt:
    """
    One log-in and its answer, which nobody judged yet; ``cookies`` are in the browser before it.

    Raises LogInRefused where the log-in page gives no anti-forgery token, Unjudged where nothing answers.
    """
    held = dict(cookies or {})
    page = _page(role, declared, base_url, ask, held) if declared.csrf_member or declared.csrf_cookie else None
    before = {**held, **_cookies(page.headers)[0]} if page else held
    token = _token(role, declared, page, before) if page else ""
    name = declared.username if username is None else username
    members = {declared.username_member: name} if name else {}
    members[declared.password_member] = password
    if declared.csrf_member:
        members[declared.csrf_member] = token
    kind, body = encoded(declared, members)
    endpoint, address = _place(declared, base_url)
    more = [*browser]
    if before:
        more.append(("Cookie", _line(before)))
    if declared.csrf_header:
        more.append((declared.csrf_header, token))
    head = lines(_ACCEPT, kind, more)
    answer = answered(
        role, endpoint, Question("POST", address, visible(declared.login_path), head, body, role=role, own=True), ask
    )
    return Attempt(before, answer, token)


def encoded(declared: CookieRole | TokenRole, members: Mapping[str, object]) -> tuple[Pairs, bytes]:
    """Header lines and body of a request that is written as the role's log-in is."""
    if declared.encoding == "json":
        return _JSON, json.dumps(members).encode()
    return (*_FORM, *_ACCEPT_PAGE), urlencode(members).encode()


def _presented(declared: CookieRole, cookies: Mapping[str, str], token: str) -> Pairs:
    repeated = ((declared.csrf_header, anti_forgery(declared, cookies) or token),) if declared.csrf_header else ()
    return (("Cookie", _line(cookies)), *repeated)


def anti_forgery(declared: CookieRole, cookies: Mapping[str, str]) -> str:
    """The token in a cookie as scripts repeat it: they decode what a cookie cannot hold as it is."""
    return unquote(cookies.get(declared.csrf_cookie, ""))


def _place(declared: CookieRole, base_url: str) -> tuple[str, Address]:
    return base_url.rstrip("/") + declared.login_path, split(base_url)[0]


def _page(role: str, declared: CookieRole, base_url: str, ask: Ask, cookies: Mapping[str, str]) -> Exchange:
    """The log-in page, which hands out the anti-forgery token."""
    endpoint, address = _place(declared, base_url)
    head = lines(_ACCEPT_PAGE, (("Cookie", _line(cookies)),) if cookies else ())
    question = Question("GET", address, visible(declared.login_path), head, role=role, own=True)
    return answered(role, endpoint, question, ask)


def _token(role: str, declared: CookieRole, page: Exchange, cookies: Mapping[str, str]) -> str:
    if declared.csrf_cookie:
        token, place = anti_forgery(declared, cookies), f"the cookie {declared.csrf_cookie}"
    else:
        token, place = field_value(page.text, declared.csrf_member), f"a field {declared.csrf_member}"
    if not token:
        wanted = f"a log-in page with an anti-forgery token in {place}"
        raise failed(role, page.url, wanted, f"status {page.status} without it", page.status)
    return token


def with_client_credentials(role: str, declared: OAuth2Role, secret: str, base_url: str, ask: Ask) -> Grant:
    """A bearer token, RFC 6749 section 4.4. Raises Unjudged where none is given."""
    # RFC 6749 section 2.3.1: identifier and secret are form-encoded before they make a Basic credential.
    pair = f"{quote_plus(declared.client_id)}:{quote_plus(secret)}".encode("ascii")
    authorization = (("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}"),)
    form = {"grant_type": "client_credentials"} | ({"scope": declared.scope} if declared.scope else {})
    try:
        here = base_url.rstrip("/") if declared.token_url.startswith("/") else ""
        address, target = split(here + declared.token_url)
    except ValueError as error:
        raise failed(role, "token_url", "an http or https address", str(error)) from None
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
    answer = answered(role, endpoint, question, ask)
    if answer.status != 200:
        raise failed(role, endpoint, "a token", f"status {answer.status}", answer.status)
    try:
        members = answer.json()
    except ValueError:
        raise failed(role, endpoint, "a token as JSON", "another body") from None
    token = members.get("access_token") if isinstance(members, dict) else None
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        observed = "none" if token in (None, "") else "one that is no visible ASCII (RFC 6749 appendix A.12)"
        raise failed(role, endpoint, "a member access_token", observed)
    return Grant((("Authorization", f"Bearer {token}"),), stated_life(members.get("expires_in")))


def stated_life(stated: object) -> float:
    """
    Seconds (RFC 6749 section 5.1); some servers write them as a string, some leave them out.

    Where they say nothing that can be meant, a token is good until it is refused: one that has expired already would
    be asked for again before every request.
    """
    said = str(stated) if isinstance(stated, int | float | str) and not isinstance(stated, bool) else ""
    return float(said) if _SECONDS.fullmatch(said) and float(said) > 0 else math.inf


def answered(role: str, endpoint: str, question: Question, ask: Ask) -> Exchange:
    """The answer to a log-in of ``role``. Raises Unjudged naming both where there is none."""
    try:
        return ask(question)
    except Unjudged as error:
        raise failed(role, endpoint, "an answer", error.finding.observed) from error


def failed(role: str, endpoint: str, expected: str, observed: str, status: int = 500) -> Unjudged:
    """What to raise; ``status`` tells a log-in that the service refuses from one that it is not able to take now."""
    step = f"Check [roles.{role}] of the target file, its secret, and that endpoint."
    if status == TOO_MANY_REQUESTS:
        step = f"The service limits log-ins: let more time pass between runs, or let it limit role {role} less."
    finding = inconclusive("log-in-failed", f"{expected} for role {role} from {endpoint}", observed, next_step=step)
    return LogInRefused(finding) if status < 500 and status not in _NOT_NOW else Unjudged(finding)


def _line(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


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


def _named(headers: HeaderList) -> set[str]:
    """Names of all cookies that the answer speaks of, deletions included."""
    return {line.partition(";")[0].partition("=")[0].strip() for line in headers.all("set-cookie")}


def _max_age(attributes: list[str]) -> float:
    for attribute in attributes:
        name, _, seconds = attribute.strip().partition("=")
        if name.lower() == "max-age" and _MAX_AGE.fullmatch(seconds.strip()):
            return float(seconds)
    return math.inf
