"""A waiver holds until its day, for the case or the check that it names, and blocks once it is stale."""

from __future__ import annotations

from datetime import date

import pytest

from prodverify.record.states import State
from prodverify.record.waivers import Use, check_of, of_use, uses, waiver_for
from prodverify.target.waivers import Waiver

CASE = "checks/test_headers.py::test_framing[api]"
CHECK = "checks/test_headers.py::test_framing"
DAY = date(2026, 11, 21)


def waiver(check: str = CASE, until: str = "2026-11-30") -> Waiver:
    return Waiver(check=check, reason="the header ships next week", ticket="OPS-77", owner="k.ito", until=until)


@pytest.mark.parametrize("check", [CASE, CHECK])
def test_a_waiver_names_a_case_or_all_cases_of_a_check(check: str) -> None:
    waived = waiver(check)

    assert waived is waiver_for(CASE, [waived], DAY)


@pytest.mark.parametrize("check", ["checks/test_headers.py", f"{CHECK}[html]", f"{CHECK}_more", "test_framing[api]"])
def test_a_waiver_covers_nothing_else(check: str) -> None:
    assert waiver_for(CASE, [waiver(check)], DAY) is None


@pytest.mark.parametrize(("until", "holds"), [("2026-11-20", False), ("2026-11-21", True), ("2026-11-22", True)])
def test_the_last_day_counts(until: str, holds: bool) -> None:
    assert holds == (waiver_for(CASE, [waiver(until=until)], DAY) is not None)


@pytest.mark.parametrize(
    ("check", "states", "narrowed", "use"),
    [
        (CASE, {CASE: State.WAIVED}, False, Use.USED),
        (CHECK, {CASE: State.WAIVED, f"{CHECK}[html]": State.PASS}, False, Use.USED),
        (CASE, {CASE: State.PASS}, False, Use.UNNEEDED),
        (CASE, {CASE: State.WARN}, False, Use.UNNEEDED),
        (CASE, {CASE: State.PASS}, True, Use.UNNEEDED),
        (CHECK, {CASE: State.PASS}, True, Use.IDLE),
        (CASE, {CASE: State.INCONCLUSIVE}, False, Use.IDLE),
        (CASE, {CASE: State.NOT_RUN}, False, Use.IDLE),
        (CHECK, {CASE: State.PASS, f"{CHECK}[html]": State.NOT_RUN}, False, Use.IDLE),
        ("checks/test_headers.py::test_gone", {CASE: State.PASS}, False, Use.UNKNOWN),
        ("checks/test_headers.py::test_gone", {CASE: State.PASS}, True, Use.IDLE),
    ],
)
def test_what_became_of_a_waiver(check: str, states: dict[str, State], narrowed: bool, use: Use) -> None:
    (found,) = uses([waiver(check)], states, DAY, narrowed=narrowed)

    assert use == found.use


def test_an_expired_waiver_is_expired_whatever_its_check_did() -> None:
    found = uses([waiver(until="2026-11-20")], {CASE: State.PASS}, DAY)

    assert (CASE,) == of_use(found, Use.EXPIRED)
    assert "has expired; mend the failure, or renew the waiver with a new reason" in found[0].sentence


@pytest.mark.parametrize("use", Use)
def test_every_use_has_a_sentence_with_owner_ticket_and_day(use: Use) -> None:
    (found,) = uses([waiver()], {CASE: State.WAIVED}, DAY)
    sentence = type(found)(found.check, found.reason, found.ticket, found.owner, found.until, use).sentence

    assert sentence.startswith(f"waiver of k.ito for {CASE} (OPS-77, until 2026-11-30) ")


def test_a_check_is_the_node_id_without_brackets() -> None:
    assert CHECK == check_of(CASE)
    assert "checks/test_a.py::test_b" == check_of("checks/test_a.py::test_b[x[0]::y]")
