"""What a run left out is told: PARTIAL for what was not selected, the roster for what vanished."""

from __future__ import annotations

import pytest

from tests.session.suite import ROOT

HEALTH = ROOT / "checks" / "test_health.py"


def roster_of(file):
    return file.with_suffix(".roster")


def test_a_narrowed_run_is_partial(verify, target):
    file = target()
    whole = verify("checks/", "--target", file, "--update-roster")
    total = sum(whole.record["counts"].values())

    run = verify("checks/", "--target", file, "-n", 2, "-k", "health_answers")
    assert 0 == run.status
    assert "PARTIAL" == run.record["verdict"]
    assert run.last_line.startswith(f"PARTIAL GO 1 of {total}  ")
    assert run.record["narrowed"]

    run = verify(HEALTH, "--target", file, CI="true")
    assert 10 == run.status
    assert run.last_line.startswith(f"PARTIAL GO 4 of {total}  ")


@pytest.mark.parametrize("arguments", ["checks OURS", "OURS checks/", "CHECKS -p no:cacheprovider"])
def test_the_folder_of_checks_is_the_whole_run(verify, target, checks, arguments):
    places = {"OURS": checks(ours="def test_of_ours():\n    pass\n"), "CHECKS": ROOT / "checks"}

    run = verify(*[places.get(word, word) for word in arguments.split()], "--target", target())

    assert 0 == run.status
    assert "GO" == run.record["verdict"]
    assert not run.record["narrowed"]


@pytest.mark.parametrize(
    "arguments",
    [
        "OURS checks/test_health.py",
        "checks/test_health.py::test_health_answers",
        "checks -m readiness",
        "checks --ignore checks/test_auth.py",
        "checks --deselect checks/test_auth.py",
        "checks --lf",
    ],
)
def test_whatever_leaves_checks_out_is_partial(verify, target, checks, arguments):
    places = {"OURS": checks(ours="def test_of_ours():\n    pass\n")}

    run = verify(*[places.get(word, word) for word in arguments.split()], "--target", target())

    assert 0 == run.status
    assert "PARTIAL" == run.record["verdict"]


def test_a_case_that_vanished_is_inconclusive(verify, target):
    file = target()
    roster_of(file).write_text(
        "[gate]\nchecks/test_health.py::test_health_answers[main]\nchecks/test_health.py::test_vanished\n"
    )

    run = verify("checks/", "--target", file)

    assert 10 == run.status
    assert ["checks/test_health.py::test_vanished"] == run.record["roster"]["missing"]
    assert "1 case of the roster missing" in run.last_line


def test_the_roster_is_written_once_and_holds_from_then_on(verify, target):
    file = target()

    run = verify("checks/", "--target", file, "-n", 2, "--update-roster")
    assert 0 == run.status
    written = roster_of(file).read_text()
    assert sorted(case["id"] for case in run.record["checks"]) == [
        line for line in written.splitlines() if line.startswith("checks/")
    ]
    assert "has no roster" not in run.output

    run = verify("checks/", "--target", file)
    assert 0 == run.status
    assert {"present": True, "missing": [], "unexpected": []} == run.record["roster"]


@pytest.mark.parametrize("narrowing", [["-k", "health"], ["--lf"], ["--collect-only"]], ids=" ".join)
def test_a_narrowed_run_does_not_write_the_roster(verify, target, small, narrowing):
    file = target()

    run = verify("checks/", *narrowing, "--target", file, "--update-roster")

    assert 4 == run.status
    assert "--update-roster writes down" in run.output
    assert 1 == len(run.output.strip().splitlines())
    assert [] == small.asked
    assert not roster_of(file).exists()


def test_a_run_that_could_not_collect_everything_does_not_write_the_roster(verify, target, checks):
    file = target()

    run = verify("checks/", checks(unreadable="import no_such_module\n"), "--target", file, "--update-roster")

    assert 10 == run.status
    assert "the roster is not updated" in run.output
    assert not roster_of(file).exists()


def test_a_roster_that_cannot_be_read_is_a_usage_error(verify, target, small):
    file = target()
    roster_of(file).write_text("checks/test_health.py::test_health_answers[main]\n")

    run = verify("checks/", "--target", file)

    assert 4 == run.status
    assert "small.roster, line 1: expected a mode" in run.output
    assert [] == small.asked
