"""What is promised about logging in and out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from prodverify.target.section import JsonObject, Method, Name, Path, Section

MOST_TRIES = 3
"""Wrong log-ins that a known account is spared from being locked by (OWASP Authentication Cheat Sheet)."""
MOST_PAIRS = 10

Tries = Annotated[int, Field(ge=0, le=MOST_TRIES)]
Pairs = Annotated[int, Field(ge=0, le=MOST_PAIRS)]


class LogOut(Section):
    """The request by which a session ends."""

    method: Method = Field("POST", description="HTTP method; the check needs the permit writes")
    path: Path = Field(description="path to ask")
    body: JsonObject = Field(
        {}, description="body to send, written as the log-in's; the role's anti-forgery token is added"
    )


class Sessions(Section):
    """``[sessions]``: what a log-in gives and a log-out takes away."""

    role: str = Field(
        description="role of scheme cookie or token; an account of its own where there can be one session only"
    )
    protected: Name | None = Field(
        None,
        description="endpoint that the role reads and anonymous may not; absent: the first of that kind",
    )
    visitor_path: Path | None = Field(
        None, description="page that gives visitors a session cookie before they log in; absent: one is made up"
    )
    log_out: LogOut | None = Field(None, description="request that ends the session")
    unknown_username: str = Field("", description="user name that nobody has; absent: one is made up")
    tries: Tries = Field(
        0,
        description="wrong passwords that the account is tried with, to compare with an unknown user's; 0: none",
    )
    timing_pairs: Pairs = Field(
        0,
        description="further wrong passwords whose time is compared, asked again once if it differs; 0: none. Mind lock-outs",
    )
