"""Whole runs against a cache of which nothing but its address and a few promises are known."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOP = (
    'version = 1\nname = "ours"\n[secrets]\ncache_address = { env = "OUR_CACHE" }\n[cache]\naddress = "cache_address"\n'
)


@pytest.fixture
def verified(tmp_path):
    """The state of each case of a run."""

    def run(address, promises):
        target = tmp_path / "ours.toml"
        target.write_text(TOP + promises)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "checks/test_cache.py", "--target", str(target), "-q", "-n", "0"],
            cwd=ROOT,
            env={**os.environ, "OUR_CACHE": address, "PRODVERIFY_REPORTS": str(tmp_path / "reports"), "CI": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        (record,) = (tmp_path / "reports" / "runs").glob("*/record.json")
        cases = json.loads(record.read_text())["checks"]
        return done, {case["id"].partition("::test_cache_")[2].removesuffix("[cache]"): case for case in cases}

    return run


def test_a_window_without_lookups_decides_nothing_but_evictions(started, verified):
    done, cases = verified(
        started("--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"),
        "hit_percent = 80\nevictions_per_second = 0\nwindow_seconds = 0.1\n"
        'policy = "allkeys-lru"\nmemory_percent = 50\n',
    )

    assert {
        "answers": "pass",
        "finds_what_it_is_asked_for": "inconclusive",
        "keeps_what_it_has": "pass",
        "has_its_policy": "pass",
        "has_room": "pass",
    } == {name: case["state"] for name, case in cases.items()}, done.stdout
    (found,) = cases["finds_what_it_is_asked_for"]["findings"]
    assert ("cache-not-looked-up", 10) == (found["rule"], done.returncode)


@pytest.mark.proof
def test_a_cache_that_tells_nothing_of_itself_answers_all_the_same(started, verified):
    done, cases = verified(started("--rename-command", "INFO", ""), 'policy = "allkeys-lru"\nhit_percent = 80\n')

    assert ("pass", "inconclusive", "inconclusive") == tuple(
        cases[name]["state"] for name in ("answers", "has_its_policy", "finds_what_it_is_asked_for")
    ), done.stdout
