"""One stage for all tests of Relay: a real process on a real PostgreSQL, asked over HTTP."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.relay.stage import Stage
from prodverify.wire import clock
from tests.relay.receiving import Receiver

LOCAL = Path(__file__).resolve().parents[2] / "targets" / "local.toml"

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with Stage.start() as stage:
        yield stage


@pytest.fixture(scope="session")
def values(stage: Stage) -> Mapping[str, str]:
    return stage.values


@pytest.fixture(scope="session")
def local() -> dict[str, Any]:
    """What targets/local.toml promises."""
    return tomllib.loads(LOCAL.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def wire(values: Mapping[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=values["base_url"], timeout=10.0) as client:
        yield client


@pytest.fixture(scope="session")
def control(values: Mapping[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=values["control_url"], timeout=10.0) as client:
        yield client


@pytest.fixture
def switch(control: httpx.Client) -> Iterator[Callable[..., None]]:
    """Plants faults for one test; afterwards Relay is healthy and its data is as sown."""

    def switched(*names: str) -> None:
        assert control.put("/faults", json={"names": names}).status_code == 200

    yield switched
    switched()


@pytest.fixture
def fresh(switch: Callable[..., None]) -> None:
    """Limits untouched and the data as sown, before and after."""
    switch()


@pytest.fixture
def as_role(values: Mapping[str, str], wire: httpx.Client) -> Callable[[str], dict[str, str]]:
    """The header lines that a role of local.toml presents."""

    def lines(role: str) -> dict[str, str]:
        if role == "anonymous":
            return {}
        if role == "session":
            body = {"username": "developer", "password": values["session_password"]}
            with httpx.Client(base_url=wire.base_url) as apart:
                cookie = apart.post("/sessions", json=body).headers["set-cookie"]
            return {"Cookie": cookie.partition(";")[0]}
        if role == "machine":
            with httpx.Client(base_url=wire.base_url, auth=("machine", values["machine_secret"])) as apart:
                token = apart.post("/oauth/token", data={"grant_type": "client_credentials"}).json()["access_token"]
            return {"Authorization": f"Bearer {token}"}
        key = {"burster": "burst_key", "bystander": "other_key", "loader": "load_key_1"}.get(role, f"{role}_key")
        return {"X-API-Key": values[key]}

    return lines


@pytest.fixture
def ask(wire: httpx.Client, as_role: Callable[[str], dict[str, str]]) -> Ask:
    def asked(method: str, path: str, role: str = "anonymous", **more: Any) -> httpx.Response:
        headers = {**as_role(role), **more.pop("headers", {})}
        return wire.request(method, path, headers=headers, **more)

    return asked


@pytest.fixture
def execute(ask: Ask) -> Callable[..., httpx.Response]:
    """Previews and executes the action echo as a role."""

    def executed(role: str, **more: Any) -> httpx.Response:
        body = {"action": "echo", "arguments": {"text": "hello"}}
        token = ask("POST", "/actions/preview", role, json=body).json()["execution_token"]
        return ask("POST", "/actions/execute", role, json={"execution_token": token, **more})

    return executed


@pytest.fixture
def logged(stage: Stage) -> Callable[[str], dict[str, Any]]:
    """The log's line of one request; it is written before the answer's last byte is read, or very soon after."""

    def line(request_id: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            lines = map(json.loads, stage.log.read_text(encoding="utf-8").splitlines())
            answered = (line for line in lines if line["event"] == "request")
            return next((line for line in answered if line["request_id"] == request_id), None)

        return clock.poll(found, within_seconds=2.0, every_seconds=0.01, what=f"a log line of {request_id}")

    return line


@pytest.fixture
def receiver(fresh: None) -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()
