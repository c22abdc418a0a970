"""Which load run a target file allows, by profile, role, limit and permit: judged before anything is sent."""

import pytest

from load.credentials import most_of_users
from load.target import Refused, choose, judged_slos, longest_of, plan_of
from prodverify.target.load_run import ThinkingUsers
from tests.loading.conftest import KEYS, TARGET

PROFILES = """
[load.profiles.ramp]
shape = "ramp"
rate_per_second = 60.0
[load.profiles.executing]
rate_per_second = 2.0
shares = { execution = 1.0 }
[[slos]]
name = "executed"
endpoints = ["execution"]
kind = "success"
objective_percent = 90.0
profiles = ["executing"]
"""
MORE_KEYS = '[roles.second]\nscheme = "header"\ncredential = "four"\n[secrets.four]\nenv = "LOAD_KEY_THREE"\n'
ENVIRON = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}


@pytest.fixture
def chosen(tmp_path):
    """The target of a file with these values and lines, as a load run chooses it."""

    def choosing(more="", after="", profile=None, **values):
        given = {
            "loads": "true",
            "writes": "true",
            "threshold": 300.0,
            "rate": 10.0,
            "duration": 20.0,
            "burst": 0.0,
            "stop_early": "false",
            "shares": "{ list = 1.0 }",
        }
        file = tmp_path / "loaded.toml"
        text = TARGET.format(port=1, more=more, **{**given, **values})
        file.write_text(text + after)
        return choose(str(file), read_only=False, environ=ENVIRON, profile=profile)

    return choosing


def refusal(chosen, *arguments, **values):
    with pytest.raises(Refused) as refused:
        chosen(*arguments, **values)
    return str(refused.value).partition(": ")[2]


def test_a_profile_has_other_arrivals_and_its_own_objectives(chosen):
    plans = {}
    for profile in (None, "ramp", "executing"):
        target = chosen(after=PROFILES, profile=profile)
        plan = plan_of(target.promises.load, 1)
        judged = [slo.name for slo in judged_slos(target.promises, target.profile)]
        plans[profile] = (plan.words, dict(plan.shares), judged)
    assert plans == {
        None: ("10 arrivals/s", {"list": 1.0}, ["fast"]),
        "ramp": ("a ramp up to 60 arrivals/s", {"list": 1.0}, ["fast"]),
        "executing": ("2 arrivals/s", {"execution": 1.0}, ["executed"]),
    }


def test_a_file_for_arrivals_that_nobody_names_is_refused(chosen, tmp_path):
    file = chosen().path
    with pytest.raises(Refused, match=r"--written: \[load\] has no hand-written arrivals; name them in load\.written"):
        choose(str(file), read_only=False, environ=ENVIRON, written=str(tmp_path / "ours.py"))


def test_an_unknown_profile_is_told_with_the_nearest_one(chosen):
    told = refusal(chosen, after=PROFILES, profile="rump")
    assert told == '--profile: [load] has no profile "rump"; did you mean "ramp"?'


def test_a_profile_under_which_nothing_is_judged_is_refused(chosen):
    only = PROFILES.replace('profiles = ["executing"]', 'profiles = ["ramp"]')
    told = refusal(chosen, after=only, profile="executing")
    assert told == (
        "no entry of [[slos]] covers an endpoint or journey of load.shares under profile executing,"
        " so that nothing would be judged."
    )


@pytest.mark.parametrize(("most", "allowed"), [(206, False), (207, True)])
def test_a_run_that_may_send_more_than_it_is_permitted_is_refused(chosen, most, allowed):
    values = {"more": f"max_requests = {most}", "shares": "{ list = 1.0, execution = 0.01 }"}
    if allowed:
        assert chosen(**values).promises.load.max_requests == most
    else:
        assert refusal(chosen, **values) == (
            "load.max_requests allows 206 requests, and this run may send 207:"
            " raise it, or lower the rate or the duration."
        )


def test_a_run_goes_on_no_further_than_it_is_permitted(chosen):
    promises = chosen(more="max_duration_seconds = 100.0\nmax_requests = 500").promises
    longest = longest_of(promises, plan_of(promises.load, 1))
    assert 45.0 < longest.duration_seconds <= 50.0
    assert longest.total <= 500


def test_the_limit_is_reckoned_with_how_far_a_run_may_go_on(chosen):
    values = {"shares": "{ list = 1.0, execution = 1.0 }", "rate": 10.0, "duration": 10.0}
    assert chosen(**values).promises.load.rate_per_second == 10.0
    told = refusal(chosen, more="max_duration_seconds = 60.0", **values)
    assert told.startswith("execution at 10 arrivals/s needs 6 credentials, because 60 requests in 60 s are accepted")


def test_each_role_needs_credentials_of_its_own(chosen):
    values = {"shares": "{ list = 1.0, execution = 1.0 }", "rate": 10.0, "duration": 20.0}
    told = refusal(chosen, more='roles = { execution = "second" }', after=MORE_KEYS, **values)
    assert told.startswith("execution at 10 arrivals/s needs 2 credentials")
    assert told.endswith("role second has 1: give it more, or lower the rate or the share.")


def test_thinking_users_count_for_the_limit_and_for_what_is_permitted(chosen):
    users = '[[load.users]]\nname = "execution"\ncount = 40\nthink_seconds = 10.0\n'
    told = refusal(chosen, more="max_requests = 205", after=users)
    assert "load.max_requests allows 205 requests, and this run may send 530" in told
    assert "execution at 10 arrivals/s needs 6 credentials" in told


def test_people_ask_no_more_than_is_reckoned():
    users = ThinkingUsers(name="list", count=40, think_seconds=10.0)
    assert most_of_users(users, 0.0) == 40
    assert most_of_users(users, 20.0) == 165  # 40 at first, 80 in the mean, and five times the root of 80


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (
            '[[load.users]]\nname = "execution"\ncount = 1\nthink_seconds = 9.0\n',
            "load.users names execution, which sends POST and needs the permit writes.",
        ),
    ],
)
def test_what_people_send_needs_the_permit_too(chosen, after, sentence):
    assert sentence in refusal(chosen, after=after, writes="false")


def test_a_websocket_is_no_load(chosen):
    socket = '[[endpoints]]\nname = "socket"\npath = "/socket"\nwebsocket = true\nroles = { loader = 101 }\n'
    told = refusal(chosen, after=socket, shares="{ list = 1.0, socket = 1.0 }")
    assert told == "load.shares names socket, which opens a WebSocket; a load run sends requests that are answered."


@pytest.mark.proof
def test_the_option_chooses_the_profile(chosen, run):
    file = chosen(after=PROFILES).path
    done = run("--target", file, "--profile", "ramps")
    assert (done.status, done.stdout) == (4, ""), done
    assert done.stderr == f'{file}: --profile: [load] has no profile "ramps"; did you mean "ramp"?\n'
