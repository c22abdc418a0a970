"""Every fault of the practice service turns exactly the checks that it names red."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.faulting.__main__ import chosen_of
from fixtures.faulting.outcome import Outcome, told
from fixtures.faulting.session import OTHERS, asked_of, cut, part_of
from fixtures.relay.faults import CATALOGUE, Fault

ROOT = Path(__file__).resolve().parents[2]
FEWEST_FAULTS = 150


def faulting(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fixtures.faulting", *arguments],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "PRODVERIFY_TARGET"},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def one_for_each_file_of_checks() -> list[Fault]:
    """Faults that turn a case of every file of checks red, fewer than there are files."""
    chosen: list[Fault] = []
    proven: set[str] = set()
    for fault in CATALOGUE:
        files = {case.partition("::")[0] for case in fault.checks}
        if files - proven:
            proven |= files
            chosen.append(fault)
    return chosen


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.proof)])
def test_files_of_checks_have_a_fault_that_is_caught_without_a_false_alarm(every: int) -> None:
    """`make faults` plants many times as many, one or two for each set of checks."""
    faults = one_for_each_file_of_checks()[::every]

    # Other tests run beside it, and latency is among what is judged.
    done = faulting("--processes", "1", "--only", ",".join(fault.name for fault in faults))

    last = done.stdout.strip().splitlines()[-1]
    assert f"{len(faults)} faults, {len(faults)} caught, 0 false alarms" == last, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.proof
def test_every_fault_is_caught_without_a_false_alarm() -> None:
    done = faulting("--all")

    last = done.stdout.strip().splitlines()[-1]
    assert f"{len(CATALOGUE)} faults, {len(CATALOGUE)} caught, 0 false alarms" == last, done.stdout + done.stderr
    assert done.returncode == 0


def broken(faults: Iterable[Fault]) -> set[frozenset[str]]:
    """The sets of checks that faults break."""
    return {frozenset(case.partition("[")[0] for case in fault.checks) for fault in faults}


def test_the_short_form_breaks_the_same_sets_of_checks_as_the_long_one() -> None:
    faults = chosen_of(CATALOGUE, every=False)

    assert broken(CATALOGUE) == broken(faults)
    assert len({fault.checks for fault in faults}) == len(faults) >= FEWEST_FAULTS


def test_as_many_faults_in_a_row_as_there_are_parts_ask_every_case_once() -> None:
    cases = list(range(3 * OTHERS + 1))

    assert cases == sorted(case for number in range(5, 5 + OTHERS) for case in part_of(cases, number))


def test_only_a_fault_whose_every_case_waits_asks_a_part_of_the_others() -> None:
    pages, restores = (replace(CATALOGUE[0], checks=(f"test_{name}.py::test_holds[*]",)) for name in ("page", "drill"))

    assert [restores] == cut([pages, restores], ["checks/test_page.py::test_holds[json]"])


def test_the_healthy_service_is_asked_what_waits_where_a_chosen_fault_names_it() -> None:
    waiting = ["checks/test_drill.py::test_holds", "checks/test_webhooks.py::test_holds"]
    chosen = replace(CATALOGUE[0], checks=("test_drill.py::test_holds",))

    assert {waiting[0]} == asked_of([chosen], waiting)
    assert set(waiting) == asked_of([], waiting)


def test_an_unknown_fault_is_refused_by_name() -> None:
    done = faulting("--only", "hsts-mising")

    assert done.returncode == 2
    assert "no fault is named hsts-mising" in done.stderr


def outcome(*, named: set[str], red: set[str], unjudged: set[str]) -> Outcome:
    return Outcome("some-fault", "Something is wrong.", frozenset(named), frozenset(red), frozenset(unjudged), 0.1)


@pytest.mark.parametrize(
    ("one", "last", "good"),
    [
        (outcome(named={"a"}, red={"a"}, unjudged=set()), "1 faults, 1 caught, 0 false alarms", True),
        (outcome(named={"a", "b"}, red={"a"}, unjudged=set()), "1 faults, 0 caught, 0 false alarms", False),
        (outcome(named={"a"}, red={"a", "b"}, unjudged=set()), "1 faults, 1 caught, 1 false alarms", False),
        (outcome(named={"a"}, red={"a"}, unjudged={"c"}), "1 faults, 1 caught, 1 false alarms", False),
        (outcome(named=set(), red=set(), unjudged=set()), "1 faults, 0 caught, 0 false alarms", False),
    ],
    ids=["caught", "missed", "false alarm", "could not be judged", "names nothing"],
)
def test_only_exactly_the_named_cases_count_as_caught(one: Outcome, last: str, good: bool) -> None:
    text, all_good = told([one], ())

    assert last == text.splitlines()[-1]
    assert good is all_good


def test_a_check_without_a_fault_is_told_and_fails() -> None:
    text, all_good = told([outcome(named={"a"}, red={"a"}, unjudged=set())], ["checks/test_x.py::test_y"])

    assert "no fault turns checks/test_x.py::test_y red" in text
    assert not all_good
