"""Whatever a service answers, a report shows it and never obeys it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings

from prodverify.record.findings import fail, warn
from prodverify.record.run import RunRecord
from prodverify.record.states import State
from reports import junit, page, summary, terminal
from reports.visible import cut, line, visible
from tests.evidence.dom import elements
from tests.record.records import HOSTILE, records
from tests.record.sample import case, exchange, one_of_each, run

PLAIN = {element.tag for element in elements(page.render(one_of_each()))}


def full_of(text: str) -> RunRecord:
    """A record that says ``text`` wherever it can say something."""
    asked = exchange(text, 500, body=text, method=text, role=text, curl=text, headers=[[text, text]])
    cases = [
        case(
            f"checks/test_x.py::test_y[{text}{state}]",
            state,
            text,
            clause=text,
            findings=(fail(text, text, text, next_step=text, clause=text), warn(text, text, text)),
            exchanges=(asked, asked),
            reason=text,
            runbook=text,
            worker=text,
            facts={text: text, "tables": {text: {text: text}}, "n": [text]},
        )
        for state in State
    ]
    said = dict.fromkeys(("target", "base_url", "environment", "owner", "command", "rule", "run_id"), text)
    return run(cases, **said, versions={"service": [text], text: text}, notes=(text,), permits=(text,))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup_of_the_page(text: str) -> None:
    html = page.render(full_of(text), files=(text,))

    assert {element.tag for element in elements(html)} <= PLAIN
    assert not [name for element in elements(html) for name in element.attributes if name.startswith("on")]
    assert "49" not in html.replace("1491", "") or "7*7" not in text
    html.encode("utf-8")


@pytest.mark.parametrize(
    "runbook", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "docs", "JAVASCRIPT:x"]
)
def test_only_the_web_and_the_project_are_linked(runbook: str) -> None:
    html = page.render(run([case("a.py::b", State.FAIL, runbook=runbook)]))

    assert runbook in html
    assert {"#decision", "record.json"} >= {found.attributes["href"] for found in elements(html, "a")}


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_well_formed_and_says_what_was_said(text: str) -> None:
    root = ET.fromstring(junit.render(full_of(text)))

    claims = {found.attrib["value"] for found in root.iter("property") if found.attrib["name"] == "claim"}
    assert {line(text)} == claims


@pytest.mark.parametrize("text", HOSTILE)
def test_the_summary_has_no_live_markup(text: str) -> None:
    told = summary.render(full_of(text))

    assert "<script" not in "\n".join(row for row in told.split("\n") if "`" not in row)
    assert "[link](" not in "\n".join(row for row in told.split("\n") if "`" not in row)
    assert "\x1b" not in told


@pytest.mark.parametrize("text", HOSTILE)
def test_the_terminal_gets_one_line_without_escape_sequences(text: str) -> None:
    told = terminal.verdict_line(full_of(text), None)

    assert told.isprintable()
    assert told == told.encode("utf-8").decode()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(records())
def test_any_record_can_be_told_and_encoded(record: RunRecord) -> None:
    ET.fromstring(junit.render(record))
    page.render(record).encode("utf-8")
    summary.render(record).encode("utf-8")
    terminal.verdict_line(record, None, encoding="ascii").encode("ascii")
    json.dumps(record.as_dict(), ensure_ascii=False, allow_nan=False).encode("utf-8")


def test_a_summary_is_capped_and_counts_what_it_leaves_out() -> None:
    cases = [case(f"a.py::b[{number}]", State.FAIL, "x" * 400, reason="y" * 500) for number in range(2000)]
    told = summary.render(run(cases))

    assert len(told.encode()) <= summary.MAX_BYTES
    assert "further entries are left out here; record.json and report.html have them." in told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \t text\nnext", "plain \t text\nnext"),
        ("cr\r\nlf\rlone", "cr\nlf\\x0dlone"),
        ("\x00\x1b[0m\x7f\x85", "\\x00\\x1b[0m\\x7f\\x85"),
        ("\u202etxt.exe\u200b\ufeff", "\\u202etxt.exe\\u200b\\ufeff"),
        ("\ud800", "\\ud800"),
        ("häßlich 漢字 🙂", "häßlich 漢字 🙂"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert shown == visible(text)


def test_a_cut_says_how_much_is_missing() -> None:
    assert "abc" == cut("abc", 3)
    assert "abc\n[cut 3 of 1,000 characters; more in record.json]" == cut("abc" + "d" * 997, 3)


def test_junit_names_the_finding_that_decided() -> None:
    record = run([case("a.py::b", State.FAIL, findings=(warn("wording", "x", "y"), fail("broken", "kept", "lost")))])

    found = ET.fromstring(junit.render(record)).find(".//failure")

    assert found is not None
    assert ("broken", "fail: expected kept; observed lost") == (found.get("type"), found.get("message"))
