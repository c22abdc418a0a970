"""The roster notices cases that vanished and cases that are new, mode by mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodverify.record.roster import Comparison, Roster, RosterError, absent, beside

A, B, C = (f"checks/test_{name}.py::test_one[x y-{name}]" for name in "abc")


def test_what_is_written_is_read_again() -> None:
    roster = Roster().with_mode("gate", [B, A, A]).with_mode("canary", [C])

    assert roster == Roster.parse(roster.text("local"), "local.roster")


def test_the_file_is_stable_and_says_where_it_comes_from() -> None:
    expected = f"""\
# Cases expected of target local, by mode. Written by --update-roster.
# A case that vanishes makes a run INCONCLUSIVE, so read the diff before committing it.

[canary]
{C}

[gate]
{A}
{B}
"""
    assert expected == Roster().with_mode("gate", [B, A]).with_mode("canary", [C]).text("local")


def test_missing_and_unexpected_cases_are_told_apart() -> None:
    roster = Roster().with_mode("gate", [A, B])

    assert Comparison(True, (A,), (C,)) == roster.compare("gate", [B, C])
    assert Comparison(True) == roster.compare("gate", [A, B])
    assert 2 == roster.size("gate")


def test_a_mode_without_cases_of_its_own_has_no_roster() -> None:
    roster = Roster().with_mode("gate", [A])

    assert Comparison() == roster.compare("canary", [B])
    assert 0 == roster.size("canary")
    assert "target local has no roster for mode canary" in absent("local", "canary")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"# note\n{A}\n", f"local.roster, line 2: expected a mode such as [gate] above {A}"),
        (f"[gate]\n{A}\n[gate]\n", "local.roster, line 3: mode gate is there twice"),
        (f"[gate]\n{A}\n{B}\n{A}\n", f"local.roster: {A} is there twice in mode gate"),
    ],
)
def test_a_roster_that_cannot_be_read_is_one_sentence(text: str, complaint: str) -> None:
    with pytest.raises(RosterError) as caught:
        Roster.parse(text, "local.roster")

    assert f"{complaint}; write the roster anew with --update-roster" == str(caught.value)


def test_a_roster_lies_beside_its_target() -> None:
    assert Path("ours/production.roster") == beside(Path("ours/production.toml"))
