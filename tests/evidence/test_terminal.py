"""The verdict line of a terminal: one line, in every encoding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prodverify.record.states import State
from reports import terminal
from tests.record.sample import case, one_of_each, run

PAGE = Path("reports/runs/x/report.html")


def test_it_says_verdict_rule_target_and_page() -> None:
    expected = (
        "NO-GO  1 of 8 cases failed  ·  target local (practice service: nothing of yours was verified)"
        "  ·  reports/runs/x/report.html"
    )
    assert expected == terminal.verdict_line(one_of_each(), PAGE)


def test_a_real_service_has_no_label_and_no_page_is_no_path() -> None:
    record = replace(one_of_each(), practice=False)

    assert "NO-GO  1 of 8 cases failed  ·  target local" == terminal.verdict_line(record, None)


def test_a_partial_go_has_its_numbers_in_the_word() -> None:
    record = replace(one_of_each(), verdict="PARTIAL", rule="12 of 12 cases kept", collected=12, expected=148)

    assert terminal.verdict_line(record, None).startswith("PARTIAL GO 12 of 148  12 of 12 cases kept  ·  ")


def test_what_a_terminal_cannot_say_is_said_in_ascii() -> None:
    record = replace(one_of_each(), practice=False, target="größe")

    assert "NO-GO  1 of 8 cases failed  -  target gr\\xf6\\xdfe" == terminal.verdict_line(
        record, None, encoding="ascii"
    )
    assert terminal.verdict_line(record, None, encoding="no-such-encoding").isascii()


def test_totals_leave_out_states_without_cases() -> None:
    record = run([case("a.py::b[1]", State.PASS), case("a.py::b[2]", State.FAIL)])

    assert "1 failed, 1 passed  ·  812 of 6000 requests" == terminal.counts_line(record)
    assert "no case  ·  3 requests" == terminal.counts_line(run([], requests=3, budget=0))
