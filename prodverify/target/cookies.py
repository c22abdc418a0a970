"""What is promised about cookies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import PositiveInt, Section


class CookieException(Section):
    """A cookie that a rule does not apply to."""

    cookie: str = Field(min_length=1, description="name of the cookie; * stands for anything")
    rule: str = Field(min_length=1, description="name of the rule, as its findings carry it")
    reason: str = Field(min_length=10, description="why")


class Cookies(Section):
    """``[cookies]``: who may read what browsers keep for us, and for how long."""

    session: tuple[str, ...] = Field(
        (), description="cookies that carry a session; absent: those without which a log-in opens nothing"
    )
    same_site: Literal["strict", "lax", "none"] | None = Field(
        None, description="SameSite that cookies of a session have at least; absent: a weak one is a warning"
    )
    lifetime_seconds: PositiveInt | None = Field(None, description="longest life of a session's cookie; absent: any")
    domains: tuple[str, ...] | None = Field(
        None, description="domains that cookies of a session are shared with; absent: sharing is a warning"
    )
    scripts: tuple[str, ...] = Field(
        (), description="further cookies that scripts read, as anti-forgery tokens; they need no HttpOnly"
    )
    ignore: tuple[str, ...] = Field(
        (), description="cookies that are not ours, as of a load balancer; * stands for anything"
    )
    exceptions: tuple[CookieException, ...] = Field((), description="rules that do not apply to a cookie, with reason")
