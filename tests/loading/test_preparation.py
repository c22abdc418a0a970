"""What is promised of a request is what is sent and counted: head lines, roles, statuses and thresholds."""

import pytest

from load.preparation import prepare
from load.target import choose
from tests.loading.conftest import KEYS, TARGET

MORE = """
[asking.headers]
accept = "application/json"
[secrets.pass]
env = "LOAD_KEY_THREE"
[roles.basic]
scheme = "basic"
username = "us"
credential = "pass"
[[endpoints]]
name = "put"
method = "PUT"
path = "/put%20it"
headers = { Content-Type = "application/vnd.ours+json" }
body = { a = 1 }
roles = { basic = 409 }
[[slos]]
name = "strict"
endpoints = ["list", "put"]
role = "loader"
threshold_ms = 50.0
objective_percent = 99.0
agreement_percent = 95.0
agreement_threshold_ms = 500.0
"""
TARGET = TARGET.replace("[asking]\ndeadline_seconds = 2.0\n", "")


@pytest.fixture
def prepared(tmp_path):
    def preparing(more="", *, promised=True, strict="default", **values):
        given = {
            "loads": "true",
            "writes": "true",
            "threshold": 300.0,
            "rate": 4.0,
            "duration": 20.0,
            "burst": 0.0,
            "stop_early": "false",
            "shares": "{ list = 1.0, put = 1.0, execution = 1.0 }",
            "more": 'roles = { put = "basic" }' + more,
        }
        file = tmp_path / "loaded.toml"
        text = TARGET.format(port=1, **{**given, **values}) + MORE + f'profiles = ["{strict}"]\n'
        file.write_text(text.replace("roles = { loader = 200 }", "") if not promised else text)
        keys = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}
        target = choose(str(file), read_only=False, environ=keys)
        return prepare(target, run_id="run-1", seed=1)

    return preparing


def lines(request):
    return request.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_each_name_is_asked_as_its_own_role(prepared):
    works = prepared().works
    listed = [lines(works["list"].steps[0].request(turn, {})) for turn in range(3)]
    assert ["X-API-Key: key-one-4f1d" in each for each in listed] == [True, False, True]
    assert ["X-API-Key: key-two-4f1d" in each for each in listed] == [False, True, False]
    put = lines(works["put"].steps[0].request(0, {}))
    assert put[0] == "PUT /put%20it HTTP/1.1"
    assert sum(line.startswith("Authorization: Basic ") for line in put) == 1
    assert not any(line.startswith("X-API-Key") for line in put)


def test_what_the_target_file_says_replaces_what_is_sent_by_itself(prepared):
    works = prepared().works
    for work in works.values():
        for step in work.steps:
            names = [line.partition(":")[0].lower() for line in lines(step.request(0, {}))[1:]]
            assert len(names) == len(set(names))
    assert "accept: application/json" in lines(works["list"].steps[0].request(0, {}))
    assert "Content-Type: application/vnd.ours+json" in lines(works["put"].steps[0].request(0, {}))
    assert "Content-Type: application/json" in lines(works["execution"].steps[0].request(0, {}))


def test_good_is_the_promised_status_or_any_below_400(prepared):
    works = prepared().works
    assert [works["put"].steps[0].good(status) for status in (200, 409)] == [False, True]
    assert [works["list"].steps[0].good(status) for status in (200, 204, 301)] == [True, False, False]
    unpromised = prepared(promised=False).works["list"].steps[0]
    assert [unpromised.good(status) for status in (204, 399, 400)] == [True, True, False]


def test_thresholds_of_objective_and_agreement_are_counted(prepared):
    ready = prepared()
    assert ready.thresholds == {"list": (50.0, 300.0, 500.0), "put": (50.0, 500.0), "execution": ()}
    assert ready.lag_limit_ms == 5.0


def test_an_objective_that_this_run_does_not_judge_asks_no_punctuality_of_it(prepared):
    soak = "\n[load.profiles.soak]\nrate_per_second = 4.0"
    assert prepared(soak).lag_limit_ms == 5.0
    assert prepared(soak, strict="soak").lag_limit_ms == 30.0


def test_a_run_may_go_on_as_far_as_it_is_permitted(prepared):
    ready = prepared(more="\nmax_duration_seconds = 30.0")
    assert (ready.plan.duration_seconds, ready.longest.duration_seconds) == (20.0, 30.0)
    assert ready.most_requests >= 160  # a third of 120 arrivals asks twice
    assert prepared(more="\nmax_requests = 400").most_requests == 400
