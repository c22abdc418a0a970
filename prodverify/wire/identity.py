"""As whom we ask: a role's credential as header lines; one token an identity a run, shared by all workers."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prodverify.record.findings import Finding
from prodverify.target.asking import BasicRole, BearerRole, CookieRole, HeaderRole, OAuth2Role, Role, TokenRole
from prodverify.target.load import Target
from prodverify.target.section import ANONYMOUS
from prodverify.wire import browser, clock, lockfile, login, sensitive, token_login
from prodverify.wire.exchange import Exchange
from prodverify.wire.login import Grant, LogInRefused
from prodverify.wire.question import Question
from prodverify.wire.redaction import Redactor
from prodverify.wire.unjudged import Refused

Lines = tuple[tuple[str, str], ...]
LoggingIn = CookieRole | OAuth2Role | TokenRole
"""Roles that are given their credential for another one."""

# A token is given up this share of its life, and at most this long, before it expires.
_MARGIN_SHARE = 0.2
_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    """A grant as the run's folder keeps it; ``good_until`` is on the monotonic clock."""

    lines: Lines
    good_until: float


class Identities:
    """
    Header lines for roles.

    ``ask`` carries a request of the suite itself. What is learned (tokens, cookies) is told to the redactor before
    it is used. A log-in that does not work raises Unjudged naming role and endpoint; one that is refused is not tried
    again in this run.
    """

    def __init__(self, target: Target, folder: Path, redactor: Redactor, ask: Callable[[Question], Exchange]) -> None:
        self._target = target
        self._folder = folder
        self._redactor = redactor
        self._ask = ask
        self._held: dict[str, _Held] = {}

    def lines(self, role: str, credential: int = 0) -> Lines:
        """The header lines of ``role``; ``credential`` chooses among several. Raises Refused for an unknown one."""
        if role == ANONYMOUS:
            return ()
        declared = self._declared(role)
        match declared:
            case HeaderRole():
                return ((declared.header, f"{declared.prefix}{self._secret(role, declared, credential)}"),)
            case BearerRole():
                return (("Authorization", f"Bearer {self._secret(role, declared, credential)}"),)
            case BasicRole():
                pair = f"{declared.username}:{self._target.secret(declared.credential)}".encode()
                encoded = base64.b64encode(pair).decode("ascii")
                self._redactor.learn(encoded, f"{role}_basic")
                return (("Authorization", f"Basic {encoded}"),)
            case CookieRole() | OAuth2Role() | TokenRole():
                return self._granted(role, declared, refused=None).lines

    def renewed(self, role: str, refused: Lines) -> Lines | None:
        """
        Header lines other than ``refused``, which the service did not take any more; None where ``role`` holds no
        token, or is declared as one that is rejected.

        Only the first worker that comes logs in again, the others get what it got.
        """
        declared = self._target.promises.roles.get(role)
        if not isinstance(declared, LoggingIn) or declared.expect == "rejected":
            return None
        return self._granted(role, declared, refused=refused).lines

    def attempt(
        self, role: str, *, username: str | None, password: str | None, cookies: Mapping[str, str]
    ) -> login.Attempt:
        """A log-in apart from the one that the run shares, with another name or password where they are given."""
        declared = self._declared(role)
        assert isinstance(declared, CookieRole | TokenRole), "only roles of scheme cookie or token log in"
        given = self._target.secret(declared.credential) if password is None else password
        if isinstance(declared, TokenRole):
            name = declared.username if username is None else username
            answer = token_login.attempt(role, declared, name, given, self._target.base_url, self._ask)
            token = token_login.told(answer, declared.token_at)
            if isinstance(token, str) and sensitive.value(token):
                self._redactor.learn(token, f"{role}_token")
            return login.Attempt({}, answer, "")
        site = browser.lines(self._target, declared.login_path)
        return login.attempt(
            role, declared, given, self._target.base_url, self._ask, username=username, cookies=cookies, browser=site
        )

    def site(self, role: str) -> Lines:
        """The site that the browser of ``role`` is at, as it says with unsafe methods; only cookies are in browsers."""
        browsing = isinstance(self._target.promises.roles.get(role), CookieRole)
        return browser.lines(self._target, "/") if browsing else ()

    def _declared(self, role: str) -> Role:
        try:
            return self._target.promises.roles[role]
        except KeyError:
            raise Refused(
                "role-not-declared",
                f"a role named {role} in the target file",
                f"it has {', '.join(self._target.promises.roles) or 'none'}",
                f"Declare [roles.{role}], or ask as another role.",
            ) from None

    def _secret(self, role: str, declared: HeaderRole | BearerRole, credential: int) -> str:
        names = declared.credentials or ((declared.credential,) if declared.credential else ())
        if not 0 <= credential < len(names):
            raise Refused(
                "credential-not-declared",
                f"credential number {credential + 1} of role {role}",
                f"it has {len(names)}",
                f"Add to credentials in [roles.{role}] of the target file.",
            )
        return self._target.secret(names[credential])

    def _granted(self, role: str, declared: LoggingIn, *, refused: Lines | None) -> _Held:
        held = self._held.get(role)
        if held is not None and _good(held, refused):
            return held
        digest = hashlib.sha256(role.encode()).hexdigest()[:16]
        with lockfile.held(self._folder / f"identity-{digest}") as shared:
            kept = json.loads(lockfile.read(shared) or b"{}")
            if "refused" in kept:
                raise LogInRefused(Finding.from_dict(kept["refused"]))
            held = _read(kept)
            if held is None or not _good(held, refused):
                try:
                    held = _aged(self._logged_in(role, declared))
                except LogInRefused as refusal:
                    # Asking again is no use, and a service may lock an account that fails to log in many times.
                    lockfile.write(shared, json.dumps({"refused": refusal.finding.as_dict()}).encode())
                    raise
                self._learn(role, held)
                lockfile.write(shared, json.dumps(asdict(held)).encode())
        self._learn(role, held)
        self._held[role] = held
        return held

    def _logged_in(self, role: str, declared: LoggingIn) -> Grant:
        secret = self._target.secret(declared.credential)
        if isinstance(declared, CookieRole):
            site = browser.lines(self._target, declared.login_path)
            return login.with_cookie(role, declared, secret, self._target.base_url, self._ask, browser=site)
        if isinstance(declared, TokenRole):
            return token_login.with_password(role, declared, secret, self._target.base_url, self._ask)
        return login.with_client_credentials(role, declared, secret, self._target.base_url, self._ask)

    def _learn(self, role: str, held: _Held) -> None:
        declared = self._declared(role)
        session = declared.session_cookie if isinstance(declared, CookieRole) else ""
        before = declared.prefix if isinstance(declared, TokenRole) else "Bearer "
        for name, value in held.lines:
            if name == "Cookie":
                pairs = [pair.partition("=")[::2] for pair in value.split("; ")]
                for cookie, content in pairs:
                    # A cookie may also hold a language or a theme, whose words stand in innocent text.
                    if cookie == session or len(pairs) == 1 or sensitive.value(content):
                        self._redactor.learn(content, f"{role}_cookie")
            else:
                self._redactor.learn(value.removeprefix(before), f"{role}_token")


def _aged(grant: Grant) -> _Held:
    life = grant.expires_in_seconds
    margin = min(life * _MARGIN_SHARE, _MARGIN_SECONDS)
    return _Held(grant.lines, math.inf if life == math.inf else clock.monotonic() + life - margin)


def _good(held: _Held, refused: Lines | None) -> bool:
    return clock.monotonic() < held.good_until and held.lines != refused


def _read(kept: dict[str, Any]) -> _Held | None:
    return _Held(tuple((name, value) for name, value in kept["lines"]), kept["good_until"]) if kept else None
