"""What a caller can see of sessions, of what belongs to others, and of the document in which Relay describes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import httpx

from fixtures.relay.session_cookie import COOKIE

Facts = dict[str, Any]
Ask = Callable[..., httpx.Response]
_PLANTED = "planted-by-somebody-else-0001"
_NOBODY = UUID(int=7)


def sessions(ask: Ask, values: Mapping[str, str]) -> Facts:
    right = {"username": "developer", "password": values["session_password"]}
    first = _token(ask("POST", "/sessions", json=right))
    planted = ask("POST", "/sessions", json=right, headers={"Cookie": f"{COOKIE}={_PLANTED}"})
    second, held = _token(planted), {"Cookie": f"{COOKIE}={first}"}
    wrong = [ask("POST", "/sessions", json={**right, "password": "wrong"}) for _ in range(7)]
    return {
        "adopted": second == _PLANTED,
        "apart": first[:20] != second[:20],
        "long": len(first) > 30,
        "log-out": ask("DELETE", "/sessions", headers=held).status_code,
        "after it": ask("GET", "/actions", headers=held).status_code,
        "wrong": [answer.status_code for answer in wrong],
        "same": _told(wrong[0]) == _told(ask("POST", "/sessions", json={**right, "username": "nobody"})),
    }


def log_in_limit(ask: Ask) -> Facts:
    wrong = {"username": "nobody", "password": "wrong"}
    answers = [ask("POST", "/sessions", json=wrong) for _ in range(11)]
    other = ask("POST", "/sessions", json={**wrong, "username": "somebody"})
    told = answers[-1].headers.get("retry-after", "0")
    waits = told.isdigit() and 50 <= int(told) <= 60
    return {"statuses": [answer.status_code for answer in (*answers, other)], "waits": waits}


def cookies(ask: Ask, values: Mapping[str, str]) -> Facts:
    right = {"username": "developer", "password": values["session_password"]}
    given = ask("POST", "/sessions", json=right).headers["set-cookie"]
    return {"attributes": given.split("; ")[1:], "refused": ask("GET", "/actions").headers.get("set-cookie")}


def objects(ask: Ask) -> Facts:
    known = ask("GET", "/executions", "viewer").json()["executions"][0]["id"]
    seen = {one: ask("GET", f"/executions/{one}", "bystander") for one in (known, _NOBODY)}
    writes = {
        role: ask("DELETE", f"/api-keys/{_NOBODY}", role).status_code for role in ("admin", "developer", "viewer")
    }
    return {"writes": writes, "own": ask("GET", f"/executions/{known}", "viewer").json()["id"] == known} | {
        f"stranger {one == known}": (answer.status_code, answer.json().get("detail"), answer.json().get("id"))
        for one, answer in seen.items()
    }


def coverage(ask: Ask) -> Facts:
    answer = ask("GET", "/openapi.json")
    return {
        "status": answer.status_code,
        "type": answer.headers["content-type"],
        "text": answer.text.partition("request_id")[0],
        "actor": ask("GET", "/audit?actor=nobody", "admin").status_code,
    }


def _token(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def _told(answer: httpx.Response) -> tuple[Any, ...]:
    body = {name: value for name, value in answer.json().items() if name != "request_id"} if answer.content else {}
    lines = {name for name in answer.headers if name not in ("date", "x-request-id")}
    return answer.status_code, body, len(answer.content), lines, answer.headers.get("www-authenticate")
