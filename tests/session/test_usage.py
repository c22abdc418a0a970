"""What cannot be run is said in one sentence, before anything is asked."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("workers", [0, 2], ids=["n0", "n2"])
def test_a_wrong_target_file_is_one_complaint(verify, target, small, workers):
    file = target(extra="\n[permitz]\nwrites = true\n")

    run = verify("checks/", "--target", file, "-n", workers)

    assert 4 == run.status
    assert run.output.startswith("ERROR: ")
    assert 1 == len(run.output.strip().splitlines())
    assert 'permitz: no such key; did you mean "permits"?' in run.output
    assert [] == small.asked
    assert run.record is None


def test_an_unknown_mode_is_a_usage_error(verify, target, small):
    run = verify("checks/", "--target", target(), "--mode", "gaet")

    assert 4 == run.status
    assert "--mode" in run.output
    assert "Traceback" not in run.output
    assert [] == small.asked


def test_without_asserts_there_are_no_checks(verify, target, small):
    run = verify("checks/", "--target", target(), PYTHONOPTIMIZE="1")

    assert 4 == run.status
    assert "PYTHONOPTIMIZE" in run.output
    assert "Traceback" not in run.output
    assert [] == small.asked


def test_where_ci_is_set_a_target_is_named(verify):
    run = verify("checks/", CI="true")

    assert 4 == run.status
    assert ["ERROR: no target is named; where CI is set, say --target NAME or set PRODVERIFY_TARGET"] == (
        run.output.strip().splitlines()
    )


@pytest.mark.parametrize(
    "option",
    ["--help", *(pytest.param(option, marks=pytest.mark.proof) for option in ("--version", "--markers")), "--fixtures"],
)
def test_asking_about_the_suite_needs_no_target(verify, option):
    run = verify(option, CI="true")

    assert 0 == run.status
    assert run.record is None


def test_collecting_asks_nothing(verify, target, small):
    run = verify("checks/", "--target", target(), "--collect-only", "-q")
    assert 0 == run.status
    assert "checks/test_auth.py::test_role_gets_its_status[things-user]" in run.output
    assert [] == small.asked
    assert run.record is None

    run = verify("checks/", "--collect-only", "-n", 2)
    assert 0 == run.status
    assert "PostgreSQL" not in run.output


EMBEDDED = """
version = 1
name = "practice"

[embedded]
service = "relay"

[secrets]
key = { embedded = "%s" }

[roles.user]
scheme = "header"
credential = "key"
"""


def test_a_practice_service_that_cannot_start_is_our_own_fault(verify, tmp_path):
    file = tmp_path / "practice.toml"
    file.write_text(EMBEDDED % "admin_key", encoding="utf-8")
    (tmp_path / "fastapi.py").write_text("raise ImportError('an extra is not installed')\n", encoding="utf-8")

    run = verify("checks/", "--target", file, PYTHONPATH=str(tmp_path))

    assert 10 == run.status
    assert "inconclusive" == run.states["test_readiness.py::test_service_is_ready"]
    assert {"inconclusive", "not_run"} == set(run.states.values())
    assert "the practice service starts" in run.output
    assert "an extra is not installed" in run.output
    assert run.last_line.startswith("INCONCLUSIVE  ")


def test_a_value_that_the_practice_service_does_not_make_up_is_a_usage_error(verify, tmp_path):
    file = tmp_path / "practice.toml"
    file.write_text(EMBEDDED % "admin_kee", encoding="utf-8")

    run = verify("checks/", "--target", file)

    assert 4 == run.status
    assert "the embedded service makes up no such value" in run.output
    assert "Traceback" not in run.output
