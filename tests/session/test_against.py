"""A candidate is compared with a baseline that has a file, a budget and secrets of its own, and is only read."""

from __future__ import annotations

import tomllib
from contextlib import nullcontext

import pytest

from fixtures.turns import must_differ
from prodverify.objectives.fingerprint import slos_hash
from prodverify.record.findings import Unjudged
from prodverify.target.load import load
from prodverify.target.slos import Slo
from tests.session.small import SmallService
from tests.session.suite import WORKERS_IN_PROOF

CASE = "test_comparison.py::test_candidate_is_no_worse[things-things]"
THEIR_KEY = "key-of-the-baseline-7311"
SLO = """
[[slos]]
name = "things"
endpoints = ["things"]
role = "user"
kind = "success"
objective_percent = 90.0
sample = 100
max_sample = 300
"""


@pytest.fixture
def other():
    """A second service, which knows another key."""
    with SmallService.started() as service:
        service.keys["1"] = THEIR_KEY
        yield service


@pytest.fixture
def compared(verify, target, other):
    """Runs the comparison of the small service with the other one."""

    def run(*arguments, permits="", **how):
        theirs = target(name="baseline.toml", url=how.pop("url", other.url), permits=permits, **how)
        theirs.write_text(theirs.read_text().replace("SMALL_KEY", "THEIR_KEY"))
        return verify(
            "checks/test_comparison.py", "--target", target(SLO), "--against", theirs, *arguments, THEIR_KEY=THEIR_KEY
        )

    return run


def things(service):
    return [asked for asked in service.asked if asked.path == "/things"]


@WORKERS_IN_PROOF
def test_both_are_asked_in_turn_each_with_its_own_key(compared, small, other, workers):
    run = compared("-n", workers)

    facts = run.cases[CASE]["facts"]
    assert ("pass", "small", "pass") == (run.states[CASE], facts["against"], facts["state"])
    assert (5.0, 0) == (facts["margin_points"], facts["set_aside"])
    assert (other.url, "7.1") == (facts["against_address"], facts["against_version"])
    assert run.record["slos_hash"] == slos_hash([Slo.model_validate(tomllib.loads(SLO)["slos"][0], strict=False)])
    ours, theirs = things(small), things(other)
    assert len(ours) == len(theirs) == facts["turns"] + 3
    assert {THEIR_KEY} == {asked.headers["x-api-key"] for asked in theirs}
    order = sorted([(asked.began, "A") for asked in ours[3:]] + [(asked.began, "B") for asked in theirs[3:]])
    assert "ABBAABBA" == "".join(side for _, side in order)[:8]
    assert f"against: small at {other.url}" in run.output
    assert all(THEIR_KEY.encode() not in file.read_bytes() for file in run.folder.iterdir() if file.is_file())


def test_a_candidate_that_answers_with_more_errors_is_no_go(compared, small):
    answered = 0

    def unreliable(handler):
        nonlocal answered
        answered += 1
        return (500, {}, b"{}") if answered % 4 == 0 else small.things(handler)

    small.answers["/things"] = unreliable
    run = compared("-n", 0)

    (finding,) = run.cases[CASE]["findings"]
    assert (1, "fail", "candidate-worse") == (run.status, run.states[CASE], finding["rule"])
    assert "baseline 0 of" in finding["observed"]
    again = next(line for line in run.output.splitlines() if line.startswith("  run again"))
    assert again.endswith("baseline.toml")
    assert again.partition("--against ")[2] in (run.folder / "summary.md").read_text()


@pytest.mark.parametrize(
    ("how", "rule", "said"),
    [
        ({"url": "http://127.0.0.1:9"}, "baseline-not-ready", ""),
        ({"asking": "requests = 20"}, "budget-spent", "the baseline: "),
    ],
)
def test_a_baseline_that_cannot_be_asked_is_no_verdict(compared, how, rule, said):
    run = compared("-n", 0, **how)

    (finding,) = run.cases[CASE]["findings"]
    assert (10, "inconclusive", rule) == (run.status, run.states[CASE], finding["rule"])
    assert finding["observed"].startswith(said)


@pytest.mark.proof
def test_a_baseline_without_the_endpoint_is_no_verdict(verify, target):
    theirs = target(name="baseline.toml")
    theirs.write_text(theirs.read_text().replace('name = "things"', 'name = "others"'))
    run = verify("checks/test_comparison.py", "--target", target(SLO), "--against", theirs, "-n", 0)

    (finding,) = run.cases[CASE]["findings"]
    assert (10, "baseline-lacks-endpoint") == (run.status, finding["rule"])
    assert "baseline.toml has no endpoint things" in finding["observed"]


@pytest.mark.parametrize(
    ("how", "differs"),
    [({}, False), ({"asking": 'headers = { X-Canary = "1" }'}, True), ({"url": "http://127.0.0.1:9"}, True)],
)
def test_what_is_compared_with_itself_is_never_worse(target, how, differs):
    ours, theirs = (
        load(str(path), root=path.parent, environ={}, with_secrets=False)
        for path in (target(SLO), target(name="baseline.toml", **how))
    )
    with nullcontext() if differs else pytest.raises(Unjudged, match="in the same way"):
        must_differ(ours, ours.promises.endpoints[0], theirs, theirs.promises.endpoints[0], "user")


def test_without_anything_that_is_read_there_is_nothing_to_compare(verify, target):
    run = verify("checks/test_comparison.py", "--target", target(), "--against", target(name="b.toml"), "-n", 0)

    assert 4 == run.status
    assert "has nothing to compare: no [[slos]] with sample names an endpoint that is asked with GET" in run.output


def test_a_wrong_file_is_a_wrong_command(verify, target, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("version = 1\nnam = 'x'\n")
    run = verify("checks/test_comparison.py", "--target", target(SLO), "--against", wrong, "-n", 0)

    assert 4 == run.status
    assert "--against: " in run.output
    assert "nam" in run.output
