"""Log-ins that answer with a token in a JSON body, as many services have one of their own."""

from __future__ import annotations

import math

from prodverify.judges import pointer
from prodverify.target.asking import TokenRole
from prodverify.wire.address import split, visible
from prodverify.wire.exchange import Exchange
from prodverify.wire.login import TOKEN, Ask, Grant, answered, encoded, failed, stated_life
from prodverify.wire.question import Question, lines


def with_password(role: str, declared: TokenRole, password: str, base_url: str, ask: Ask) -> Grant:
    """
    The header line that presents the token, and its life where the answer states one.

    Raises LogInRefused where the service does not let us in, Unjudged where it does not answer.
    """
    endpoint = _endpoint(declared, base_url)
    answer = attempt(role, declared, declared.username, password, base_url, ask)
    if not 200 <= answer.status < 300:
        raise failed(role, endpoint, "a log-in that succeeds", f"status {answer.status}", answer.status)
    token = told(answer, declared.token_at)
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        observed = str(token) if isinstance(token, pointer.Absent) else "none, or one that is no visible ASCII"
        raise failed(role, endpoint, f"a token at {declared.token_at} of a JSON body", observed)
    life = stated_life(told(answer, declared.life_at)) if declared.life_at else math.inf
    return Grant(((declared.header, f"{declared.prefix}{token}"),), life)


def attempt(role: str, declared: TokenRole, username: str, password: str, base_url: str, ask: Ask) -> Exchange:
    """The answer to one log-in, which nobody judged yet. Raises Unjudged where nothing answers."""
    named = {declared.username_member: username} if username else {}
    kind, body = encoded(declared, {**declared.login_body, **named, declared.password_member: password})
    head = lines((("Accept", "application/json"),), kind)
    target = visible(declared.login_path)
    question = Question(declared.login_method, split(base_url)[0], target, head, body, role=role, own=True)
    return answered(role, _endpoint(declared, base_url), question, ask)


def told(answer: Exchange, at: str) -> object:
    """What a JSON body holds at a pointer; Absent where it holds nothing there, or is none."""
    try:
        document = answer.json()
    except ValueError:
        return pointer.Absent("another body")
    return pointer.lookup(document, at)


def _endpoint(declared: TokenRole, base_url: str) -> str:
    return base_url.rstrip("/") + declared.login_path
