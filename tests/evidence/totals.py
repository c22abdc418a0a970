"""The totals that each telling of a record tells, read back from what it wrote."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from prodverify.record.states import State
from reports.wording import WORDS
from tests.evidence.dom import elements

Totals = dict[str, int]
_STATE_OF = {word: state.value for state, word in WORDS.items()}


def of_json(text: str) -> Totals:
    counts: Totals = json.loads(text)["counts"]
    return counts


def of_json_cases(text: str) -> Totals:
    found = Counter(case["state"] for case in json.loads(text)["checks"])
    return {state.value: found[state.value] for state in State}


def of_page(text: str) -> Totals:
    (legend,) = elements(text, "ul", "legend")
    assert legend.attributes["aria-label"].startswith("Cases by state")
    told = re.findall(r"([\d,]+) ([a-z ]+?)\s*(?=\n|$)", legend.text)
    return {_STATE_OF[word]: int(number.replace(",", "")) for number, word in told}


def of_page_promises(text: str) -> Totals:
    """The tallies of the promises, added up."""
    totals = dict.fromkeys((state.value for state in State), 0)
    for tally in elements(text, "span", "tally"):
        for number, word in re.findall(
            r"([\d,]+) (failed|inconclusive|error|warned|waived|passed|not run)", tally.text
        ):
            totals[_STATE_OF[word]] += int(number.replace(",", ""))
    return totals


def of_junit(document: bytes) -> Totals:
    return {state.value: int(_property(document, f"count.{state.value}")) for state in State}


def of_junit_cases(document: bytes) -> Totals:
    states = Counter(
        one.attrib["value"]
        for case in ET.fromstring(document).iter("testcase")
        for one in case.iter("property")
        if one.attrib["name"] == "state"
    )
    return {state.value: states[state.value] for state in State}


def junit_outcomes(document: bytes) -> tuple[int, int, int, int]:
    """Tests, failures, errors and skipped, counted by element."""
    root = ET.fromstring(document)
    tests, failures, errors, skipped = (
        len(list(root.iter(tag))) for tag in ("testcase", "failure", "error", "skipped")
    )
    return tests, failures, errors, skipped


def of_summary(text: str) -> Totals:
    head, _, row = next(
        lines
        for lines in zip(*(text.split("\n")[start:] for start in range(3)), strict=False)
        if "✕ failed" in lines[0]
    )
    words = [cell.split(maxsplit=1)[1] for cell in head.strip("| ").split(" | ")]
    return {_STATE_OF[word]: int(number) for word, number in zip(words, row.strip("| ").split(" | "), strict=True)}


def of_metrics(document: bytes) -> Totals:
    return {
        sample.labels["state"]: int(sample.value)
        for family in text_string_to_metric_families(document.decode())
        for sample in family.samples
        if sample.name == "prodverify_cases"
    }


def of_terminal(line: str) -> Totals:
    told = {
        _STATE_OF[word]: int(number)
        for number, word in re.findall(r"(\d+) ([a-z ]+)(?=,|  )", line)
        if word in _STATE_OF
    }
    return {state.value: told.get(state.value, 0) for state in State}


def _property(document: bytes, name: str) -> str:
    suite = ET.fromstring(document).find("testsuite/properties")
    assert suite is not None
    return next(one.attrib["value"] for one in suite if one.attrib["name"] == name)
