"""JUnit XML for CI servers: our own rendering, as a failing and an undecided case must not look the same."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from prodverify.record.findings import Finding
from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State, state_of
from reports.visible import cut, line, visible
from reports.wording import PRACTICE, repeat

_ELEMENTS = {
    State.FAIL: "failure",
    State.INCONCLUSIVE: "error",
    State.ERROR: "error",
    State.WAIVED: "skipped",
    State.NOT_RUN: "skipped",
}
_MAX_TEXT = 20_000


def render(record: RunRecord) -> bytes:
    """``testsuites`` with one suite. Warnings pass, with their findings as properties."""
    counts = record.counts
    totals = {
        "tests": str(sum(counts.values())),
        "failures": str(counts["fail"]),
        "errors": str(counts["inconclusive"] + counts["error"]),
        "skipped": str(counts["waived"] + counts["not_run"]),
        "time": f"{record.duration_ms / 1000:.3f}",
    }
    root = ET.Element("testsuites", {"name": "prodverify", **totals})
    suite = ET.SubElement(root, "testsuite", {"name": record.target, **totals, "timestamp": record.started_at})
    properties = {
        "verdict": record.verdict,
        "rule": record.rule,
        "mode": record.mode,
        "run_id": record.run_id,
        "base_url": record.base_url,
        "requests": str(record.requests),
        **{f"count.{state}": str(number) for state, number in counts.items()},
    }
    if record.practice:
        properties["practice"] = PRACTICE
    _properties(suite, properties.items())
    for case in record.checks:
        _case(suite, record, case)
    for element in root.iter():
        element.attrib = {name: visible(value) for name, value in element.attrib.items()}
        element.text = visible(element.text) if element.text else None
    ET.indent(root, " ")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(suite: ET.Element, record: RunRecord, case: CaseRecord) -> None:
    path, _, name = case.id.partition("::")
    element = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": path.removesuffix(".py").replace("/", "."),
            "name": name or path,
            "time": f"{case.duration_ms / 1000:.3f}",
        },
    )
    properties = [("state", case.state.value), ("claim", case.claim)]
    properties += [("clause", case.clause)] if case.clause else []
    properties += [("retried", "yes")] if case.retried else []
    if case.state is State.WARN:
        properties += [("warning", f"{one.rule}: {one.expected}; {one.observed}") for one in case.findings]
    _properties(element, properties)
    if kind := _ELEMENTS.get(case.state):
        outcome = ET.SubElement(element, kind, {"message": _message(case)})
        if kind != "skipped":
            outcome.set("type", _decisive(case).rule if case.findings else case.state.value)
            outcome.text = _text(record, case)


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    holder = ET.SubElement(parent, "properties")
    for name, value in pairs:
        ET.SubElement(holder, "property", {"name": name, "value": line(cut(value, _MAX_TEXT))})


def _message(case: CaseRecord) -> str:
    if case.state in (State.WAIVED, State.NOT_RUN, State.ERROR) or not case.findings:
        return line(cut(f"{case.state.value}: {case.reason}" if case.reason else case.state.value, _MAX_TEXT))
    told = _decisive(case)
    return line(cut(f"{case.state.value}: expected {told.expected}; observed {told.observed}", _MAX_TEXT))


def _decisive(case: CaseRecord) -> Finding:
    """The finding that made the case's state: a remark may stand before it."""
    return next((one for one in case.findings if state_of([one]) is case.state), case.findings[0])


def _text(record: RunRecord, case: CaseRecord) -> str:
    lines = [case.claim]
    for finding in case.findings:
        lines += [f"expected   {finding.expected}", f"observed   {finding.observed}"]
        lines += [f"next       {finding.next_step}"] if finding.next_step else []
    if case.reason:
        lines.append(case.reason)
    if case.clause:
        lines.append(f"required   {case.clause}")
    if case.exchanges:
        last = case.exchanges[-1]
        lines.append(f"asked      {last['method']} {last['url']} as {last['role']} -> {last['status']}")
        lines.append(f"repeat     {last['curl']}")
    lines.append(f"run again  {repeat(record, case)}")
    return cut("\n".join(lines), _MAX_TEXT)
