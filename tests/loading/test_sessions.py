"""Roles that log in do so before the first arrival, and again before what they were given ends."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from load.arrivals import Plan

TARGET = """
version = 1
name = "loaded"
base_url = "http://127.0.0.1:{port}"
[permits]
loads = true
[asking]
deadline_seconds = 2.0
[secrets]
password = {{ env = "LOAD_KEY_ONE" }}
client = {{ env = "LOAD_KEY_TWO" }}
[roles.browser]
scheme = "cookie"
login_path = "/sessions"
username = "somebody"
credential = "password"
[roles.machine]
scheme = "oauth2"
token_url = "/oauth"
client_id = "us"
credential = "client"
[roles.app]
scheme = "token"
login_path = "/tokens"
username = "somebody"
credential = "password"
life_at = "/expires_in"
[[endpoints]]
name = "page"
path = "/page"
roles = {{ browser = 200 }}
[[endpoints]]
name = "list"
path = "/list"
roles = {{ machine = 200 }}
[[endpoints]]
name = "feed"
path = "/feed"
roles = {{ app = 200 }}
[[slos]]
name = "answered"
endpoints = ["page", "list", "feed"]
kind = "success"
objective_percent = 90.0
[load]
rate_per_second = 60.0
duration_seconds = {duration}
warm_up_seconds = 0.5
stop_early = false
role = "browser"
roles = {{ list = "machine", feed = "app" }}
shares = {{ page = 1.0, list = 1.0, feed = 1.0 }}
"""
PLAN = {
    "shape": "constant",
    "pieces": [[1.5, 60.0, 60.0]],
    "warm_up_seconds": 0.5,
    "shares": [["page", 1.0], ["list", 1.0], ["feed", 1.0]],
    "seed": 1,
    "until_seconds": None,
}
PASSWORD = {"LOAD_KEY_ONE": "let-me-in-4f1d", "LOAD_KEY_TWO": "let-us-in-4f1d"}


@pytest.fixture
def letting_in(tmp_path):
    """Starts the service and writes a target file for it; gives both, and how often each path was answered how."""
    started = []

    def start(*, life=0, told=False, duration=1.5):
        log = tmp_path / "asked.log"
        script = Path(__file__).with_name("letting_in.py")
        process = subprocess.Popen(
            [sys.executable, script, log, str(life), str(int(told))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        file = tmp_path / "loaded.toml"
        file.write_text(TARGET.format(port=int(process.stdout.readline()), duration=duration))

        def asked():
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            return Counter((line["path"], line["status"]) for line in lines)

        return file, asked

    yield start
    for process in started:
        process.communicate(timeout=10)


def test_each_role_logs_in_once_and_all_workers_share_what_it_was_given(letting_in, run):
    file, asked = letting_in()
    done = run("--target", file, "--processes", "2", **PASSWORD)
    assert done.status in {0, 10}, done  # on a busy machine the generator is late
    sent = Counter(arrival.name for arrival in Plan.from_dict(PLAN).arrivals())
    assert asked() == {
        **dict.fromkeys([("/", 200), ("/sessions", 200), ("/oauth", 200), ("/tokens", 200)], 1),
        **{(f"/{name}", 200): count for name, count in sent.items()},
    }
    assert done.record["requests"] == sent.total() == 90
    assert "token-0-4f1d9a" not in done.stdout + done.stderr + str(done.record)


@pytest.mark.proof
def test_what_a_log_in_gave_is_replaced_before_it_ends(letting_in, run):
    file, asked = letting_in(life=2, told=True, duration=2.8)
    done = run("--target", file, **PASSWORD)
    assert done.status in {0, 10}, done  # on a busy machine the generator is late
    counted = asked()
    assert [path for path, status in counted if status != 200] == []
    assert min(counted[path, 200] for path in ("/sessions", "/oauth", "/tokens")) >= 2


@pytest.mark.proof
def test_a_session_that_the_service_ends_is_renewed_and_that_is_told(letting_in, run):
    file, asked = letting_in(life=1, duration=3.0)
    done = run("--target", file, **PASSWORD)
    counted = asked()
    assert counted["/page", 401] > 0
    assert counted["/sessions", 200] == 2
    assert "role browser was refused with status 401 and has logged in again" in done.stdout, done
    load = done.record["load"]
    refused = Counter(load["counts"]["page"]["errors"]) + Counter(load["delivered"]["warm_up_errors"])
    assert refused == {"status 401": counted["/page", 401]}
    assert counted["/page", 200] > 20


def test_a_log_in_that_is_refused_ends_the_run_before_anything_is_sent(letting_in, run):
    file, asked = letting_in()
    done = run("--target", file, LOAD_KEY_ONE="something-else", LOAD_KEY_TWO="let-us-in-4f1d")
    assert (done.status, done.folder) == (10, None), done
    assert "role browser" in done.stderr
    assert "Traceback" not in done.stderr
    assert asked() == {("/sessions", 401): 1}
