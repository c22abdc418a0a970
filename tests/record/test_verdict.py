"""The table of verdicts: worst first, and never 0 for a run that verified nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.record.states import State
from prodverify.record.verdict import Word, decide

P, W, F, I, E, V, N = State  # noqa: E741 - one letter a state keeps the table readable

TABLE: list[tuple[list[State], dict[str, Any], str, int, str]] = [
    ([P, P], {}, "GO", 0, "GO  2 of 2 cases kept their promise"),
    ([P, W, V, N], {}, "GO", 0, "GO  2 of 4 cases kept their promise, 1 with warnings, 1 waived, 1 not run"),
    ([P, F], {}, "NO-GO", 1, "NO-GO  1 of 2 cases failed"),
    ([P, F, I], {"aborted": True}, "NO-GO", 1, "NO-GO  1 of 3 cases failed"),
    ([P], {"expired_waivers": ["a"]}, "NO-GO", 1, "NO-GO  1 waiver expired"),
    ([P], {"unneeded_waivers": ["a", "b"]}, "NO-GO", 1, "NO-GO  2 waivers no longer needed"),
    ([P, W], {"fail_on_warn": True}, "NO-GO", 1, "NO-GO  1 of 2 cases warned, and warnings block this run"),
    ([P, I], {}, "INCONCLUSIVE", 10, "INCONCLUSIVE  1 of 2 cases could not be judged"),
    ([P, E], {}, "INCONCLUSIVE", 10, "INCONCLUSIVE  the suite itself broke in 1 of 2 cases"),
    (
        [P],
        {"versions_seen": ["2", "1"]},
        "INCONCLUSIVE",
        10,
        "INCONCLUSIVE  the service answered with 2 versions: 1, 2",
    ),
    ([P], {"versions_seen": ["1", "1"]}, "GO", 0, "GO  1 of 1 case kept their promise"),
    ([P], {"roster_missing": ["a"]}, "INCONCLUSIVE", 10, "INCONCLUSIVE  1 case of the roster missing"),
    ([P], {"aborted": True}, "INCONCLUSIVE", 10, "INCONCLUSIVE  the run was aborted"),
    ([], {}, "INCONCLUSIVE", 10, "INCONCLUSIVE  nothing was verified"),
    ([N, N], {}, "INCONCLUSIVE", 10, "INCONCLUSIVE  nothing was verified"),
    ([P], {"nothing_executed": True}, "INCONCLUSIVE", 10, "INCONCLUSIVE  nothing was verified"),
    ([P], {"narrowed": True, "collected": 1, "expected": 148}, "PARTIAL", 0, "PARTIAL GO 1 of 148"),
    ([P], {"narrowed": True, "collected": 1, "expected": 148, "ci": True}, "PARTIAL", 10, "PARTIAL GO 1 of 148"),
    ([P], {"narrowed": True, "roster_missing": ["a"]}, "PARTIAL", 0, "PARTIAL GO 1 of 1"),
    ([F], {"narrowed": True}, "NO-GO", 1, "NO-GO  1 of 1 case failed"),
    ([I], {"narrowed": True}, "INCONCLUSIVE", 10, "INCONCLUSIVE  1 of 1 case could not be judged"),
    ([N], {"narrowed": True}, "INCONCLUSIVE", 10, "INCONCLUSIVE  nothing was verified"),
    ([P], {"secret_found": True}, "NO-GO", 3, "NO-GO  a secret was found in the outputs, which were deleted"),
]


@pytest.mark.parametrize(("states", "facts", "word", "status", "headline"), TABLE)
def test_each_row_of_the_table_has_its_word_its_status_and_its_sentence(
    states: list[State], facts: dict[str, Any], word: str, status: int, headline: str
) -> None:
    verdict = decide(states, **facts)

    assert (word, status, headline) == (verdict.word, verdict.exit_status, verdict.headline)


def test_every_rule_that_applies_is_named() -> None:
    verdict = decide([P, F, W], expired_waivers=["a"], fail_on_warn=True)

    assert "1 of 3 cases failed; 1 waiver expired; 1 of 3 cases warned, and warnings block this run" == verdict.rule


CIRCUMSTANCES = st.fixed_dictionaries(
    {},
    optional={
        "narrowed": st.booleans(),
        "ci": st.booleans(),
        "versions_seen": st.lists(st.sampled_from(["1", "2"]), max_size=3),
        "roster_missing": st.lists(st.just("a"), max_size=1),
        "expired_waivers": st.lists(st.just("a"), max_size=1),
        "unneeded_waivers": st.lists(st.just("a"), max_size=1),
        "nothing_executed": st.booleans(),
        "fail_on_warn": st.booleans(),
        "aborted": st.booleans(),
    },
)
STATES = st.lists(st.sampled_from(State), max_size=8)
_SEVERITY = {0: 0, 10: 1, 1: 2, 3: 3}


@settings(derandomize=True, max_examples=200)
@given(STATES, CIRCUMSTANCES)
def test_any_failure_is_a_no_go(states: list[State], circumstances: dict[str, Any]) -> None:
    verdict = decide([*states, State.FAIL], **circumstances)

    assert (Word.NO_GO, 1) == (verdict.word, verdict.exit_status)


@settings(derandomize=True, max_examples=200)
@given(STATES, CIRCUMSTANCES)
def test_a_run_that_verified_nothing_never_exits_0(states: list[State], circumstances: dict[str, Any]) -> None:
    nothing = [state for state in states if state not in (P, W, V)]

    assert decide(nothing, **circumstances).exit_status != 0


@settings(derandomize=True, max_examples=200)
@given(STATES, CIRCUMSTANCES, st.sampled_from([F, I, E]))
def test_a_worse_case_never_makes_a_better_verdict(
    states: list[State], circumstances: dict[str, Any], worse: State
) -> None:
    before, after = decide(states, **circumstances), decide([*states, worse], **circumstances)

    assert _SEVERITY[before.exit_status] <= _SEVERITY[after.exit_status]


@settings(derandomize=True, max_examples=200)
@given(STATES, CIRCUMSTANCES, st.randoms())
def test_the_order_of_the_cases_changes_nothing(
    states: list[State], circumstances: dict[str, Any], random: Any
) -> None:
    shuffled = random.sample(states, len(states))

    assert decide(states, **circumstances) == decide(shuffled, **circumstances)
