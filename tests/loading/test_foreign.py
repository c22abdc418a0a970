"""A load run fits services that nobody here wrote, by a target file alone: Prometheus, Django, Verdaccio."""

import os
import shutil

import pytest

from tests.examples.foreign import free_port, serving
from tests.services.running import HERE, KNOWN, running

TARGET = """
version = 1
name = "prometheus"
base_url = "http://127.0.0.1:{port}"
[permits]
loads = true
writes = true
[[health]]
name = "ready"
kind = "ready"
path = "/-/ready"
[[endpoints]]
name = "query"
path = "/api/v1/query?query=sum%20by%20(handler)%20(rate(prometheus_http_requests_total%5B1m%5D))"
roles = {{ anonymous = 200 }}
[[endpoints]]
name = "mistake"
path = "/api/v1/query"
roles = {{ anonymous = 400 }}
[[slos]]
name = "queries"
endpoints = ["query", "posted"]
threshold_ms = 500.0
objective_percent = 90.0
[load]
rate_per_second = 100.0
duration_seconds = 3.0
warm_up_seconds = 0.5
burst_seconds = 0.0
role = "anonymous"
shares = {{ query = 6.0, mistake = 1.0, posted = 1.0 }}
written = {{ posted = "posted.py" }}
[load.profiles.ramp]
shape = "ramp"
rate_per_second = 200.0
duration_seconds = 3.0
warm_up_seconds = 0.5
"""
POSTED = """
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def posted(client):
    client.ask("POST", "/api/v1/query", body=b"query=up", headers=FORM, expect=200)
"""


@pytest.mark.proof
@pytest.mark.parametrize("profile", ["default", "ramp"])
def test_prometheus_under_load_keeps_what_its_target_file_promises(tmp_path, run, profile):
    program, port = shutil.which("prometheus"), free_port()
    if program is None and not os.environ.get("CI"):
        pytest.skip("prometheus is not installed")
    (tmp_path / "prometheus.yml").write_text("global: {}\n")
    (tmp_path / "posted.py").write_text(POSTED)
    target = tmp_path / "prometheus.toml"
    target.write_text(TARGET.format(port=port))
    command = [
        program,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with serving(command, port, tmp_path / "prometheus.log"):
        done = run("--target", target, "--profile", profile)
    assert done.status in {0, 10}, done  # beside other tests the generator may be late; nothing is NO-GO
    counts = done.record["load"]["counts"]
    assert [name for name, count in counts.items() if count["errors"]] == []
    assert done.record["load"]["delivered"]["arrivals"] == done.record["load"]["plan"]["arrivals"] == 300


LOGGED_IN = """
[[slos]]
name = "behind-the-log-in"
endpoints = ["{behind}", "page"]
role = "alice"
kind = "success"
objective_percent = 90.0
[load]
shape = "stages"
warm_up_seconds = 0.5
burst_seconds = 0.0
stop_early = false
role = "anonymous"
roles = {{ {behind} = "alice" }}
shares = {{ {behind} = 1.0, page = 1.0 }}
stages = [{{ seconds = 1.0, rate_per_second = 20.0 }}, {{ seconds = 2.0, rate_per_second = 60.0 }}]
"""


@pytest.mark.proof
@pytest.mark.parametrize(("name", "behind"), [("django-on", "account"), ("verdaccio", "package")])
def test_what_lies_behind_their_log_in_is_asked_by_whoever_logged_in(tmp_path, run, name, behind):
    if (missing := KNOWN[name].missing) and not os.environ.get("CI"):
        pytest.skip(f"{missing} is not installed")
    target = tmp_path / "theirs.toml"
    with running(name, tmp_path) as service:
        text = (HERE / KNOWN[name].target).read_text().replace("URL", service.url)
        text = text.replace("[permits]", "[permits]\nloads = true")
        target.write_text(text + LOGGED_IN.format(behind=behind))
        done = run("--target", target, **service.secrets)
    assert done.status in {0, 10}, done
    counts = done.record["load"]["counts"]
    assert {each: count["errors"] for each, count in counts.items()} == {behind: {}, "page": {}}
    assert done.record["load"]["delivered"]["arrivals"] == done.record["load"]["plan"]["arrivals"] == 100
