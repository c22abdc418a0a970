"""The gate fits real limiters by a target file alone."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import verified
from tests.limiters import running
from tests.limiters.counting import REQUESTS, WINDOW_SECONDS

pytestmark = [
    running.needs("redis-server"),
    running.needs("nginx"),
    pytest.mark.usefixtures("boundaries"),  # which others judge: waited for while these wait
]

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
PATHS = ("relay-windows", "fixed", "blocking", "limited", "delayed")
KEYS = {"BURST_KEY": "burst-key-4711-a", "OTHER_KEY": "other-key-4712-b"}


@pytest.fixture
def addresses(counting: str, nginx: str) -> Mapping[str, str]:
    return {name: nginx if name in ("limited", "delayed") else counting for name in PATHS}


def judged(
    folder: Path, address: str, path: str, window: str, headers: str, which: str = "rate_limit"
) -> dict[str, dict[str, Any]]:
    """Every case of the rate limit, by its name, or ``which``."""
    target = folder / "limited.toml"
    text = TARGET.format(
        address=address, path=path, window=window, headers=headers, requests=REQUESTS, seconds=float(WINDOW_SECONDS)
    )
    target.write_text(text, encoding="utf-8")
    record = verified(target, KEYS, "-k", which, "-n", "0")
    return {check["id"].rpartition("::")[2]: check for check in record["checks"]}


def test_real_limiters_keep_what_their_target_files_promise(tmp_path, addresses):
    promised = {
        "relay-windows": ("clock", '["Retry-After", "X-RateLimit-Reset"]'),
        "limited": ("continuous", "[]"),
        "blocking": ("unknown", '["Retry-After"]'),
    }

    def verify(path: str) -> dict[str, dict[str, Any]]:
        (tmp_path / path).mkdir()
        return judged(tmp_path / path, addresses[path], path, *promised[path])

    with ThreadPoolExecutor(len(promised)) as pool:  # each of them waits most of the time
        found = dict(zip(promised, pool.map(verify, promised), strict=True))

    for path, cases in found.items():
        assert {} == {name: c["findings"] for name, c in cases.items() if c["state"] not in ("pass", "warn", "not_run")}
        kind = cases["test_limiter_is_of_the_declared_kind"]["facts"]["limiter_kind"]
        assert kind in (promised[path][0], "unknown"), path


@pytest.mark.proof
def test_twice_the_limit_where_two_windows_meet_fails_where_it_is_promised_not_to_be_served(tmp_path, addresses):
    further = f'[]\nboundary_burst = "refused"\nmax_wait_seconds = {3.0 * WINDOW_SECONDS}'
    cases = judged(tmp_path, addresses["relay-windows"], "relay-windows", "clock", further)
    case = cases.pop("test_limiter_is_of_the_declared_kind")

    assert ("fail", ["rate-limit-boundary-burst"]) == (case["state"], [found["rule"] for found in case["findings"]])
    assert case["facts"]["boundary_burst"].startswith(f"{REQUESTS} before it and {2 * REQUESTS} in all")
    assert {"pass"} == {other["state"] for other in cases.values()} - {"not_run", "warn"}


def test_a_limiter_of_another_kind_than_declared_is_told(tmp_path, addresses):
    name = "test_limiter_is_of_the_declared_kind"
    case = judged(tmp_path, addresses["fixed"], "fixed", "continuous", "[]", which=name)[name]

    assert "fail" == case["state"]
    assert ["rate-limit-kind-differs"] == [found["rule"] for found in case["findings"]]


def test_a_limiter_that_delays_and_never_refuses_is_not_judged(tmp_path, addresses):
    name = "test_limit_is_enforced"
    record = judged(tmp_path, addresses["delayed"], "delayed", "continuous", "[]", which=name)[name]

    assert ("inconclusive", ["rate-limit-burst-slow"]) == (record["state"], [f["rule"] for f in record["findings"]])
    assert len(record["exchanges"]) <= REQUESTS
