"""The gate fits real limiters by a target file alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import verified
from tests.limiters import running
from tests.limiters.counting import REQUESTS, WINDOW_SECONDS

pytestmark = [running.needs("redis-server"), running.needs("nginx")]

TARGET = """
version = 1
name = "limited"
base_url = "{address}"
[permits]
bursts = true
[secrets]
burst_key = {{ env = "BURST_KEY" }}
other_key = {{ env = "OTHER_KEY" }}
[roles.burster]
scheme = "header"
credential = "burst_key"
[roles.bystander]
scheme = "header"
credential = "other_key"
[[health]]
name = "limited"
kind = "ready"
path = "/{path}"
role = "bystander"
[[journeys]]
name = "limited"
[[journeys.steps]]
method = "GET"
path = "/{path}"
[rate_limit]
requests = {requests}
window_seconds = {seconds}
window = "{window}"
role = "burster"
other_role = "bystander"
journey = "limited"
headers = {headers}
"""
KEYS = {"BURST_KEY": "burst-key-4711-a", "OTHER_KEY": "other-key-4712-b"}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    counted, nginxed = tmp_path_factory.mktemp("counting"), tmp_path_factory.mktemp("nginx")
    with running.counting(counted) as counting, running.nginx(nginxed) as nginx:
        yield {"relay-windows": counting, "fixed": counting, "limited": nginx}


def judged(folder: Path, address: str, path: str, window: str, headers: str) -> dict[str, dict[str, Any]]:
    """Every case of the rate limit, by its name."""
    target = folder / "limited.toml"
    text = TARGET.format(
        address=address, path=path, window=window, headers=headers, requests=REQUESTS, seconds=float(WINDOW_SECONDS)
    )
    target.write_text(text, encoding="utf-8")
    record = verified(target, KEYS, "-k", "rate_limit")
    return {check["id"].rpartition("::")[2]: check for check in record["checks"]}


@pytest.mark.parametrize(
    ("path", "window", "headers"),
    [("relay-windows", "clock", '["Retry-After", "X-RateLimit-Reset"]'), ("limited", "continuous", "[]")],
)
def test_a_real_limiter_keeps_what_its_target_file_promises(tmp_path, addresses, path, window, headers):
    cases = judged(tmp_path, addresses[path], path, window, headers)

    assert {} == {name: c["findings"] for name, c in cases.items() if c["state"] not in ("pass", "warn", "not_run")}
    assert cases["test_limiter_is_of_the_declared_kind"]["facts"]["limiter_kind"] in (window, "unknown")


@pytest.mark.proof
def test_twice_the_limit_where_two_windows_meet_fails_where_it_is_promised_not_to_be_served(tmp_path, addresses):
    further = f'[]\nboundary_burst = "refused"\nmax_wait_seconds = {3.0 * WINDOW_SECONDS}'
    cases = judged(tmp_path, addresses["relay-windows"], "relay-windows", "clock", further)
    case = cases.pop("test_limiter_is_of_the_declared_kind")

    assert ("fail", ["rate-limit-boundary-burst"]) == (case["state"], [found["rule"] for found in case["findings"]])
    assert case["facts"]["boundary_burst"].startswith(f"{REQUESTS} before it and {2 * REQUESTS} in all")
    assert {"pass"} == {other["state"] for other in cases.values()} - {"not_run", "warn"}


def test_a_limiter_of_another_kind_than_declared_is_told(tmp_path, addresses):
    case = judged(tmp_path, addresses["fixed"], "fixed", "continuous", "[]")["test_limiter_is_of_the_declared_kind"]

    assert "fail" == case["state"]
    assert ["rate-limit-kind-differs"] == [found["rule"] for found in case["findings"]]
